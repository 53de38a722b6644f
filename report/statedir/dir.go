package statedir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"proxyaddr/conflicts/memory"
	"proxyaddr/ldapscan/osfile"
)

// The files of a directory.
const (
	lockName    = "lock"
	stateName   = "state.json"
	beforeName  = "state.json.1"
	historyName = "history.jsonl"
	checkedName = "checked"
	// Files that are being written.
	nextName        = "state.json.new"
	nextBeforeName  = "state.json.1.new"
	nextCheckedName = "checked.new"
)

// An Error is the error for a directory, or a file in it, that cannot be used.
type Error struct {
	// Path is the path of the file, with the directory as the user named it.
	Path string
	// Line is the line of the problem, 0 if it has none.
	Line int
	Err  error
	hint string
}

func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *Error) Hint() string { return e.hint }

var (
	// ErrInUse is the error for a directory that another run holds.
	ErrInUse = errors.New("in use by another run")
	// ErrNoState is the error for a directory without a state, or a missing directory.
	ErrNoState = errors.New("no run is remembered here")
	// ErrOtherScope is the error for a directory with the state of another scope.
	ErrOtherScope = errors.New("remembers runs with a different")
)

// A Dir is a directory that only this process may write to. It is for one goroutine.
type Dir struct {
	// State is what is remembered; nil before the first run.
	State *memory.State
	// Notes are facts that the user should know.
	Notes []string

	path   string
	disk   disk
	length int64 // of the history
	// stale says that State and length may differ from the disk.
	stale bool
	lock  *os.File
}

// Open locks a directory for a run, and creates it if it is missing. holder describes this run to
// others that find the directory locked. All errors are an [Error]; it is an [ErrInUse] if
// another run has the directory.
func Open(path, holder string) (*Dir, error) {
	d := &Dir{path: path, disk: osDisk(path)}
	if err := d.take(holder); err != nil {
		return nil, err
	}
	if err := d.load(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Read returns the state in a directory, without locking it. All errors are an [Error]; it is an
// [ErrNoState] if there is no state.
func Read(path string) (*memory.State, error) {
	d := &Dir{path: path, disk: osDisk(path)}
	if err := d.read(); err != nil {
		return nil, err
	}
	if d.State == nil {
		return nil, &Error{path, 0, ErrNoState, "run a scan that remembers here first"}
	}
	return d.State, nil
}

// Close unlocks the directory for other runs.
func (d *Dir) Close() error { return d.lock.Close() }

func (d *Dir) file(name string) string { return filepath.Join(d.path, name) }

// failed turns an error of the operating system into one that names the file once.
func (d *Dir) failed(name string, err error, hint string) *Error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	} else if link := (*os.LinkError)(nil); errors.As(err, &link) {
		err = link.Err
	}
	return &Error{Path: d.file(name), Err: err, hint: hint}
}

func (d *Dir) take(holder string) error {
	made, err := makeDir(d.path)
	if err == nil && made {
		err = osfile.SyncDir(filepath.Dir(filepath.Clean(d.path)))
	}
	if err != nil {
		return d.failed("", err, "name a directory that this account may write")
	}
	d.lock, err = osfile.HoldLocked(d.file(lockName))
	if errors.Is(err, osfile.ErrInUse) {
		inUse := &Error{Path: d.path, Err: ErrInUse, hint: "wait for it to end, or name another directory for a scan of its own"}
		if who, err := osDisk(d.path).Read(lockName); err == nil && len(who) > 0 {
			inUse.Err = fmt.Errorf("%w: %s", ErrInUse, printable(who))
		}
		return inUse
	}
	if err != nil {
		return d.failed(lockName, err, "this account needs to write to this directory")
	}
	osfile.GiveToOwner(d.lock, d.path)
	// The text in the file is for people only: the lock is the operating system's.
	if err := d.lock.Truncate(0); err == nil {
		_, _ = io.WriteString(d.lock, holder+"\n")
	}
	return nil
}

// makeDir also reports whether the directory was missing.
func makeDir(path string) (made bool, err error) {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return false, errors.New("not a directory")
		}
		return false, nil
	}
	return true, os.MkdirAll(path, 0o700)
}

// printable returns the first line of a text without control characters.
func printable(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, line[:min(len(line), 200)])
}

// load reads the state, and cleans up after a killed run.
func (d *Dir) load() error {
	for _, name := range []string{nextName, nextBeforeName, nextCheckedName} {
		if err := d.disk.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return d.failed(name, err, "delete it")
		}
	}
	// From now on the renames of a killed run hold, even after a power cut.
	if err := d.disk.Sync(); err != nil {
		return d.failed("", err, "this account needs to write to this directory")
	}
	if err := d.read(); err != nil {
		return err
	}
	return d.cut()
}

// read reads the state.
func (d *Dir) read() error {
	text, err := d.disk.Read(stateName)
	if errors.Is(err, fs.ErrNotExist) {
		return d.begin()
	}
	if err != nil {
		return d.failed(stateName, err, "this account needs to read it")
	}
	d.State, d.length, err = decode(text)
	if err != nil {
		e := &Error{Path: d.file(stateName), Err: err, hint: d.elsewhere()}
		if at := (*syntaxError)(nil); errors.As(err, &at) {
			e.Line, e.Err = at.line, at.err
		}
		if errors.Is(err, errNewer) {
			e.hint = "use the version of proxyaddr that wrote it, or a newer one"
		}
		return e
	}
	d.confirmed()
	return nil
}

