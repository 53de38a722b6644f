//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"proxyaddr/ldapscan/ldaptest"
)

// Ctrl-C ends a run that waits for what nobody writes: stdin, a named pipe, or what a
// password command has started.
func TestInterruptedInput(t *testing.T) {
	_, args := serve(t, twoOwners)
	dir := t.TempDir()
	export, pipe, ready, hold := filepath.Join(dir, "export.ldif"), filepath.Join(dir, "pipe"), filepath.Join(dir, "ready"), filepath.Join(dir, "hold")
	if err := os.WriteFile(export, []byte(twoOwners), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{pipe, ready, hold} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	holder, err := os.OpenFile(hold, os.O_RDWR, 0) // Cat reads from it until it is closed.
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	login := args[1 : len(args)-2]
	for _, command := range [][]string{
		{"scan", "--input", "-"},
		{"scan", "--input", pipe},
		{"scan", "--input", export, "--config", pipe},
		{"event", "--input", export},
		{"event", pipe, "--input", export},
		{"verify", pipe, "--input", export},
		append([]string{"apply", pipe, "--yes"}, args[1:]...),
		append(append([]string{"scan"}, login...), "-y", pipe),
		append(append([]string{"scan"}, login...), "--password-command", "echo >"+ready+"; cat "+hold),
	} {
		ctx, interrupt := context.WithCancel(context.Background())
		defer interrupt()
		if strings.Contains(strings.Join(command, " "), ready) {
			go func() {
				_, _ = os.ReadFile(ready)
				interrupt()
			}()
		} else {
			interrupt()
		}
		stdin, _ := io.Pipe()
		stderr, err := os.CreateTemp(dir, "stderr") // a file, as what goes on may write to it
		if err != nil {
			t.Fatal(err)
		}
		defer stderr.Close()
		var stdout bytes.Buffer
		c := &console{stdin: stdin, stdout: &stdout, stderr: stderr, getenv: func(string) string { return "" }}
		ended := make(chan int, 1)
		go func() { ended <- c.run(ctx, command) }()
		select {
		case code := <-ended:
			told, err := os.ReadFile(stderr.Name())
			if err != nil {
				t.Fatal(err)
			}
			if code != exitInterrupted || stdout.Len() > 0 || !strings.HasSuffix(string(told), "proxyaddr: interrupted\n") {
				t.Errorf("%q: exit %d\n%s%s", command, code, stdout.String(), told)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%q: goes on waiting", command)
		}
	}
}

// program is this program as a process of its own, with stderr kept.
func program(t *testing.T, args ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stderr = &bytes.Buffer{}
	cmd = &exec.Cmd{Path: self, Args: append([]string{"proxyaddr"}, args...), Stderr: stderr}
	return cmd, stderr
}

// A signal ends a scan with its exit code, nothing on stdout and nothing left behind, also
// the one of a terminal that is closed.
func TestSignals(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		srv, args := serve(t, twoOwners)
		process := make(chan *os.Process, 1)
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Hang, Do: func() {
			if err := (<-process).Signal(signal); err != nil {
				t.Error(err)
			}
		}})
		dir := t.TempDir()
		cmd, stderr := program(t, append(args, "--format", "json", "-o", filepath.Join(dir, "audit"))...)
		var stdout bytes.Buffer
		cmd.Stdout = &stdout
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		process <- cmd.Process
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || stdout.Len() > 0 || !strings.HasSuffix(stderr.String(), "proxyaddr: interrupted\n") {
			t.Errorf("%v: %v\n%s%s", signal, cmd.ProcessState, stdout.String(), stderr.String())
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%v: left behind: %v, %v", signal, left, err)
		}
	}
}

// Whoever reads what apply prints goes away after the first change. The plan was
// confirmed: all is done, and the exit code tells that the output is not whole.
func TestApplyWithoutReader(t *testing.T) {
	const third = `
dn: CN=Third,DC=a,DC=example
objectClass: contact
whenCreated: 20220101000000.0Z
proxyAddresses: smtp:x@A.example
`
	for _, format := range []string{"table", "json"} {
		srv, args := serve(t, twoOwners+third)
		dir := t.TempDir()
		var stdout, scanned bytes.Buffer
		if code := run(append(args, "-o", dir), strings.NewReader(""), &stdout, &scanned); code != exitConflicts {
			t.Fatalf("exit %d\n%s", code, scanned.String())
		}
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer writer.Close()
		srv.Inject(ldaptest.Fault{Modify: func(string) bool { return true }, Do: func() { reader.Close() }})
		cmd, stderr := program(t, append([]string{"apply", filepath.Join(dir, "fix-a.example.ldif"), "--yes", "--format", format}, args[1:]...)...)
		cmd.Stdout = writer
		_ = cmd.Run()
		want := "proxyaddr: 2 of 2 objects were changed; the journal is " + filepath.Join(dir, "fix-a.example.journal") +
			"\nproxyaddr: stdout: broken pipe\nhint: the output ends early and is useless\n"
		if code := cmd.ProcessState.ExitCode(); code != exitIncomplete || !strings.HasSuffix(stderr.String(), want) {
			t.Errorf("%s: %v\n%s", format, cmd.ProcessState, stderr.String())
		}
	}
}
