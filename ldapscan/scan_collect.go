package ldapscan

import (
	"maps"
	"slices"
	"sync"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/index"
)

// A collector is the [Sink] of a scan.
type collector struct {
	judge    conflicts.Options
	subtrees []string // that are reported, then those that are excluded
	tally    tally

	mu    sync.Mutex
	whole collected // what was kept
}

// collected is a [Stream] of a scan, and also the total of the streams that were kept.
type collected struct {
	c        *collector
	index    *index.Index
	domains  conflicts.PrimaryDomains
	findings []conflicts.Finding
	changed  map[conflicts.Ref]*conflicts.Entry
	inside   []int // objects in each subtree
	count
}

func newCollector(x *index.Index, judge conflicts.Options, progress func(Progress)) *collector {
	c := &collector{judge: judge, subtrees: slices.Concat(judge.Base, judge.Exclude), tally: tally{show: progress}}
	c.whole = c.stream(x)
	return c
}

func (c *collector) stream(x *index.Index) collected {
	return collected{c: c, index: x, changed: map[conflicts.Ref]*conflicts.Entry{}, inside: make([]int, len(c.subtrees)), count: count{tally: &c.tally}}
}

func (c *collector) Stream() Stream {
	p := c.stream(c.whole.index.Fork())
	return &p
}

func (p *collected) Entry(v *conflicts.View) {
	ordinary := p.index.Add(v)
	p.domains.Add(v)
	p.entry(v)
	if len(p.inside) > 0 {
		dn := string(v.DN)
		for i, subtree := range p.c.subtrees {
			if conflicts.Within(dn, subtree) {
				p.inside[i]++
			}
		}
	}
	if !ordinary {
		if e := v.Entry(); p.c.judge.Reports(e.DN) {
			p.findings = append(p.findings, conflicts.Findings(e)...)
		}
	}
}

func (p *collected) Changed(v *conflicts.View) {
	p.index.Add(v)
	e := v.Entry()
	p.changed[e.Ref()] = e
}

func (p *collected) Deleted(v *conflicts.View) { p.index.Reserve(v) }

func (p *collected) Keep() {
	p.tell()
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	whole := &p.c.whole
	whole.index.Join(p.index)
	whole.domains.Join(&p.domains)
	whole.findings = append(whole.findings, p.findings...)
	maps.Copy(whole.changed, p.changed)
	for i, n := range p.inside {
		whole.inside[i] += n
	}
}

// unexplained counts the objects that came more than once without a change.
func (p *collected) unexplained() (n int) {
	for _, ref := range p.index.Repeated() {
		if p.changed[ref] == nil {
			n++
		}
	}
	return n
}

// current returns the findings, with those on the earlier state of changed
// objects replaced.
func (p *collected) current() []conflicts.Finding {
	findings := p.findings
	if len(p.changed) > 0 {
		findings = slices.DeleteFunc(findings, func(f conflicts.Finding) bool {
			e := conflicts.Entry{DN: f.DN, GUID: f.GUID}
			return p.changed[e.Ref()] != nil
		})
	}
	for _, e := range p.changed {
		if p.c.judge.Reports(e.DN) {
			findings = append(findings, conflicts.Findings(e)...)
		}
	}
	return findings
}
