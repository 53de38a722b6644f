package ldaptest

import (
	"cmp"
	"io"
	"slices"
	"sync"
)

// Kind is a way to fail.
type Kind int

const (
	// None answers normally. It is for faults that only call Do.
	None Kind = iota
	// Drop sends Entry messages and closes the connection, on TLS without a farewell.
	Drop
	// Truncate sends Entry messages and half of the next one, and closes the connection
	// in the same way.
	Truncate
	// Hang sends Entry messages and then nothing until the client closes the connection or the
	// server is closed.
	Hang
	// Garbage sends 16 bytes of 0xFF in place of message Entry, counted from 0, and then
	// goes on.
	Garbage
	// WrongID sends message Entry, counted from 0, with a message id that no request had.
	WrongID
	// Late sends the result before message Entry, counted from 0, and after it the
	// messages from Entry on.
	Late
	// NoControl leaves out the paging control of the result.
	NoControl
	// Repeat sends the same page again as the next one, under a new cookie. Nothing is missing
	// afterwards.
	Repeat
	// Jump moves the last entry that the search would still find after this page to the front
	// of the order of answers, behind the cursor, so this search misses it and later searches
	// return it. Its uSNChanged is bumped. With nothing left to find, Jump does nothing.
	Jump
	// Fail sends Entry entries and then a result with Code and no paging control. The page can
	// be asked for again.
	Fail
)

// Fault makes a page of a search, or a modify request, go wrong. Messages are the entries of
// the page, the continuation references after them, and the result; an Entry beyond them means
// the result.
type Fault struct {
	Kind Kind
	// Page is the page to strike, from 1. Zero means any. A search without paging is one
	// page.
	Page int
	// Entry is where in the page the fault strikes. Each Kind says what it means.
	Entry int
	// Code is the result code of Fail (RFC 4511 section 4.1.9).
	Code int
	// Reference is the URL of a continuation reference that is sent besides all others; empty is none.
	Reference string
	// Times is how often the fault strikes. Zero means once, a negative number always.
	Times int
	// Match chooses the searches to strike; nil means those with paging. Reading the root DSE
	// cannot be struck. Its calls do not overlap, and it may not use the server.
	Match func(Search) bool
	// Modify makes it a fault of modify requests, and chooses those to strike by their DN as
	// sent. Fail leaves the entry as it is; of the other Kinds, those of the result strike
	// after the change was made. Its calls do not overlap, and it may not use the server.
	Modify func(dn string) bool
	// Do is called before the page is collected, or before the modify request is
	// answered. It may use the server, but must not close it.
	Do func()
}

// Search describes a search request.
type Search struct {
	Base       string
	Scope      int    // 0 base, 1 one level, 2 subtree
	Filter     string // RFC 4515; empty where it cannot be written
	Attributes []string
	Paged      bool
}

// Inject adds faults. If several fit a page, the first strikes and the others wait.
func (s *Server) Inject(list ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range list {
		f.Times = cmp.Or(f.Times, 1)
		s.faults.list = append(s.faults.list, f)
	}
}

type faults struct {
	mu   sync.Mutex
	list []Fault
}

// ofSearch returns the fault for a page and notes that it strikes.
func (f *faults) ofSearch(s *search, number int) Fault {
	return f.take(func(fault *Fault) bool {
		switch {
		case fault.Modify != nil || fault.Page != 0 && fault.Page != number:
			return false
		case fault.Match == nil:
			return s.controls.paged
		}
		return fault.Match(s.describe())
	})
}

// ofModify returns the fault for a modify request and notes that it strikes.
func (f *faults) ofModify(dn string) Fault {
	return f.take(func(fault *Fault) bool { return fault.Modify != nil && fault.Modify(dn) })
}

func (f *faults) take(strikes func(*Fault) bool) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		fault := &f.list[i]
		if fault.Times == 0 || !strikes(fault) {
			continue
		}
		if fault.Times > 0 {
			fault.Times--
		}
		return *fault
	}
	return Fault{}
}

// jump carries out the fault Jump.
func (d *directory) jump(s *search, from string, limit int) {
	p, done := d.search(s, from, limit)
	if !done.ok() || !p.more {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	base, done := d.find(s.base, s.controls.showDeleted)
	if !done.ok() {
		return
	}
	for _, old := range slices.Backward(d.sorted[d.place(p.next):]) {
		if s.finds(base, old) {
			e := old.clone()
			e.order = ""
			d.bump(e)
			d.replace(old, e)
			return
		}
	}
}

// send writes messages as the fault demands. It returns false when the connection cannot
// go on.
func (c *conn) send(id int, messages []message, f Fault) bool {
	at := min(f.Entry, len(messages)-1)
	switch f.Kind {
	case Drop:
		c.write(id, messages[:at]...)
		c.raw.Close()
		return false
	case Truncate:
		c.write(id, messages[:at]...)
		next := messages[at].encode(id)
		c.net.Write(next[:len(next)/2])
		c.raw.Close()
		return false
	case Hang:
		c.write(id, messages[:at]...)
		io.Copy(io.Discard, c.r)
		return false
	case Late:
		last := len(messages) - 1
		messages = slices.Insert(messages[:last:last], at, messages[last])
	case Garbage:
		messages[at] = message{garbage: true}
	case WrongID:
		messages[at].wrongID = true
	}
	return c.write(id, messages...)
}
