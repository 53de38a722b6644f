package ldapscan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
)

// A tap is a connection under the LDAP library that takes the entries of
// searches out of the stream and lets every other message through. It does so
// for two reasons: the library drops messages whose id it does not know, so that
// an entry could go missing unseen; and it takes 11 KB and 172 allocations to
// decode one entry.
//
// It expects one request under way at a time, as a [Directory] has: a message
// that does not answer the last request is an error.
type tap struct {
	net.Conn
	last atomic.Int64 // id of the last request

	// buf[:w] is what was read since the last search ended. The messages in buf[:r]
	// are handled: entries, which stay, and messages between them, which were
	// handed on.
	buf  []byte
	r, w int
	kept int // entries in buf[:r]
	pass int // bytes behind r to hand on

	ended int64 // id of the last search that ended
	most  bound
	// answered is the id of a request, answer the size of its answer so far.
	answered int64
	answer   bound

	mu      sync.Mutex
	done    []byte // messages of a search that has ended, to be taken
	entries int    // among them
	spare   [][]byte
	room    int   // least capacity of a spare
	err     error // why nothing more can be read
}

const (
	// tapRead is the least room for a read: four TLS records.
	tapRead = 64 << 10
	// maxMessage bounds one message. An object with all values that Active Directory
	// can hold in an attribute takes less than 2 MiB: 1,200 or so of 1,123 characters.
	maxMessage = 16 << 20
	// maxAnswer and maxMessages bound what answers one request.
	maxAnswer   = 256 << 20
	maxMessages = 1_000_000
)

// A bound is the size of an answer to one request: what it may be, or what it is.
type bound struct{ bytes, messages int }

// The responses that a client can get (RFC 4511 section 4.2 and later), by their
// tags, each of one byte (section 5.1). The library would decode other tags, and
// take some for an entry.
const (
	bindResponse          = 0x61 // [APPLICATION 1], constructed
	searchResultEntry     = 0x64
	searchResultDone      = 0x65
	modifyResponse        = 0x67
	searchResultReference = 0x73
	extendedResponse      = 0x78
	intermediateResponse  = 0x79
)

// An unsolicited notification (RFC 4511 section 4.4) has the message id 0.
const unsolicited = 0

// A violation is the error of a server that breaks the protocol. It concerns more
// than the request under way: earlier answers may lack something.
type violation struct{ error }

func (e violation) Unwrap() error { return e.error }

var errLate = errors.New("the server continued a search that it had ended")

// A largeAnswer is the error of a request whose answer exceeds the bound.
type largeAnswer struct {
	bound
	entries int // that came
}

func (e largeAnswer) Error() string {
	return fmt.Sprintf("the server sent more than %d MiB or %d messages for one page", e.bytes>>20, e.messages)
}

func newTap(c net.Conn) *tap { return &tap{Conn: c, most: bound{maxAnswer, maxMessages}} }

// Write notes the message id of a request; the library writes one at a time,
// whole.
func (t *tap) Write(p []byte) (int, error) {
	if m, err := parseMessage(p); err == nil {
		t.last.Store(m.id)
	}
	return t.Conn.Write(p)
}

// check returns an error if a message may not follow those before it.
func (t *tap) check(m message) error {
	last := t.last.Load()
	if t.answered != last {
		if t.kept > 0 {
			return violation{errLate} // of what was no search
		}
		t.answered, t.answer = last, bound{}
	}
	switch {
	case m.id == unsolicited && m.op == extendedResponse:
	case m.id > 0 && (m.id == t.ended || m.id < last):
		return violation{errLate}
	case m.id != last:
		return violation{fmt.Errorf("a message came with id %d, which no pending request has", m.id)}
	}
	switch m.op {
	case bindResponse, searchResultEntry, searchResultDone, modifyResponse, searchResultReference, extendedResponse, intermediateResponse:
	default:
		return violation{fmt.Errorf("the server sent a message of a kind that is not LDAP (tag 0x%02x)", m.op)}
	}
	if t.answer.messages == t.most.messages || t.answer.bytes+m.size > t.most.bytes {
		return largeAnswer{t.most, t.kept}
	}
	return nil
}

