package ldapscan

import (
	"sync"

	"proxyaddr/conflicts"
)

// A tally is the progress of all streams of a sweep, without those that were dropped.
type tally struct {
	show func(Progress) // may be nil

	mu   sync.Mutex
	seen Progress
}

// add adds the difference of two counts, and reports the progress.
func (t *tally) add(from, to Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen.Objects += to.Objects - from.Objects
	t.seen.Values += to.Values - from.Values
	t.seen.Pages += to.Pages - from.Pages
	t.seen.Bytes += to.Bytes - from.Bytes
	t.seen.Suspects += to.Suspects - from.Suspects
	if t.show != nil {
		t.show(t.seen)
	}
}

// A count is what one stream adds to a tally.
type count struct {
	tally     *tally
	sum, told Progress // told is the part of sum that the tally has
}

func (c *count) entry(v *conflicts.View) {
	c.sum.Objects++
	c.sum.Values += len(v.ProxyAddresses)
}

// Progress is that of [Stream].
func (c *count) Progress(pages, bytes int) {
	c.sum.Pages += pages
	c.sum.Bytes += int64(bytes)
	c.tell()
}

func (c *count) tell() {
	c.tally.add(c.told, c.sum)
	c.told = c.sum
}

// Drop is that of [Stream].
func (c *count) Drop() {
	c.sum = Progress{}
	c.tell()
}
