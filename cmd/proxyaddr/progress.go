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
