package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hangsAt names the variable with the address to which a process connects that then hangs.
const hangsAt = "NOTIFIED_HANGS_AT"

// A command that hangs is killed, and so is what it started: cmd starts this program.
func TestNotifyCommandHangs(t *testing.T) {
	if at := os.Getenv(hangsAt); at != "" {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("x"))
		io.Copy(io.Discard, c) // until it is killed
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		said, _ := io.ReadAll(c)
		ended <- string(said)
	}()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(hangsAt, l.Addr().String())
	defer func(d time.Duration) { notifyTimeout = d }(notifyTimeout)
	notifyTimeout = 10 * time.Second
	dir := t.TempDir()
	export, state := writeFile(t, filepath.Join(dir, "export.ldif"), pairs(10)), filepath.Join(dir, "state")
	scanState(t, exitClean, "--input", export, "--state", state)
	writeFile(t, export, pairs(10, 3))
	_, stderr := scanState(t, exitIncomplete, "--input", export, "--state", state, "--notify-command", self+" -test.run=^TestNotifyCommandHangs$")
	if !strings.Contains(stderr, "--notify-command: killed after 10s") {
		t.Error(stderr)
	}
	select {
	case said := <-ended:
		if said != "x" {
			t.Errorf("it said %q", said)
		}
	case <-time.After(20 * time.Second):
		t.Error("what it started goes on")
	}
}
