package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"proxyaddr/ldapscan/osfile"
	"proxyaddr/report/outdir"
)

// A Replaceable says which earlier audit in a directory may be deleted. A file that
// is not of an audit, and one that a program has open, is never deleted.
type Replaceable int

const (
	// Unneeded is an audit without changes, decisions, edits and journals.
	Unneeded Replaceable = iota
	// Demo is also an audit of the demo that nobody has changed since.
	Demo
	// Untouched is a whole audit of a scan with which nobody did anything. It may have
	// changes.
	Untouched
	// Any is every audit, whatever was done with it.
	Any
)

// litter is what systems leave in a directory that somebody looks at.
var litter = []string{".DS_Store", "Thumbs.db", "desktop.ini"}

// check says, by an error, why what is in dir may not be deleted. name is the
// directory for the user.
func (may Replaceable) check(name, dir string) error {
	if err := outdir.CheckInUse(name, dir); err != nil {
		return err
	}
	e, err := readEarlier(dir)
	if err != nil {
		return &outdir.Refusal{Dir: name, Err: err, Advice: outdir.Elsewhere(name)}
	}
	if may != Any {
		if err := e.look(dir); err != nil {
			return &outdir.Refusal{Dir: name, Err: err, Advice: outdir.Elsewhere(name)}
		}
		if problem := e.problem(may); problem != "" && !(may == Demo && e.untouched() && e.ofDemo) {
			hint := outdir.Elsewhere(name)
			if may == Unneeded {
				hint += "; --replace deletes what " + name + " holds"
			}
			return &outdir.Refusal{Dir: name, Err: errors.New(problem), Advice: hint}
		}
	}
	return nil
}

// An earlier is an audit, or what a fix wrote, that is in a directory.
type earlier struct {
	sums map[string]string // as SHA256SUMS lists them, in hexadecimal
	// files that are there, of those that are listed
	files, journals []string

	// What look finds.
	edited  []string // files
	changes []string // fix and rollback files that have records
	ofDemo  bool
	ofScan  bool
}

// readEarlier finds out what is in a directory. Anything that is not of an audit is an
// error.
func readEarlier(dir string) (*earlier, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, outdir.WithoutNames(err)
	}
	e := &earlier{}
	if e.sums, err = readSums(dir); err != nil {
		return nil, fmt.Errorf("%s in it cannot be read: %w", sumsFile, outdir.WithoutNames(err))
	}
	for _, entry := range entries {
		name := entry.Name()
		file, isJournal := strings.CutSuffix(name, ".journal") // as apply names it
		_, listed := e.sums[name]
		_, applied := e.sums[file+".ldif"]
		switch {
		case slices.Contains(litter, name):
		case name != sumsFile && !(listed && ours(name)) && !(isJournal && applied):
			return nil, fmt.Errorf("holds %s, which does not belong to an audit", name)
		case !entry.Type().IsRegular():
			return nil, fmt.Errorf("holds %s, which is %w", name, osfile.ErrNotRegular)
		case listed:
			e.files = append(e.files, name)
		case isJournal:
			e.journals = append(e.journals, name)
		}
	}
	return e, nil
}

// look reads the files.
func (e *earlier) look(dir string) error {
	for _, name := range e.files {
		f, err := osfile.OpenRegular(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s in it cannot be read: %w", name, outdir.WithoutNames(err))
		}
		sum, err := summed(io.Discard, func(w io.Writer) error {
			in := bufio.NewReader(io.TeeReader(f, w))
			if name == scanFile {
				e.ofDemo, e.ofScan = ofDemo(in), ofScan(in)
			} else if filepath.Ext(name) == ".ldif" && hasRecords(in) {
				e.changes = append(e.changes, name)
			}
			_, err := io.Copy(io.Discard, in)
			return err
		})
		f.Close()
		if err != nil {
			return fmt.Errorf("%s in it cannot be read: %w", name, outdir.WithoutNames(err))
		}
		if sum.String() != e.sums[name] {
			e.edited = append(e.edited, name)
		}
	}
	return nil
}

// untouched tells whether all is as it was written.
func (e *earlier) untouched() bool { return len(e.journals)+len(e.edited) == 0 }

// problem says why the audit may not be deleted, "" if it may.
func (e *earlier) problem(may Replaceable) string {
	decided := slices.Contains(e.edited, workbookFile)
	edited := slices.DeleteFunc(slices.Clone(e.edited), func(name string) bool { return name == workbookFile })
	var parts []string
	if len(e.journals) > 0 {
		parts = append(parts, "a journal of apply ("+e.journals[0]+")")
	}
	if decided {
		parts = append(parts, "decisions ("+workbookFile+" was saved after the scan)")
	}
	if len(edited) > 0 {
		parts = append(parts, "edits ("+edited[0]+" was changed since)")
	}
	if len(e.changes) > 0 && may != Untouched {
		parts = append(parts, "changes ("+e.changes[0]+")")
	}
	if len(parts) == 0 && may == Untouched {
		return e.unlikeScan()
	}
	if len(parts) == 0 {
		return ""
	}
	return "holds an earlier audit with " + strings.Join(parts, ", ")
}

// unlikeScan says why the audit is not a whole one of a scan, "" if it is.
func (e *earlier) unlikeScan() string {
	if !e.ofScan {
		return "holds no audit of a scan"
	}
	for _, name := range slices.Sorted(maps.Keys(e.sums)) {
		if !slices.Contains(e.files, name) {
			return "lacks " + name + ", which " + sumsFile + " lists"
		}
	}
	return ""
}

// hasRecords tells whether an LDIF file has more than comments.
func hasRecords(in *bufio.Reader) bool {
	for {
		line, err := in.ReadSlice('\n')
		text := bytes.TrimSpace(line)
		if len(text) > 0 && text[0] != '#' && string(text) != "version: 1" {
			return true
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n') // the rest of the comment
		}
		if err != nil {
			return false
		}
	}
}

// ofDemo tells whether a scan.json is of the demo. Its head is at its beginning, and
// no value of a directory can have quotes in it that are not escaped.
func ofDemo(in *bufio.Reader) bool {
	head, _ := in.Peek(1024)
	return bytes.Contains(head, []byte(`"command": "`+DemoCommand+`",`))
}

// ofScan tells whether a scan.json is of a scan, and not of an event.
func ofScan(in *bufio.Reader) bool {
	const head = "{\n  \"kind\": \"scan\",\n"
	found, _ := in.Peek(len(head))
	return string(found) == head
}
