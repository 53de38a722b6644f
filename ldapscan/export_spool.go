package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"proxyaddr/ldapscan/osfile"
	"proxyaddr/ldapscan/table"
)

// SpoolExport makes an export of a source that can be read only once, such as a pipe: it
// copies the source to a temporary file that nobody else may open, and that is gone when
// the export is closed or the process ends.
func SpoolExport(ctx context.Context, name string, src io.Reader) (*Export, error) {
	return spoolExport(ctx, name, src, table.Options{})
}

func spoolExport(ctx context.Context, name string, src io.Reader, opt table.Options) (*Export, error) {
	x, err := spool(ctx, name, func(w io.Writer) error { return copyUntil(ctx, w, src) })
	if err != nil {
		return nil, err
	}
	return x.orTable(ctx, opt)
}

// spool makes an export of what is written to a temporary file.
func spool(ctx context.Context, name string, write func(io.Writer) error) (*Export, error) {
	f, err := osfile.Temporary("proxyaddr-", ".ldif")
	if err != nil {
		return nil, noRoom(name, err)
	}
	var info os.FileInfo
	if err = write(f); err == nil {
		info, err = f.Stat()
	}
	if err == nil {
		return newExport(name, f, info), nil
	}
	f.Close()
	var pe *os.PathError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &pe) && pe.Path == f.Name():
		return nil, noRoom(name, err)
	}
	var known *Error
	if errors.As(err, &known) {
		return nil, known
	}
	return nil, &Error{Subject: name, Problem: systemError(err), Err: err}
}

func noRoom(name string, err error) error {
	return &Error{Subject: name, Problem: fmt.Sprintf("no room for a copy in %s: %s", os.TempDir(), systemError(err)), Err: err,
		Advice: "write the export to a file and name that, or set TMPDIR, on Windows TMP, to a directory with room"}
}

// copyUntil is [io.Copy] that gives up when ctx ends, even while src has nothing to read.
func copyUntil(ctx context.Context, dst io.Writer, src io.Reader) error {
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(dst, src)
		copied <- err
	}()
	select {
	case err := <-copied:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A lateFile is opened by its first Read: opening a named pipe blocks until somebody
// writes to it.
type lateFile struct {
	path string
	file *os.File
}

func (l *lateFile) Read(p []byte) (n int, err error) {
	if l.file == nil {
		if l.file, err = os.Open(l.path); err != nil {
			return 0, err
		}
	}
	if n, err = l.file.Read(p); err != nil {
		l.file.Close()
	}
	return n, err
}
