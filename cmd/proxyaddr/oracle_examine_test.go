package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// An examination runs the program on a directory, with files in dir.
type examination struct {
	dir    string
	seed   uint64
	source []string // flags that name the directory
	parts  bool     // whether to export objects in several records as well
	// accepts tells for which domains it is certain that addresses are proposed in them.
	accepts func(directory, string) bool
	*rand.Rand
}

func newExamination(dir string, seed uint64) *examination {
	e := &examination{dir: dir, seed: seed, accepts: directory.accepts}
	e.source = []string{"--input", e.path("export.ldif")}
	return e
}

func (e *examination) path(name string) string { return filepath.Join(e.dir, name) }

// run runs the program. Its exit code must be one of those that are expected.
func (e *examination) run(expected []int, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	if code := run(args, strings.NewReader(""), &stdout, &stderr); !slices.Contains(expected, code) {
		return nil, fmt.Errorf("exit %d of %s: %s", code, args[0], stderr.String())
	}
	return stdout.Bytes(), nil
}

func (e *examination) write(text string) error {
	return os.WriteFile(e.path("export.ldif"), []byte(text), 0o600)
}

// scan scans the export of a directory, and compares.
func (e *examination) scan(d directory, args ...string) (*judgment, map[string]ruling, error) {
	code := exitClean
	if len(d.judge()) > 0 {
		code = exitConflicts
	}
	document, err := e.run([]int{code}, slices.Concat([]string{"scan", "--format", "json"}, e.source, args)...)
	if err != nil {
		return nil, nil, err
	}
	r, err := newJudgment(document)
	if err != nil {
		return nil, nil, err
	}
	rulings, err := r.compare(d)
	if err == nil {
		err = r.proposed(d, rulings)
	}
	return r, rulings, err
}

// publish scans with -o, moves what comes out to a directory of that name, and returns
// the files by their names.
func (e *examination) publish(d directory, name string) (*judgment, map[string]ruling, map[string]string, error) {
	said, rulings, err := e.scan(d, "-o", e.path("audit"))
	if err == nil {
		err = os.Rename(e.path("audit"), e.path(name))
	}
	files := map[string]string{}
	paths, _ := filepath.Glob(e.path(name + "/*"))
	for _, path := range paths {
		b, failed := os.ReadFile(path)
		files[filepath.Base(path)], err = string(b), errors.Join(err, failed)
	}
	return said, rulings, files, err
}

// examine holds the program to all that TestOracle says.
func (e *examination) examine(d directory) error {
	e.Rand = rand.New(rand.NewPCG(e.seed, 1))
	for _, name := range []string{"audit", "first", "second"} {
		if err := os.RemoveAll(e.path(name)); err != nil {
			return err
		}
	}
	form := pick(&maker{Rand: e.Rand}, forms)
	if err := e.write(d.export(form, e.Rand)); err != nil {
		return err
	}
	said, rulings, files, err := e.publish(d, "first")
	if err != nil {
		return err
	}
	if err := e.check(d); err != nil {
		return err
	}
	if err := e.otherwise(d, form, said, files); err != nil {
		return err
	}
	return e.change(d, rulings, files)
}

// check asks whether an address is free that somebody has, as Active Directory compares
// it, and what is proposed first in its place. What is no address is refused.
func (e *examination) check(d directory) error {
	all := d.holdings()
	local, domain, _ := parts(all[e.IntN(len(all))].loose)
	for _, address := range []string{local + "@" + domain, local + "2@" + domain} {
		code := exitClean
		if d.taken(newHolding(&object{}, "mail", address)) != nil {
			code = exitConflicts
		}
		if _, err := e.run([]int{code, exitUsage}, append([]string{"check", "smtp:" + address}, e.source...)...); err != nil {
			return fmt.Errorf("%w\naddress: %q", err, address)
		}
	}
	return nil
}

// otherwise scans other exports of the same directory.
func (e *examination) otherwise(d directory, form string, said *judgment, files map[string]string) error {
	if e.IntN(4) == 0 { // most of the time goes into the workbook
		if err := e.again(d, form, files); err != nil {
			return err
		}
	}
	for _, form := range forms {
		exported, fields := d, []string{"conflicts", "changes", "findings", "counts"}
		if e.parts {
			exported, fields = d.inParts(e.Rand), fields[:3]
		}
		if err := e.write(exported.export(form, e.Rand)); err != nil {
			return err
		}
		other, _, err := e.scan(d)
		if err != nil {
			return fmt.Errorf("%w\nas %s", err, form)
		}
		for _, field := range fields {
			if !bytes.Equal(said.fields[field], other.fields[field]) {
				return fmt.Errorf("other %s: as %s (-first +other)\n%s", field, form, cmp.Diff(string(said.fields[field]), string(other.fields[field])))
			}
		}
	}
	return nil
}