// elsewhere returns the hint for a state that cannot be used.
func (d *Dir) elsewhere() string {
	if _, err := d.disk.Size(beforeName); err == nil {
		return fmt.Sprintf("correct it, or replace it by a copy of %s, the state of the run before", d.file(beforeName))
	}
	return "correct it, or name a new directory: the first run there calls nothing new"
}

// begin makes sure that a missing state means a first run.
func (d *Dir) begin() error {
	missing := func(other string, hint string) error {
		return &Error{Path: d.file(stateName), Err: fmt.Errorf("missing, but %s is there", other), hint: hint}
	}
	if _, err := d.disk.Size(beforeName); !errors.Is(err, fs.ErrNotExist) {
		return missing(beforeName, fmt.Sprintf("copy %s to %s: it is the state of the run before", d.file(beforeName), d.file(stateName)))
	}
	text, err := d.disk.Read(historyName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return d.failed(historyName, err, "this account needs to read it")
	}
	for line := range strings.Lines(text) {
		var e struct{ Run int }
		if json.Unmarshal([]byte(line), &e) == nil && e.Run > 1 { // after a first run that was killed it is 1
			return missing(historyName, "restore the state, or name a new directory")
		}
	}
	return nil
}

// cut removes from the history the lines of a killed run.
func (d *Dir) cut() error {
	size, err := d.disk.Size(historyName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if d.length > 0 {
			d.Notes = append(d.Notes, d.file(historyName)+" is missing: a new history begins")
		}
		d.length = 0
		return nil
	case err != nil:
		return d.failed(historyName, err, "this account needs to read it")
	case size < d.length:
		return &Error{Path: d.file(historyName), Err: fmt.Errorf("has %d bytes, where %s counts %d", size, stateName, d.length),
			hint: "restore the whole file, or delete it to begin a new history"}
	case size == d.length:
		return nil
	}
	if err := d.disk.Cut(historyName, d.length); err != nil {
		return d.failed(historyName, err, "this account needs to write to it")
	}
	return nil
}

// CheckScope returns an [ErrOtherScope] if the state is of another scope.
func (d *Dir) CheckScope(now memory.Scope) error {
	if d.State == nil {
		return nil
	}
	what := d.State.Scope.Difference(now)
	if what == "" {
		return nil
	}
	return &Error{Path: d.file(stateName), Err: fmt.Errorf("%w %s", ErrOtherScope, what),
		hint: "give each scope a directory of its own"}
}

// Commit remembers a run. After an error the directory is unchanged or, if only the last step
// failed, has the whole run; State is then the content of the directory.
func (d *Dir) Commit(state *memory.State, entries []memory.HistoryEntry) error {
	if d.stale {
		if err := d.load(); err != nil {
			return err
		}
	}
	length, err := d.commit(state, entries)
	if err != nil {
		d.stale = d.load() != nil
		return err
	}
	d.State, d.length = state, length
	return nil
}

func (d *Dir) commit(state *memory.State, entries []memory.HistoryEntry) (length int64, err error) {
	const hint = "this run may not be remembered: then the next one reports the same news again"
	lines := appendHistory(nil, state, entries)
	if err := d.extend(lines); err != nil {
		return 0, d.failed(historyName, err, hint)
	}
	length = d.length + int64(len(lines))
	if err := d.write(nextName, func(w io.Writer) error { return encode(w, state, length) }); err != nil {
		return 0, d.failed(nextName, err, hint)
	}
	if err := d.place(); err != nil {
		return 0, d.failed(stateName, err, hint)
	}
	return length, nil
}

// extend appends to the history.
func (d *Dir) extend(lines []byte) error {
	f, err := d.disk.Append(historyName)
	if err != nil {
		return err
	}
	if err := finish(f, whole(lines)); err != nil {
		return err
	}
	if d.length > 0 {
		return nil
	}
	return d.disk.Sync() // its name is new
}

// write writes a file under a temporary name.
func (d *Dir) write(name string, fill func(io.Writer) error) error {
	f, err := d.disk.Create(name)
	if err != nil {
		return err
	}
	return finish(f, fill)
}

// whole writes a whole text.
func whole(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

// finish fills, syncs and closes a file.
func finish(f file, fill func(io.Writer) error) error {
	err := fill(f)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// place renames the new state to its name, and the old one to that of the state before. At every
// moment there is a whole state.json.
func (d *Dir) place() error {
	if d.State == nil {
		if err := d.disk.Rename(nextName, stateName); err != nil {
			return err
		}
		return d.disk.Sync()
	}
	err := d.disk.Exchange(nextName, stateName)
	if err == nil {
		if err := d.disk.Sync(); err != nil {
			return err
		}
		return d.disk.Rename(nextName, beforeName)
	}
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	old, err := d.disk.Read(stateName)
	if err == nil {
		err = d.write(nextBeforeName, whole([]byte(old)))
	}
	if err == nil {
		err = d.disk.Rename(nextBeforeName, beforeName)
	}
	if err == nil {
		err = d.disk.Rename(nextName, stateName)
	}
	if err == nil {
		err = d.disk.Sync()
	}
	return err
}
