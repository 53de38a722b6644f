package main

import (
	"fmt"
	"time"

	"proxyaddr/ldapscan"
)

// A progress shows how far a scan has come: one line that is written anew on a
// terminal, a line of the log every half minute elsewhere.
type progress struct {
	c        *console
	now      func() time.Time
	started  time.Time
	last     time.Time
	terminal bool
	shown    bool
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
	elapsed := now.Sub(p.started)
	line := fmt.Sprintf("%d objects, %.0f/s, %d pages, %d suspects, %v", s.Objects, float64(s.Objects)/elapsed.Seconds(), s.Pages,
		s.Suspects, elapsed.Round(time.Second))
	if !p.terminal {
		p.c.log("%s", line)
		return
	}
	p.shown = true
	fmt.Fprintf(p.c.stderr, "\r%s\x1b[K", line)
}

// done takes the line off the terminal.
func (p *progress) done() {
	if p.shown {
		fmt.Fprint(p.c.stderr, "\r\x1b[K")
	}
}

// stats says what a scan that is over has taken.
func (p *progress) stats() {
	elapsed := p.now().Sub(p.started)
	p.c.log("%d objects, %d values, %d pages, %d suspects, %.1f MB of entries", p.seen.Objects, p.seen.Values, p.seen.Pages, p.seen.Suspects, float64(p.seen.Bytes)/1e6)
	p.c.log("%.2f s, %.0f objects/s, peak memory %d MiB", elapsed.Seconds(), float64(p.seen.Objects)/elapsed.Seconds(), peakMemory()>>20)
}

// changes says what a scan that read only changes has taken.
func (p *progress) changes(r *ldapscan.Reading) {
	p.c.log("%d objects changed, %d entries, %d requests", r.Changed, r.Entries, r.Requests)
	p.c.log("%.2f s, peak memory %d MiB", p.now().Sub(p.started).Seconds(), peakMemory()>>20)
}
