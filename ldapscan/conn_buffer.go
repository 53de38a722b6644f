package ldapscan

import (
	"bufio"
	"net"
)

// A bufferedConn reads many TLS records, of 16 KiB at most, or Wrap tokens in one
// system call.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

const wireBuffer = 128 << 10

func buffered(nc net.Conn) net.Conn {
	return &bufferedConn{nc, bufio.NewReaderSize(nc, wireBuffer)}
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }
