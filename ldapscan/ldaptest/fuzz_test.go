package ldaptest

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// script is a client that sends what it has and reads nothing.
type script struct {
	net.Conn
	io.Reader
}

func (s script) Read(p []byte) (int, error)       { return s.Reader.Read(p) }
func (s script) Write(p []byte) (int, error)      { return len(p), nil }
func (s script) Close() error                     { return nil }
func (s script) SetDeadline(time.Time) error      { return nil }
func (s script) SetWriteDeadline(time.Time) error { return nil }

// element writes one of less than 128 bytes.
func element(tag byte, parts ...string) string {
	content := strings.Join(parts, "")
	return string([]byte{tag, byte(len(content))}) + content
}

// searchFor writes a search of the whole directory with paging.
func searchFor(filter string, attributes ...string) string {
	const fixed = "\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"
	paging := element(0x30, element(0x04, controlPaging), element(0x04, "\x30\x05\x02\x01\x01\x04\x00"))
	return element(searchRequest, element(0x04, "DC=tst"), fixed, filter, element(0x30, attributes...)) + element(tagControls, paging)
}

// FuzzConn sends bytes as a client that is bound: whatever they are, the connection ends when
// they do.
func FuzzConn(f *testing.F) {
	present, mail, value := element(0x87, "cn"), element(0x04, "mail"), element(0x04, "a")
	for _, op := range []string{
		"\x60\x07\x02\x01\x03\x04\x00\x80\x00",
		element(unbindRequest),
		element(abandonRequest, "\x01"),
		element(extendedRequest, element(0x80, whoAmI)),
		element(extendedRequest, element(0x80, startTLS)),
		element(searchRequest, "\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00", present, "\x30\x00"),
		searchFor(present, element(0x04, "*")),
		searchFor(element(0xa0, element(0xa2, present), element(0xa1, present)), element(0x04, "cn;range=0-*")),
		searchFor(element(0xa3, mail, value)),
		searchFor(element(0xa4, mail, element(0x30, element(0x80, "a"), element(0x81, "b"), element(0x82, "c")))),
		searchFor(element(0xa5, mail, value)),
		searchFor(element(0xa9, element(0x81, bitAnd), element(0x82, "cn"), element(0x83, "2"))),
		searchFor(element(0xa3, element(0x04, "objectGUID"), element(0x04, "0123456789abcdef"))),
		element(modifyRequest, element(0x04, "DC=tst"), element(0x30, element(0x30, "\x0a\x01\x00", element(0x30, mail, element(0x31, value))))),
		element(addRequest), element(deleteRequest), element(renameRequest), element(compareRequest),
	} {
		f.Add([]byte(element(0x30, "\x02\x01\x01", op)))
	}
	srv, err := NewServer(Config{Entries: strings.NewReader("dn: DC=tst\nobjectClass: domainDNS\ncn: x\nmail: a\nmail: xaybzc\n")})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(srv.Close)
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newConn(srv, script{Reader: bytes.NewReader(data)}, false)
		c.encrypted, c.user = true, "somebody"
		c.serve()
	})
}
