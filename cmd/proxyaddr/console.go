package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"proxyaddr/report/words"
)

// A console is the surroundings of a command: the three streams and the environment.
type console struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	environ        []string // all variables as "NAME=value"
	// requests logs the requests to servers; nil logs nothing.
	requests *slog.Logger
	undo     []func() // what was switched on in the terminal
}

// log writes a line to stderr. The line can have names from a directory, so control characters
// are escaped.
func (c *console) log(format string, args ...any) {
	c.tell("proxyaddr: " + fmt.Sprintf(format, args...))
}

func (c *console) hint(text string) {
	if text != "" {
		c.tell("hint: " + text)
	}
}

// tell writes a line to stderr, and breaks it between words on a narrow terminal.
func (c *console) tell(text string) {
	const further = "  "
	text = words.Escape(text)
	if columns := columnsOf(c.stderr); columns > 0 && words.Columns(text) > columns {
		text = strings.Join(slices.Collect(words.Wrap(text, columns-len(further), words.Columns)), "\n"+further)
	}
	fmt.Fprintln(c.stderr, text)
}

// warnIfShared warns about a file with a secret that other accounts than its owner can read. On
// Windows access lists decide that, not the mode.
func (c *console) warnIfShared(file string) {
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS == "windows" || !info.Mode().IsRegular() || info.Mode()&0o044 == 0 {
		return
	}
	c.log("warning: %s: other accounts on this computer can read it (mode %04o)", file, info.Mode().Perm())
	c.hint("chmod 600 " + file)
}

// terminal returns the file descriptor of a stream that is a terminal.
func terminal(stream any) (fd int, ok bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}

// color tells whether stdout may be colored (https://no-color.org), and switches that on.
func (c *console) color() bool {
	fd, ok := terminal(c.stdout)
	if !ok || c.getenv("NO_COLOR") != "" || c.getenv("TERM") == "dumb" {
		return false
	}
	undo, ok := obeyEscapes(fd)
	if undo != nil {
		c.undo = append(c.undo, undo)
	}
	return ok
}

// close leaves the terminal as it was.
func (c *console) close() {
	for _, undo := range c.undo {
		undo()
	}
	c.undo = nil
}

// columnsOf returns the width of a stream that is a terminal, 0 if it is unknown.
func columnsOf(stream any) int {
	if fd, ok := terminal(stream); ok {
		if columns, _, err := term.GetSize(fd); err == nil {
			return columns
		}
	}
	return 0
}

// ask asks for a line on the terminal. It returns "" without a terminal or an answer.
func (c *console) ask(ctx context.Context, text string) string {
	if _, ok := terminal(c.stdin); !ok {
		return ""
	}
	fmt.Fprint(c.stderr, words.Escape(text))
	line := typedLine(ctx, c.stdin)
	if ctx.Err() != nil {
		fmt.Fprintln(c.stderr)
	}
	return line
}

// typedLine returns the next line without the white space around it, or "" if ctx ends first.
func typedLine(ctx context.Context, r io.Reader) string {
	line := ""
	err := await(ctx, func() error {
		text, _ := bufio.NewReader(r).ReadString('\n')
		line = strings.TrimSpace(text)
		return nil
	})
	if err != nil {
		return ""
	}
	return line
}

// await returns the error of read, or that of ctx if ctx ends first. A read from a pipe or a
// terminal may never end: it may still run after await, so do not use variables that it sets.
func await(ctx context.Context, read func() error) error {
	done := make(chan error, 1)
	go func() { done <- read() }()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-done:
		return err
	}
}

// prompt asks for a secret on the terminal without showing it.
func (c *console) prompt(ctx context.Context, text string) (string, error) {
	fd, ok := terminal(c.stdin)
	if !ok {
		return "", wrong("give it with --password-file or --password-command", "no terminal to ask for the password")
	}
	state, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(c.stderr, words.Escape(text))
	defer fmt.Fprintln(c.stderr)
	var secret []byte
	err = await(ctx, func() (err error) {
		secret, err = term.ReadPassword(fd)
		return err
	})
	if ctx.Err() != nil {
		term.Restore(fd, state)
		return "", ctx.Err()
	}
	return string(secret), err
}

// decoded returns a text as UTF-8. It obeys a byte order mark, because Windows programs write
// UTF-16, and removes it.
func decoded(r io.Reader) io.Reader {
	return transform.NewReader(r, unicode.BOMOverride(encoding.Nop.NewDecoder()))
}

// isText reports whether a decoded text is one: it has no bytes of another code page, and no NUL,
// as UTF-16 without a byte order mark has.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsAny(s, "\x00"+string(utf8.RuneError))
}

// firstLine returns the first line of a secret's source without its line end.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(decoded(io.LimitReader(r, 64<<10))).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

// output runs a command line with the system's shell and returns the first line
// that it prints.
func (c *console) output(ctx context.Context, line string) (string, error) {
	cmd, err := shell(ctx, line)
	if err != nil {
		return "", err
	}
	cmd.Stderr = c.stderr
	cmd.WaitDelay = time.Second // a program started by the shell may keep its stdout open
	out, err := cmd.Output()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return "", err
	}
	return firstLine(strings.NewReader(string(out)))
}
