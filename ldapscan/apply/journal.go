package apply

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/osfile"
)

// A Journal is a file of JSON objects, one on each line, with the planned changes and
// those that were made. A line is on the disk before the step that it announces. While a
// Journal is open no other process can open it. It is for one goroutine.
type Journal struct {
	// Torn says that the last line was cut off, for example by a power cut, and was
	// removed: the step that it was to announce was not done.
	Torn bool

	file file
	now  func() time.Time
	err  error // of the first line that could not be written

	head     *Head // of the first run
	planned  int
	plan     []conflicts.FixRecord
	at       map[conflicts.GUID]int // place in plan
	statuses []changeStatus         // of each in plan
	open     int                    // place of the one with unknown outcome, or none
	undoing  bool
}

const none = -1

// A changeStatus is the outcome of a change.
type changeStatus byte

const (
	unmade changeStatus = iota // or undone
	made
	theirs // somebody else made or undid it: nothing is left for this journal
)

// A file has the methods of [os.File] that a journal uses.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// Create makes the journal of a plan, in which each object has one fix record and is
// named by its objectGUID. If the file exists, the error is an [os.ErrExist].
func Create(path string, now func() time.Time, h Head, plan []conflicts.FixRecord) (*Journal, error) {
	j := newJournal(now)
	lines, err := j.announce(h, plan)
	if err != nil {
		return nil, err
	}
	f, err := osfile.CreateLocked(path)
	if err != nil {
		return nil, err
	}
	j.file = f
	err = j.put(lines...)
	if err == nil {
		err = osfile.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		f.Close()
		_ = osfile.Remove(path)
		return nil, err
	}
	return j, nil
}

