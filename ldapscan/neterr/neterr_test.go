package neterr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// What the system itself returns is recognized, whatever numbers it has.
func TestErrorsOfThisSystem(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()

	c.SetReadDeadline(time.Unix(1, 0))
	_, err = c.Read(make([]byte, 1))
	check(t, err, "timed out")

	c.SetReadDeadline(time.Time{})
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	served.(*net.TCPConn).SetLinger(0)
	served.Close()
	_, err = c.Read(make([]byte, 1))
	check(t, err, "reset")

	l.Close()
	_, err = net.Dial("tcp", l.Addr().String())
	check(t, err, "refused")
	if !RefusedText(fmt.Sprintf("%v; and so on", err)) {
		t.Errorf("%v: not recognized as text", err)
	}
}

func TestKinds(t *testing.T) {
	check(t, context.DeadlineExceeded, "timed out")
	check(t, io.EOF, "")
	check(t, errors.New("connection refused"), "")
	check(t, nil, "")
	for number, want := range map[syscall.Errno]string{
		syscall.ECONNREFUSED: "refused", 10061: "refused",
		syscall.ECONNRESET: "reset", 10054: "reset", 10053: "reset",
		syscall.EHOSTUNREACH: "unreachable", 10065: "unreachable",
		syscall.ENETUNREACH: "unreachable", 10051: "unreachable",
		syscall.ETIMEDOUT: "timed out", 10060: "timed out",
		syscall.ENOENT: "",
	} {
		err := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", number)}
		check(t, fmt.Errorf("a library: %w", err), want)
		if text := err.Error(); RefusedText(text) != (want == "refused") || TimedOutText(text) != (want == "timed out") {
			t.Errorf("%s: refused %t, timed out %t, want %q", text, RefusedText(text), TimedOutText(text), want)
		}
	}
}

// check wants an error to be of one kind, or of none.
func check(t *testing.T, err error, want string) {
	t.Helper()
	for kind, is := range map[string]func(error) bool{"refused": Refused, "reset": Reset, "unreachable": Unreachable, "timed out": TimedOut} {
		if is(err) != (kind == want) {
			t.Errorf("%v: %s %t, want %q", err, kind, is(err), want)
		}
	}
}
