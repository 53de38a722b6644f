package ldapscan

import (
	"errors"
	"fmt"
	"io"
	"net"
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

	buf  []byte // what was read and not handed on is buf[r:w]
	r, w int
	pass int // octets of the current message that are still to be handed on

	mu      sync.Mutex
	entries []byte // the SearchResultEntry messages since take, without their headers
	count   int    // of them
	spare   [][]byte
	err     error // why nothing more can be read
}

const (
	tapBuffer = 64 << 10
	// maxMessage bounds one message: an object with the 1,200 or so values that
	// Active Directory can hold in an attribute takes less than 2 MiB.
	maxMessage = 64 << 20

	searchResultEntry = 0x64 // [APPLICATION 4], constructed (RFC 4511 section 4.5.2)
)

func newTap(c net.Conn) *tap { return &tap{Conn: c, buf: make([]byte, tapBuffer)} }

// Write notes the message id of a request; the library writes one at a time,
// whole. Entries that nobody took came after the end of their search.
func (t *tap) Write(p []byte) (int, error) {
	if t.untaken() {
		return 0, t.fail(errors.New("entries came after the end of a search"))
	}
	if m, err := parseMessage(p); err == nil {
		t.last.Store(m.id)
	}
	return t.Conn.Write(p)
}

// take returns the entries that came since the last call, as they followed each
// other, and how many they are. They are whole and belong to one search if that
// search has succeeded.
func (t *tap) take() (entries []byte, count int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	entries, count = t.entries, t.count
	t.entries, t.count = nil, 0
	return entries, count
}

func (t *tap) untaken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count > 0
}

// spares is how many pages a tap keeps the memory of: while one is looked at, the
// next comes in.
const spares = 2

// reuse gives back the memory of entries that were taken.
func (t *tap) reuse(taken []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if cap(taken) > 0 && len(t.spare) < spares {
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
		if t.pass == 0 {
			m, err := parseMessage(t.buf[t.r:t.w])
			switch {
			case err == nil && m.id != t.last.Load() && (m.id != 0 || m.op == searchResultEntry): // 0: unsolicited notification
				return 0, t.fail(fmt.Errorf("a message came with id %d, which no request under way has", m.id))
			case err == nil && m.op != searchResultEntry:
				t.pass = m.size
				continue
			case err == nil && m.size <= t.w-t.r:
				t.keep(t.buf[t.r+m.header : t.r+m.size])
				t.r += m.size
				continue
			case err == nil:
				t.grow(m.size)
			case !errors.Is(err, io.ErrUnexpectedEOF):
				return 0, t.fail(err)
			}
		}
		if err := t.broken(); err == io.EOF && (t.r < t.w || t.pass > 0) {
			return 0, io.ErrUnexpectedEOF // in the middle of a message
		} else if err != nil {
			return 0, err
		}
		t.fill()
	}
}

func (t *tap) keep(entry []byte) {
	t.mu.Lock()
	if n := len(t.spare); t.entries == nil && n > 0 {
		t.entries, t.spare = t.spare[n-1], t.spare[:n-1]
	}
	t.entries = append(t.entries, entry...)
	t.count++
	t.mu.Unlock()
}

// grow makes room for a message of so many octets.
func (t *tap) grow(size int) {
	if size > len(t.buf) {
		buf := make([]byte, size)
		t.w = copy(buf, t.buf[t.r:t.w])
		t.r, t.buf = 0, buf
	}
}

func (t *tap) fill() {
	if t.r > 0 {
		t.w = copy(t.buf, t.buf[t.r:t.w])
		t.r = 0
	}
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