// announce adds a plan and returns the lines that announce it.
func (j *Journal) announce(h Head, plan []conflicts.FixRecord) ([]*entry, error) {
	lines := []*entry{{Record: begin, Time: j.time(), Format: format, Head: &h, Changes: len(plan)}}
	for i := range plan {
		lines = append(lines, newEntry(change, &plan[i]))
	}
	for _, e := range lines {
		if err := j.take(e); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// Open opens a journal to continue it.
func Open(path string, now func() time.Time) (*Journal, error) {
	f, err := osfile.OpenLocked(path)
	if err != nil {
		return nil, err
	}
	j := newJournal(now)
	j.file = f
	whole, err := j.load(f)
	if err == nil && j.Torn {
		err = f.Truncate(whole)
	}
	if err == nil {
		_, err = f.Seek(whole, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return j, nil
}

func newJournal(now func() time.Time) *Journal {
	return &Journal{now: now, at: map[conflicts.GUID]int{}, open: none}
}

// ErrNoPlan is the error for a journal that ends before its plan does; nothing was done.
var ErrNoPlan = errors.New("it ends before the plan does: nothing was changed")

// ErrInUse is the error for a journal that another process has open.
var ErrInUse = osfile.ErrInUse

var errNoJournal = errors.New("not a journal of proxyaddr")

// opening is the beginning of every journal.
const opening = `{"record":"` + string(begin) + `",`

// load reads all lines and returns the size of the complete ones.
func (j *Journal) load(r io.Reader) (whole int64, err error) {
	in := bufio.NewReader(r)
	start, err := in.Peek(len(opening))
	switch {
	case err != nil && err != io.EOF:
		return 0, err
	case !strings.HasPrefix(opening, string(start)): // a journal that was cut off has less of it
		return 0, errNoJournal
	}
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		if err == io.EOF && len(text) == 0 {
			break
		}
		if err != nil && err != io.EOF {
			return 0, err
		}
		var e entry
		wrong := err // no end of line
		if wrong == nil {
			wrong = json.Unmarshal(text, &e)
		}
		if _, more := in.Peek(1); wrong != nil && more == io.EOF {
			j.Torn = true
			break
		}
		if wrong == nil {
			wrong = j.take(&e)
		}
		if wrong != nil {
			return 0, fmt.Errorf("line %d: %w", n, wrong)
		}
		whole += int64(len(text))
	}
	if j.head == nil || len(j.plan) < j.planned {
		return 0, ErrNoPlan
	}
	return whole, nil
}

// take applies an entry to the journal in memory.
func (j *Journal) take(e *entry) error {
	unexpected := fmt.Errorf("unexpected %s", e.Record)
	if first := e.Record == begin; first != (j.head == nil) {
		return unexpected
	}
	switch e.Record {
	case begin:
		if e.Format != format || e.Head == nil {
			return fmt.Errorf("a journal of version %d, which this program does not know", e.Format)
		}
		j.head, j.planned = e.Head, e.Changes
		return nil
	case change:
		return j.admit(e)
	}
	if len(j.plan) < j.planned {
		return unexpected
	}
	switch e.Record {
	case resume:
		return nil
	case undo:
		j.undoing, j.open = true, none
		return nil
	}
	g, err := conflicts.ParseGUID(e.GUID)
	i, known := j.at[g]
	if err != nil || !known {
		return fmt.Errorf("%q: not in the plan", e.GUID)
	}
	before, after := unmade, made
	if j.undoing {
		before, after = after, before
	}
	switch {
	case e.Record == intent && (j.open == none || j.open == i) && j.statuses[i] == before:
		j.open = i
		return nil
	case j.open != i:
		return unexpected
	case e.Record == failed:
	case e.Record == done:
		j.statuses[i] = after
	case e.Record == another:
		j.statuses[i] = theirs
	default:
		return unexpected
	}
	j.open = none
	return nil
}

// admit adds a fix record to the plan.
func (j *Journal) admit(e *entry) error {
	a, err := e.fixRecord()
	if err != nil {
		return fmt.Errorf("%s: no objectGUID", e.DN)
	}
	if _, err := request(&a); err != nil {
		return err
	}
	if _, twice := j.at[a.GUID]; twice || len(j.plan) == j.planned {
		return fmt.Errorf("%s: changed twice, or not announced", a.DN)
	}
	j.at[a.GUID] = len(j.plan)
	j.plan = append(j.plan, a)
	j.statuses = append(j.statuses, unmade)
	return nil
}

// Planned returns how many changes there are, made or not.
func (j *Journal) Planned() int { return len(j.plan) }

// Made returns how many changes were made and not undone.
func (j *Journal) Made() int { return j.count(made) }

// ByAnother returns how many changes somebody else made or undid.
func (j *Journal) ByAnother() int { return j.count(theirs) }

func (j *Journal) count(f changeStatus) (n int) {
	for _, known := range j.statuses {
		if known == f {
			n++
		}
	}
	return n
}

// Undoing reports whether the changes are being undone.
func (j *Journal) Undoing() bool { return j.undoing }

// Left returns the remaining fix records, in order.
func (j *Journal) Left() []conflicts.FixRecord {
	if j.undoing {
		return j.Inverses()
	}
	var left []conflicts.FixRecord
	for i, a := range j.plan {
		if j.statuses[i] == unmade {
			left = append(left, a)
		}
	}
	return left
}

// Inverses returns the fix records that undo the changes that were made, the last first.
func (j *Journal) Inverses() []conflicts.FixRecord {
	var inverses []conflicts.FixRecord
	for i := range slices.Backward(j.plan) {
		if j.statuses[i] == made {
			inverses = append(inverses, j.plan[i].Inverse())
		}
	}
	return inverses
}

// inDoubt returns the change with unknown outcome, nil if there is none.
func (j *Journal) inDoubt() *conflicts.FixRecord {
	if j.open == none {
		return nil
	}
	a := j.plan[j.open]
	if j.undoing {
		a = a.Inverse()
	}
	return &a
}

// Resume notes that another run continues.
func (j *Journal) Resume(h Head) error {
	return j.write(&entry{Record: resume, Time: j.time(), Head: &h})
}

// Undo notes that from now on the changes that were made are undone. A change that
// Recover has left open counts as not made.
func (j *Journal) Undo(h Head) error { return j.write(&entry{Record: undo, Time: j.time(), Head: &h}) }

// note notes a step before or after it is done.
func (j *Journal) note(e *entry) error {
	e.Time = j.time()
	return j.write(e)
}

func (j *Journal) time() time.Time { return j.now().UTC().Truncate(time.Millisecond) }

func (j *Journal) write(e *entry) error {
	if err := j.take(e); err != nil {
		return err
	}
	return j.put(e)
}

// put writes lines to the disk. After a failed write a part of the lines may be there, so
// nothing can follow them.
func (j *Journal) put(lines ...*entry) error {
	if j.err != nil {
		return j.err
	}
	var b bytes.Buffer
	for _, e := range lines {
		if j.err = e.append(&b); j.err != nil {
			return j.err
		}
	}
	if _, j.err = j.file.Write(b.Bytes()); j.err == nil {
		j.err = j.file.Sync()
	}
	return j.err
}

// Close closes the file and releases its lock.
func (j *Journal) Close() error { return j.file.Close() }
