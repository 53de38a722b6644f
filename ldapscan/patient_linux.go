package ldapscan

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// A patientReader waits a little for more where a server sends every entry in a packet
// of its own, as slapd does. To be woken for each costs both ends more than all else
// that they do for an entry. The price is that little that comes soon after little is
// seen when the wait is over: small requests, one after the other, take a millisecond
// each at least.
type patientReader struct {
	conn    *net.TCPConn
	raw     syscall.RawConn
	longest time.Duration // of the waiting
	little  bool          // was all that came last
}

const (
	gatherOctets  = 64 << 10 // end the waiting; no more than wireBuffer
	gatherLongest = time.Millisecond
	// littleOctets is what is not worth it to have been woken for.
	littleOctets = 4 << 10
)

// patient returns a reader of a connection. Nobody else may set its read deadline.
func patient(nc net.Conn) io.Reader {
	if conn, ok := nc.(*net.TCPConn); ok {
		if raw, err := conn.SyscallConn(); err == nil {
			return &patientReader{conn: conn, raw: raw, longest: gatherLongest}
		}
	}
	return nc
}

func (r *patientReader) Read(p []byte) (int, error) {
	if r.little {
		r.little = false
		if n, err := r.gathered(p); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
	n, err := r.conn.Read(p)
	r.little = n < littleOctets
	return n, err
}

// gathered reads what is there, or else what has come as soon as it is enough.
func (r *patientReader) gathered(p []byte) (int, error) {
	r.wakeAt(gatherOctets)
	r.conn.SetReadDeadline(time.Now().Add(r.longest))
	n, err := r.conn.Read(p)
	r.conn.SetReadDeadline(time.Time{})
	r.wakeAt(1)
	return n, err
}

// wakeAt sets how many octets have to be there before the kernel tells (SO_RCVLOWAT in
// socket(7)). If it cannot be set, no harm is done.
func (r *patientReader) wakeAt(octets int) {
	r.raw.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, octets) })
}
