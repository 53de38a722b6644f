package ldapscan

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"proxyaddr/conflicts"
)

// What comes through a pipe is read as a file would be, and the copy is nobody
// else's and does not stay.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	small, err := os.ReadFile("testdata/small.ldif")
	if err != nil {
		t.Fatal(err)
	}
	want := readSlowly(small)
	r, w := io.Pipe()
	go func() {
		w.Write(small)
		w.Close()
	}()
	x, err := SpoolExport(t.Context(), "standard input", r)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := x.file.Stat(); err != nil || info.Mode().Perm() != 0o600 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	sink := &kept{}
	if _, err := x.Sweep(t.Context(), sink); err != nil || len(sink.lines) != len(want.lines) {
		t.Errorf("%d objects, want %d, %v", len(sink.lines), len(want.lines), err)
	}
	found := 0
	if err := x.Inspect(t.Context(), want.refs, func(*conflicts.Object) { found++ }); err != nil || found != len(want.found()) {
		t.Errorf("%d found, want %d, %v", found, len(want.found()), err)
	}
	var scope conflicts.Scope
	if x.Describe(&scope); scope.Source[0] != "standard input" {
		t.Errorf("%q", scope.Source)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	nothingLeft(t, dir)
}

func TestSpoolFails(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	_, err := SpoolExport(t.Context(), "standard input", io.MultiReader(strings.NewReader("dn: CN=a\n"), iotest.ErrReader(errors.New("broken pipe"))))
	if err == nil || err.Error() != "standard input: broken pipe" {
		t.Errorf("a source that breaks: %v", err)
	}
	if _, err := OpenExport(t.Context(), dir); err == nil || !strings.HasPrefix(err.Error(), dir+": ") {
		t.Errorf("a directory: %v", err)
	}

	// Ctrl-C while nothing comes.
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	defer w.Close()
	go func() {
		io.WriteString(w, "dn: CN=a\n")
		cancel()
	}()
	if _, err := SpoolExport(ctx, "standard input", r); err != context.Canceled {
		t.Errorf("interrupted: %v", err)
	}
	nothingLeft(t, dir)

	missing := filepath.Join(dir, "missing")
	t.Setenv("TMPDIR", missing)
	t.Setenv("TMP", missing)
	var e *Error
	if _, err := SpoolExport(t.Context(), "standard input", strings.NewReader("")); !errors.As(err, &e) ||
		!strings.HasPrefix(err.Error(), "standard input: no room for a copy in "+missing+": ") || !strings.Contains(e.Advice, "TMPDIR") {
		t.Errorf("no directory for the copy: %v", err)
	}
}

func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
