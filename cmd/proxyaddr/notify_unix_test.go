//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A command that hangs is killed with all that it started, and the run tells so: it does not
// hold the state for ever.
func TestNotifyCommandHangs(t *testing.T) {
	dir := t.TempDir()
	export, state, pipe := writeFile(t, filepath.Join(dir, "export.ldif"), pairs(10)), filepath.Join(dir, "state"), filepath.Join(dir, "pipe")
	scanState(t, exitClean, "--input", export, "--state", state)
	writeFile(t, export, pairs(10, 3))
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	held := make(chan error, 1)
	go func() { // ends when nothing has the pipe open any more
		r, err := os.Open(pipe)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			r.Close()
		}
		held <- err
	}()
	defer func(d time.Duration) { notifyTimeout = d }(notifyTimeout)
	notifyTimeout = 2 * time.Second
	const hangs = `exec >"$PIPE"; sleep 1000 & trap "" TERM; while :; do sleep 1000; done`
	t.Setenv("PIPE", pipe)
	_, stderr := scanState(t, exitIncomplete, "--input", export, "--state", state, "--notify-command", hangs)
	if !strings.Contains(stderr, "--notify-command: killed after 2s") {
		t.Error(stderr)
	}
	select {
	case err := <-held:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("something that it started goes on")
	}
	// The next run tells the same.
	if summary, _ := scanState(t, exitConflicts, "--input", export, "--state", state, "--notify-command", "cat >/dev/null"); summary != "1 new" {
		t.Error(summary)
	}
}