func (t *tap) count(m message) {
	t.answer.messages++
	t.answer.bytes += m.size
}

// take returns the entries of the search that has ended, for [nextEntry], and their
// number. If the search succeeded, they are complete.
func (t *tap) take() (messages []byte, count int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	messages, count = t.done, t.entries
	t.done, t.entries = nil, 0
	return messages, count
}

// spares is how many pages' memory a tap keeps for reuse: those ahead, and the one
// being handled.
const spares = pagesAhead + 1

// reuse gives back the memory of what was taken.
func (t *tap) reuse(taken []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if cap(taken) > 0 && cap(taken) >= t.room && len(t.spare) < spares {
		t.spare = append(t.spare, taken[:0])
	}
}

func (t *tap) Read(p []byte) (int, error) {
	for {
		if t.pass > 0 && t.r < t.w {
			n := copy(p, t.buf[t.r:min(t.w, t.r+t.pass)])
			t.r += n
			t.pass -= n
			return n, nil
		}
		missing := 0
		if t.pass == 0 {
			m, err := parseMessage(t.buf[t.r:t.w])
			switch {
			case err == nil:
				err = t.check(m)
			case err != io.ErrUnexpectedEOF:
				err = violation{err}
			}
			whole := err == nil && m.size <= t.w-t.r
			switch {
			case err == nil && m.op == searchResultDone && !t.end(m):
				return 0, t.fail(violation{errLate})
			case err == nil && m.op != searchResultEntry:
				t.pass = m.size
				t.count(m)
				continue
			case whole:
				t.forget()
				t.r += m.size
				t.kept++
				t.count(m)
				continue
			case err == nil:
				missing = m.size - (t.w - t.r)
			case err != io.ErrUnexpectedEOF:
				return 0, t.fail(err)
			}
		}
		if err := t.broken(); err == io.EOF && (t.r < t.w || t.pass > 0) {
			return 0, io.ErrUnexpectedEOF // in the middle of a message
		} else if err != nil {
			return 0, err
		}
		t.fill(max(missing, tapRead))
	}
}

// end makes the entries of a search available to take, before the library learns
// that the search has ended, and goes on in other memory unless they are few. It
// reports whether the entries of the search before were taken.
func (t *tap) end(m message) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.entries > 0 {
		return false
	}
	t.ended = m.id
	if t.kept == 0 {
		return true
	}
	messages, rest := t.buf[:t.r], t.buf[t.r:t.w]
	t.entries, t.kept = t.kept, 0
	if len(messages) < len(t.buf)/2 {
		t.done = bytes.Clone(messages)
		t.forget()
		return true
	}
	t.done, t.room = messages, len(messages)
	var next []byte
	if n := len(t.spare); n > 0 {
		next, t.spare = t.spare[n-1], t.spare[:n-1]
	} else {
		next = make([]byte, 0, len(t.buf)) // pages are about as large as each other
	}
	t.buf = append(next, rest...)
	t.r, t.w = 0, len(rest)
	return true
}

// forget moves the bytes that are not parsed yet to the front, unless entries stand
// there.
func (t *tap) forget() {
	if t.kept == 0 && t.r > 0 {
		t.w = copy(t.buf, t.buf[t.r:t.w])
		t.r = 0
	}
}

// fill reads more, with room for at least so many bytes.
func (t *tap) fill(room int) {
	t.forget()
	t.buf = slices.Grow(t.buf[:t.w], room)
	t.buf = t.buf[:cap(t.buf)]
	n, err := t.Conn.Read(t.buf[t.w:])
	t.w += n
	if err != nil {
		t.fail(err)
	}
}

// broken returns why nothing more can be read, in the types of the network and
// TLS, which the library flattens to text.
func (t *tap) broken() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *tap) fail(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
	return t.err
}
