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

	// What was read since the last search ended is buf[:w]. The messages in buf[:r]
	// are done with: entries, which stay, and what was handed on between them.
	buf  []byte
	r, w int
	kept int   // entries in buf[:r]
	id   int64 // of their search
	pass int   // octets behind r that are still to be handed on

	mu    sync.Mutex
	ended []byte // messages of a search that has ended, to be taken
	count int    // of the entries among them
	spare [][]byte
	room  int   // least capacity of a spare
	err   error // why nothing more can be read
}

const (
	// tapRead is what there is at least room for when more is read: four records of TLS.
	tapRead = 64 << 10
	// maxMessage bounds one message: an object with the 1,200 or so values that
	// Active Directory can hold in an attribute takes less than 2 MiB.
	maxMessage = 64 << 20

	searchResultEntry = 0x64 // [APPLICATION 4], constructed (RFC 4511 section 4.5.2)
	searchResultDone  = 0x65
)

func newTap(c net.Conn) *tap { return &tap{Conn: c} }

// Write notes the message id of a request; the library writes one at a time,
// whole. Entries that nobody took came after the end of their search.
func (t *tap) Write(p []byte) (int, error) {
	if t.untaken() {
		return 0, t.fail(errLateEntries)
	}
	if m, err := parseMessage(p); err == nil {
		t.last.Store(m.id)
	}
	return t.Conn.Write(p)
}

var errLateEntries = errors.New("entries came after the end of a search")

func (t *tap) untaken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count > 0
}

// take returns what came of the search that has ended, for [nextEntry], and how
// many entries that is. They are whole and all that came if it has succeeded.
func (t *tap) take() (messages []byte, count int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	messages, count = t.ended, t.count
	t.ended, t.count = nil, 0
	return messages, count
}

// spares is how many pages a tap keeps the memory of: of those that are ahead, and of
// one that is looked at.
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
			case err == nil && m.id != t.last.Load() && (m.id != 0 || m.op == searchResultEntry): // 0: unsolicited notification
				return 0, t.fail(fmt.Errorf("a message came with id %d, which no request under way has", m.id))
			case err == nil && t.kept > 0 && m.id != t.id && m.id != 0:
				return 0, t.fail(errLateEntries)
			case err == nil && m.op == searchResultDone && !t.end():
				return 0, t.fail(errLateEntries)
			case err == nil && m.op != searchResultEntry:
				t.pass = m.size
				continue
			case err == nil && m.size <= t.w-t.r:
				t.forget()
				t.r += m.size
				t.kept++
				t.id = m.id
				continue
			case err == nil:
				missing = m.size - (t.w - t.r)
			case !errors.Is(err, io.ErrUnexpectedEOF):
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

// end puts the entries of a search where they can be taken, before the library
// learns that it has ended, and goes on in other memory, unless they are few. It
// reports whether those of the search before were taken.
func (t *tap) end() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count > 0 {
		return false
	}
	if t.kept == 0 {
		return true
	}
	messages, rest := t.buf[:t.r], t.buf[t.r:t.w]
	t.count, t.kept = t.kept, 0
	if len(messages) < len(t.buf)/2 {
		t.ended = bytes.Clone(messages)
		t.forget()
		return true
	}
	t.ended, t.room = messages, len(messages)
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

// forget moves what was not looked at to the front, unless entries stand there.
func (t *tap) forget() {
	if t.kept == 0 && t.r > 0 {
		t.w = copy(t.buf, t.buf[t.r:t.w])
		t.r = 0
	}
}

// fill reads more, with room for at least so many octets.
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
