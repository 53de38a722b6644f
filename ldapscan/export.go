package ldapscan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// An Export is an LDIF file of content records, as ldifde -f and ldapsearch
// -LLL write them. It is a [Source]. The file is read twice and must not change
// meanwhile.
//
// What the export left out, for want of rights or by its filter, nobody can
// tell from the file.
type Export struct {
	name  string
	file  *os.File
	data  *io.SectionReader // all of file
	block int64             // how many octets of it a goroutine takes on at once
}

var _ Source = (*Export)(nil)

// OpenExport opens a file. The caller closes it.
func OpenExport(path string) (*Export, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{Subject: path, Problem: cause(err), Err: err}
	}
	return newExport(path, f)
}

func newExport(name string, f *os.File) (*Export, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &Export{name: name, file: f, data: io.NewSectionReader(f, 0, info.Size()), block: blockSize}, nil
}

// Close closes the file.
func (x *Export) Close() error { return x.file.Close() }

// Describe names the file.
func (x *Export) Describe(s *conflicts.Scope) { s.Source = append(s.Source, x.name) }

// Sweep reads the file to its end. A file that does not begin as LDIF or holds
// changes instead of content is an error; damage further on makes the survey
// incomplete.
func (x *Export) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	parts, damage := readExport(ctx, x, swept, func() *exportSweep {
		return &exportSweep{name: x.name, portion: sink.Portion(), rows: newCoverage(x.name)}
	})
	total := parts[0]
	for _, p := range parts[1:] {
		total.add(p)
	}
	if damage == nil && total.records == 0 {
		damage = &Error{Subject: x.name, Problem: "no objects in it", Hint: "see whether the export failed"}
	}
	if ctx.Err() != nil || total.records == 0 || errors.As(damage, new(*Error)) {
		for _, p := range parts {
			p.drop()
		}
		return nil, cmp.Or(ctx.Err(), damage)
	}
	for _, p := range parts {
		p.portion.Keep()
	}
	survey := &Survey{Notes: []string{x.name + ": an export; what it leaves out cannot be seen"}, Coverage: total.rows.list(), AcceptedDomains: total.domains}
	if !slices.ContainsFunc(survey.Coverage, func(c conflicts.Coverage) bool { return c.Values > 0 }) {
		survey.Problems = append(survey.Problems, x.name+": not one proxy address was seen: the export left them out")
	}
	slices.Sort(survey.AcceptedDomains)
	survey.AcceptedDomains = slices.Compact(survey.AcceptedDomains)
	if damage != nil {
		survey.Coverage = append(survey.Coverage, conflicts.Coverage{Partition: x.name,
			Problem: fmt.Sprintf("%v: nothing behind that line was read", damage)})
	}
	return survey, nil
}

// An exportSweep is what one goroutine finds.
type exportSweep struct {
	name    string
	portion Portion
	rows    *coverage
	domains []string
	records int
	w       viewer
}

// swept tells the attributes that a sweep looks at.
func swept(name string) bool { return new(viewer).field([]byte(name)) != noField }

func (s *exportSweep) take(_ int64, _ *ldif.Reader, v *ldif.View) {
	s.records++
	w := &s.w
	w.record(v)
	for _, name := range w.domains {
		s.domains = append(s.domains, string(name))
	}
	switch c := s.rows.of(v.DN); {
	case w.deleted:
		if len(w.view.ProxyAddresses) > 0 {
			c.Deleted++
			s.portion.Deleted(w.view.ProxyAddresses)
		}
	case w.hasAddress():
		c.Objects++
		c.Values += len(w.view.ProxyAddresses)
		s.portion.Entry(&w.view)
		if w.missing > 0 {
			least(&c.Problem, fmt.Sprintf("%s: %s: only part of the values of proxyAddresses was exported", s.name, v.DN))
		}
	}
}

func (s *exportSweep) page(octets int64) { s.portion.Page(int(octets)) }

func (s *exportSweep) drop() { s.portion.Drop() }

// add takes in what another goroutine found, but for its portion.
func (s *exportSweep) add(other *exportSweep) {
	s.records += other.records
	s.domains = append(s.domains, other.domains...)
	s.rows.add(other.rows)
}

// Inspect reads the file again and hands over the objects that refs name. Of
// those that are there more than once it takes the first.
func (x *Export) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	wanted := make(map[conflicts.Ref]bool, len(refs))
	for _, ref := range refs {
		wanted[ref] = true
	}
	parts, err := readExport(ctx, x, named, func() *exportInspection { return &exportInspection{wanted: wanted} })
	var all []located
	for _, p := range parts {
		all = append(all, p.found...)
	}
	slices.SortStableFunc(all, func(a, b located) int { return cmp.Compare(a.block, b.block) })
	for _, l := range all {
		if ref := l.object.Ref(); wanted[ref] {
			delete(wanted, ref)
			found(l.object)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return err
}

// An exportInspection is what one goroutine finds of the objects that are wanted.
type exportInspection struct {
	wanted map[conflicts.Ref]bool
	found  []located
	w      viewer
}

// A located object stands in the block of the file that begins there.
type located struct {
	object *conflicts.Object
	block  int64
}

// named tells the attributes that say which object a record is of.
func named(name string) bool {
	f := new(viewer).field([]byte(name))
	return f == guidField || f == deletedField
}

func (s *exportInspection) take(block int64, r *ldif.Reader, v *ldif.View) {
	s.w.record(v)
	if s.w.deleted || !s.wanted[s.w.view.Ref()] {
		return
	}
	rec := r.Record()
	a := attributes{}
	for _, attr := range rec.Attributes {
		a.add(attr.Name, attr.Value)
	}
	s.found = append(s.found, located{a.object(rec.DN), block})
}

func (s *exportInspection) page(int64) {}

func (s *exportInspection) drop() {}

// cause returns what the operating system said, without the operation and the
// path.
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