// again holds a scan to the bytes of the files of another.
func (e *examination) again(d directory, form string, files map[string]string) error {
	if err := e.write(d.export(form, e.Rand)); err != nil {
		return err
	}
	_, _, again, err := e.publish(d, "second")
	if diff := cmp.Diff(files, again); err == nil && diff != "" {
		return fmt.Errorf("other bytes: (-first +second)\n%s", diff)
	}
	return err
}

// change makes the changes and takes them back.
func (e *examination) change(before directory, rulings map[string]ruling, files map[string]string) error {
	fixes, rollbacks := records(files, "fix-"), records(files, "rollback-")
	after, err := before.applyAll(fixes)
	if err != nil {
		return fmt.Errorf("fix: %w", err)
	}
	if err := e.verify(before, fixes, "ready"); err != nil {
		return err
	}
	if err := e.verify(after, fixes, "applied"); err != nil {
		return err
	}
	if err := e.verify(after, rollbacks, "ready"); err != nil {
		return err
	}
	if err := e.resolved(before, after, rulings); err != nil {
		return err
	}
	_, left, err := e.scan(after) // the export of the last verify
	if err != nil {
		return fmt.Errorf("%w\nafter the fix", err)
	}
	for loose, r := range left {
		if r.ID != rulings[loose].ID {
			return fmt.Errorf("other ID: %s, then %s\n%s\n%s", rulings[loose].ID, r.ID, rulings[loose].clash.lines(), r.clash.lines())
		}
	}
	back, err := after.applyAll(rollbacks)
	if err != nil {
		return fmt.Errorf("rollback: %w", err)
	}
	if back.String() != before.String() {
		return fmt.Errorf("rollback leaves\n%s", back)
	}
	return nil
}

// records returns the files with a prefix that change something.
func records(files map[string]string, prefix string) map[string]string {
	list := map[string]string{}
	for name, text := range files {
		if strings.HasPrefix(name, prefix) && strings.Contains(text, "changetype: modify") {
			list[name] = text
		}
	}
	return list
}

func (d directory) applyAll(files map[string]string) (directory, error) {
	for _, text := range files {
		var err error
		if d, err = d.apply(text); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// verify compares files with a directory; all records are to be in one state.
func (e *examination) verify(d directory, files map[string]string, state string) error {
	if err := e.write(d.export(pick(&maker{Rand: e.Rand}, forms), e.Rand)); err != nil || len(files) == 0 {
		return err
	}
	args := append([]string{"verify", "--format", "json"}, e.source...)
	for name := range files {
		args = append(args, e.path("first/"+name))
	}
	document, err := e.run([]int{exitClean, exitStale}, args...)
	if err != nil {
		return err
	}
	var verified struct {
		Records []struct {
			DN, State string
			Reasons   []string
		}
	}
	if err := json.Unmarshal(document, &verified); err != nil {
		return err
	}
	for _, r := range verified.Records {
		if r.State != state {
			return fmt.Errorf("verify: %s is %s, not %s: %q", r.DN, r.State, state, r.Reasons)
		}
	}
	return nil
}

// resolved tells whether the changes ended what they can, and no more, and what the
// program says they do.
func (e *examination) resolved(before, after directory, rulings map[string]ruling) error {
	for i, o := range before {
		if was, is := o.primaries(), after[i].primaries(); is != was {
			return fmt.Errorf("primaries: %s has %d, and had %d", o.dn, is, was)
		}
	}
	left := map[string]clash{}
	for _, c := range after.judge() {
		left[c.loose] = c
		r, known := rulings[c.loose]
		if !known {
			return fmt.Errorf("new conflict: %s %s\n%s", c.class, c.loose, c.lines())
		}
		for _, name := range c.owners() {
			if !slices.Contains(r.owners(), name) {
				return fmt.Errorf("new owner: %s of %s", name, c.loose)
			}
		}
	}
	for loose, r := range rulings {
		if r.class != "duplicate" && r.class != "collation" {
			continue
		}
		c, remains := left[loose]
		if remains == (r.Unresolved == "") {
			return fmt.Errorf("ended is %v: %s %s\n%s\nunresolved: %s", !remains, r.class, loose, r.clash.lines(), r.Unresolved)
		}
		for _, h := range c.claims {
			if h.proxy() && h.dn != r.Owners[0].DN && e.changes(before, r.clash, h.dn) {
				return fmt.Errorf("no proposal: %s for %s\nunresolved: %s", loose, h.dn, r.Unresolved)
			}
		}
	}
	return nil
}

// changes tells whether it is certain that an owner can be given other addresses.
func (e *examination) changes(d directory, c clash, dn string) bool {
	for _, h := range c.claims {
		if h.dn != dn || !h.proxy() {
			continue
		}
		local, domain, ok := parts(h.strict)
		odd := func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".'", r)
		}
		if h.fixed() || !ok || strings.Trim(local, ".") == "" || strings.ContainsFunc(local, odd) || !utf8.ValidString(local) {
			return false
		}
		if strings.HasPrefix(domain, ".") || strings.Contains(domain, "..") || domain == "" || !e.accepts(d, domain) {
			return false
		}
	}
	return true
}
