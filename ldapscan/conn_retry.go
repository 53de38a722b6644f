package ldapscan

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// retries is how often a request is retried.
const retries = 3

// search sends one request, retries it as [conn] says, and returns its whole
// answer. Even with an error, the page has the session that answered last and why
// the first attempt failed.
//
// A [lostError] is not about this request alone: the series of requests that it
// belongs to has to be begun again.
//
// search may be called concurrently: the requests wait for each other.
func (c *conn) search(ctx context.Context, base string, scope int, filter string, attributes []string, controls ...ldap.Control) (p page, answered []ldap.Control, err error) {
	return c.send(ctx, newRequest(base, scope, filter, attributes, controls...))
}

func (c *conn) send(ctx context.Context, request *ldap.SearchRequest) (p page, answered []ldap.Control, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := c.wait
	var (
		failed  error // the first time
		strayed error // when the connection was last opened again
	)
	if c.barred != nil {
		return page{session: c.session, failed: c.barred}, nil, c.barred
	}
	for try := 0; ; try++ {
		if !sleep(ctx, c.pace.delay(time.Now())) {
			return page{session: c.session}, nil, ctx.Err()
		}
		p, answered, err = c.session.search(ctx, request)
		c.requests++
		c.entries += p.count
		failed = cmp.Or(failed, err)
		p.failed = failed
		if err == nil {
			c.pace.spend(time.Now(), p.count)
			return p, answered, nil
		}
		violated := errors.As(err, new(violation))
		if violated || errors.As(err, new(largeAnswer)) {
			if c.open != nil {
				c.reopen(ctx)
			}
			if violated {
				err = lostError{err}
			}
			return p, nil, err
		}
		again := c.open != nil && try < retries && (broken(err) || busy(err))
		if again {
			logFailure(ctx, c.session.log, "request is made again", err, "try", try+2, "of", retries+1, "wait", wait)
		}
		if !again || !sleep(ctx, wait) {
			return p, nil, cmp.Or(strayed, err)
		}
		wait *= 2
		if broken(err) {
			if strayed = c.reopen(ctx); c.barred != nil {
				p.failed = c.barred
				return p, nil, c.barred
			}
		}
	}
}

// persist runs a series of requests, and begins it again after a [lostError].
func (c *conn) persist(ctx context.Context, do func() error) (err error) {
	for n := 1; n <= attempts; n++ {
		if err = do(); !errors.As(err, new(lostError)) {
			break
		}
		if n < attempts {
			logFailure(ctx, c.session.log, "requests are begun again", err, "try", n+1, "of", attempts)
		}
	}
	return err
}

// drain makes sure that the searches so far are over: a server sends all of them
// before it answers another request.
func (c *conn) drain(ctx context.Context) error {
	_, err := c.read(ctx, "", []string{noAttributes})
	return err
}

// noAttributes asks for none (RFC 4511 section 4.5.1.8).
const noAttributes = "1.1"

// busy reports whether a server asks for a retry later.
func busy(err error) bool {
	return ldap.IsErrorAnyOf(err, ldap.LDAPResultBusy, ldap.LDAPResultUnavailable)
}

// reopen puts a fresh session in place of the broken one. If it cannot, the next
// request fails at once; if the account was refused, all later ones do. It returns
// an error only if another server answered than the pinned one.
func (c *conn) reopen(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		logFailure(ctx, c.session.log, "the connection could not be replaced", err)
		if e := (*refusedError)(nil); errors.As(err, &e) {
			c.barred = &refusedError{err: e.err, broke: true}
		} else if accountAtFault(err) {
			c.barred = err
		}
		return nil
	}
	if c.only != nil && !s.same(c.only) {
		logFailure(ctx, c.session.log, "the connection could not be replaced", errOtherServer, "other", s.server.Host)
		s.close()
		return errOtherServer
	}
	c.session.log.Debug("the connection was replaced", "other", s.server.Host)
	c.session.close()
	c.session = s
	c.reopened++
	return nil
}

// sleep waits, and reports false if ctx ended meanwhile.
func sleep(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
