package ldapscan

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// retries is how often a request is made again.
const retries = 3

// search sends one request and returns all that answers it. If the connection
// breaks, the request is made again on a fresh one, and if the server is busy, on
// the same: up to three times, after a wait that doubles. The page has the session
// that answered last, and why the first time failed, also where there is an error.
//
// A [lostError] is not about this request alone: it, or one before it, has to be
// made again together with all that belongs to it.
//
// One request is under way at a time; search may be called concurrently.
func (d *Directory) search(base string, scope int, filter string, attributes []string, controls ...ldap.Control) (p page, answered []ldap.Control, err error) {
	return d.send(newRequest(base, scope, filter, attributes, controls...))
}

func (d *Directory) send(request *ldap.SearchRequest) (p page, answered []ldap.Control, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	wait := d.wait
	var (
		failed  error // the first time
		strayed error // when the connection was last opened again
	)
	if d.barred != nil {
		return page{session: d.session, failed: d.barred}, nil, d.barred
	}
	for try := 0; ; try++ {
		if !d.sleep(d.pace.delay(time.Now())) {
			return page{session: d.session}, nil, d.ctx.Err()
		}
		p, answered, err = d.session.search(request)
		failed = cmp.Or(failed, err)
		p.failed = failed
		if err == nil {
			d.pace.spend(time.Now(), p.count)
			return p, answered, nil
		}
		violated := errors.As(err, new(violation))
		if violated || errors.As(err, new(largeAnswer)) {
			if d.again != nil {
				d.reopen()
			}
			if violated {
				err = lostError{err}
			}
			return p, nil, err
		}
		if d.again == nil || try == retries || !broken(err) && !busy(err) || !d.sleep(wait) {
			return p, nil, cmp.Or(strayed, err)
		}
		wait *= 2
		if broken(err) {
			if strayed = d.reopen(); d.barred != nil {
				p.failed = d.barred
				return p, nil, d.barred
			}
		}
	}
}

// persist does something that takes several requests, from the start again where
// they were lost.
func persist(do func() error) (err error) {
	for range attempts {
		if err = do(); !errors.As(err, new(lostError)) {
			break
		}
	}
	return err
}

// settle makes sure that nothing comes any more of the searches so far: what a
// server sends of them, it sends before it answers another request.
func (d *Directory) settle() error {
	_, err := d.read("", []string{noAttributes})
	return err
}

// noAttributes asks for none (RFC 4511 section 4.5.1.8).
const noAttributes = "1.1"

// busy reports whether a server says that it would answer later.
func busy(err error) bool {
	return ldap.IsErrorAnyOf(err, ldap.LDAPResultBusy, ldap.LDAPResultUnavailable)
}

// reopen puts a fresh session in place of the one that broke. If that does not work
// either, the next request fails at once; if the account is at fault, all later ones do.
// The error says that another server answered than the only one that may.
func (d *Directory) reopen() error {
	fresh, err := d.again()
	if err != nil {
		if e := (*refusedError)(nil); errors.As(err, &e) {
			d.barred = &refusedError{cause: e.cause, broke: true}
		} else if accountAtFault(err) {
			d.barred = err
		}
		return nil
	}
	if d.only != nil && !fresh.same(d.only) {
		fresh.close()
		return errOtherServer
	}
	d.session.close()
	d.session = fresh
	d.reopened++
	return nil
}

// pin makes the directory stay with its server: behind one name there can be
// several, which have not all replicated the same.
func (d *Directory) pin() { d.only = d.session }

// sleep waits, and reports false if the directory's context ended meanwhile.
func (d *Directory) sleep(wait time.Duration) bool {
	if wait <= 0 {
		return d.ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.ctx.Done():
		return false
	}
}

// A pacer bounds how many entries a server is asked for in a second, over all
// connections to it. The nil pacer does not.
type pacer struct {
	rate int // entries a second

	mu   sync.Mutex
	free time.Time // when the entries so far have been paid for
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
