package main

import (
	"fmt"
	"strings"
	"time"

	"proxyaddr/ldapscan"
	"proxyaddr/report/words"
)

// A progress shows the progress of a scan: on a terminal in one line that is updated, elsewhere
// in a new line every half minute.
type progress struct {
	c *console
	// expected is the approximate number of objects; 0 if it is unknown.
	expected int
	now      func() time.Time
	started  time.Time
	last     time.Time
	terminal bool
	columns  int // of the line that is shown
	seen     ldapscan.Progress
}

const (
	refreshEvery = 200 * time.Millisecond
	logEvery     = 30 * time.Second
)

func newProgress(c *console, now func() time.Time) *progress {
	_, tty := terminal(c.stderr)
	t := now()
	return &progress{c: c, now: now, started: t, last: t, terminal: tty}
}

func (p *progress) show(s ldapscan.Progress) {
	p.seen = s
	now := p.now()
	every := logEvery
	if p.terminal {
		every = refreshEvery
	}
	if now.Sub(p.last) < every {
		return
	}
	p.last = now
	line := p.line(now.Sub(p.started))
	if !p.terminal {
		p.c.log("%s", line)
		return
	}
	p.overwrite(line)
}

// line returns the progress of the scan.
func (p *progress) line(elapsed time.Duration) string {
	s := p.seen
	objects := words.Quantity(s.Objects, "object")
	if s.Suspects > 0 { // the sweep is over
		return fmt.Sprintf("%s read; reading %s again, %v", objects, words.Quantity(s.Suspects, "suspect"), elapsed.Round(time.Second))
	}
	if p.expected > s.Objects { // otherwise the directory has grown
		objects = fmt.Sprintf("%s of about %s (%d %%)", words.Number(s.Objects), words.Quantity(p.expected, "object"), s.Objects*100/p.expected)
	}
	pages := ""
	if s.Pages > 0 { // an export has none
		pages = words.Quantity(s.Pages, "page") + ", "
	}
	rate := words.Number(int(float64(s.Objects) / elapsed.Seconds()))
	return fmt.Sprintf("%s, %s/s, %s%v", objects, rate, pages, elapsed.Round(time.Second))
}

// overwrite shows a line in place of the one that is shown, without escape sequences: not every
// Windows console obeys them.
func (p *progress) overwrite(line string) {
	columns := words.Columns(line)
	fmt.Fprintf(p.c.stderr, "\r%s%s", line, strings.Repeat(" ", max(0, p.columns-columns)))
	p.columns = columns
}

// done clears the line.
func (p *progress) done() {
	if p.columns > 0 {
		p.overwrite("")
		fmt.Fprint(p.c.stderr, "\r")
	}
}

// stats prints the figures of a finished scan.
func (p *progress) stats() {
	elapsed := p.now().Sub(p.started)
	p.c.log("%d objects, %d values, %d pages, %d suspects, %.1f MB of entries", p.seen.Objects, p.seen.Values, p.seen.Pages, p.seen.Suspects, float64(p.seen.Bytes)/1e6)
	p.c.log("%.2f s, %.0f objects/s, peak memory %d MiB", elapsed.Seconds(), float64(p.seen.Objects)/elapsed.Seconds(), peakMemory()>>20)
}

// changes prints the figures of a scan that read only changes.
func (p *progress) changes(r *ldapscan.Reading) {
	p.c.log("%d objects changed, %d entries, %d requests", r.Changed, r.Entries, r.Requests)
	p.c.log("%.2f s, peak memory %d MiB", p.now().Sub(p.started).Seconds(), peakMemory()>>20)
}
