package ldapscan

import (
	"sync"
	"time"
)

// A pacer bounds how many entries a second a server is asked for, over all
// connections to it. The nil pacer sets no bound.
type pacer struct {
	rate int // entries a second

	mu   sync.Mutex
	free time.Time // when the next request may be sent
}

func newPacer(rate int) *pacer {
	if rate == 0 {
		return nil
	}
	return &pacer{rate: rate}
}

// delay is how long to wait before the next request.
func (p *pacer) delay(now time.Time) time.Duration {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.free.Sub(now)
}

// spend notes that so many entries came.
func (p *pacer) spend(now time.Time, entries int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(entries) * time.Second / time.Duration(p.rate))
}
