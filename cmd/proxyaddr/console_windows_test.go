package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// A command line with quotes reaches cmd as it was written, and PATH names no other cmd.
func TestShellQuotes(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "say it.cmd")
	writeFile(t, program, "@echo %~1\r\n")
	writeFile(t, filepath.Join(dir, "cmd.cmd"), "@echo from PATH\r\n")
	t.Setenv("PATH", dir)
	c := &console{stderr: io.Discard, getenv: os.Getenv}
	for line, want := range map[string]string{
		`"` + program + `" "two words"`:    "two words",
		`"` + program + `" a&echo further`: "a",
		`echo "quoted" 'as' it is`:         `"quoted" 'as' it is`,
		`echo from the shell`:              "from the shell",
	} {
		if got, err := c.output(t.Context(), line); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", line, got, err, want)
		}
	}
	if cmd, err := shell(context.Background(), "x"); err != nil || !filepath.IsAbs(cmd.Path) || strings.HasPrefix(cmd.Path, dir) {
		t.Errorf("%v, %v", cmd, err)
	}
}

// A console obeys escape sequences while the program runs, and is left as it was.
func TestConsoleObeysEscapes(t *testing.T) {
	screen, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		t.Skip("this test has no console: ", err)
	}
	defer screen.Close()
	obeys := func() bool {
		var mode uint32
		if err := windows.GetConsoleMode(windows.Handle(screen.Fd()), &mode); err != nil {
			t.Fatal(err)
		}
		return mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0
	}
	before := obeys()
	t.Log("obeys escape sequences at first: ", before)
	c := &console{stdout: screen, stderr: screen, getenv: func(string) string { return "" }}
	if colored := c.color(); colored != obeys() {
		t.Errorf("colored: %t, and the console obeys escape sequences: %t", colored, obeys())
	}
	c.color() // again changes nothing
	c.close()
	if obeys() != before {
		t.Errorf("it obeys escape sequences before: %t, afterwards: %t", before, obeys())
	}
}

// typedVariable has what somebody, or .ci/windows, types at the prompt of a test.
const typedVariable = "PROXYADDR_TEST_TYPED"

// A password that is typed at a console arrives as UTF-8, whatever its code page.
func TestConsolePrompt(t *testing.T) {
	typed := os.Getenv(typedVariable)
	if typed == "" {
		t.Skip("nobody types")
	}
	c := &console{stdin: os.Stdin, stderr: os.Stderr, getenv: os.Getenv}
	if got, err := c.prompt(t.Context(), "password: "); got != typed || err != nil {
		t.Errorf("%q, %v, want %q", got, err, typed)
	}
}
