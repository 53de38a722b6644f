package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

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
	Path string
}

var _ Source = Export{}

// Describe names the file.
func (x Export) Describe(s *conflicts.Scope) { s.Source = append(s.Source, x.Path) }

// progressEvery is how many records count as a page.
const progressEvery = 1000

// Sweep reads the file to its end. A file that cannot be opened, does not begin
// as LDIF or holds changes instead of content is an error; damage further on
// makes the survey incomplete.
func (x Export) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	survey := &Survey{Notes: []string{x.Path + ": an export; what it leaves out cannot be seen"}}
	rows := &coverage{path: x.Path, partitions: map[string]*conflicts.Coverage{}, parents: map[string]*conflicts.Coverage{}}
	portion := sink.Portion()
	defer portion.Keep()
	var w viewer
	n := 0
	damage := x.read(ctx, func(rec *ldif.Record) error {
		if n++; n%progressEvery == 0 {
			portion.Page(0)
		}
		w.record(rec)
		for _, name := range w.domains {
			survey.AcceptedDomains = append(survey.AcceptedDomains, string(name))
		}
		switch c := rows.of(rec.DN); {
		case w.deleted:
			if len(w.view.ProxyAddresses) > 0 {
				c.Deleted++
				portion.Deleted(w.view.ProxyAddresses)
			}
		case w.hasAddress():
			c.Objects++
			c.Values += len(w.view.ProxyAddresses)
			portion.Entry(&w.view)
			if w.missing > 0 && c.Problem == "" {
				c.Problem = fmt.Sprintf("%s: %s: only part of the values of proxyAddresses was exported", x.Path, rec.DN)
			}
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for _, c := range rows.partitions {
		survey.Coverage = append(survey.Coverage, *c)
	}
	if !slices.ContainsFunc(survey.Coverage, func(c conflicts.Coverage) bool { return c.Values > 0 }) {
		survey.Problems = append(survey.Problems, x.Path+": not one proxy address was seen: the export left them out")
	}
	slices.SortFunc(survey.Coverage, func(a, b conflicts.Coverage) int { return strings.Compare(a.Partition, b.Partition) })
	survey.AcceptedDomains = inOrder(survey.AcceptedDomains)
	if damage == nil && n == 0 {
		return nil, &Error{Subject: x.Path, Problem: "no objects in it", Hint: "see whether the export failed"}
	}
	if damage != nil {
		var fatal *Error
		if errors.As(damage, &fatal) || n == 0 {
			return nil, damage
		}
		survey.Coverage = append(survey.Coverage, conflicts.Coverage{Partition: x.Path,
			Problem: fmt.Sprintf("%v: nothing behind that line was read", damage)})
	}
	return survey, nil
}

// Inspect reads the file again and hands over the objects that refs name. The
// domain controllers that wrote their addresses can stand behind them.
func (x Export) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	wanted := make(map[conflicts.Ref]bool, len(refs))
	for _, ref := range refs {
		if ref.GUID == (conflicts.GUID{}) {
			ref.DN = conflicts.DNKey(ref.DN)
		}
		wanted[ref] = true
	}
	named := slices.ContainsFunc(refs, func(ref conflicts.Ref) bool { return ref.DN != "" })
	var w viewer
	var objects []*conflicts.Object
	known, unnamed := controllers{}, map[conflicts.GUID]bool{}
	err := x.read(ctx, func(rec *ldif.Record) error {
		if len(wanted) == 0 && len(unnamed) == 0 {
			return io.EOF
		}
		w.record(rec)
		ref := w.view.Ref()
		if named && !wanted[ref] {
			ref = conflicts.Ref{DN: conflicts.DNKey(rec.DN)}
		}
		inspected := wanted[ref] && !w.deleted
		if !inspected && !strings.HasPrefix(rec.DN, "CN=NTDS Settings,") {
			return nil
		}
		a := attributesOf(rec)
		if !inspected {
			delete(unnamed, known.add(rec.DN, a))
			return nil
		}
		delete(wanted, ref)
		o := a.object(rec.DN)
		objects = append(objects, o)
		if id := o.Written.Invocation; o.Written.Known() && known[id] == (controller{}) {
			unnamed[id] = true
		}
		return nil
	})
	for _, o := range objects {
		known.name(&o.Written)
		found(o)
	}
	if len(wanted) == 0 {
		return nil
	}
	return err
}

func attributesOf(rec *ldif.Record) attributes {
	a := attributes{}
	for _, attr := range rec.Attributes {
		a.add(attr.Name, attr.Value)
	}
	return a
}

// read hands over every record, each valid until the next.
func (x Export) read(ctx context.Context, each func(*ldif.Record) error) error {
	f, err := os.Open(x.Path)
	if err != nil {
		return &Error{Subject: x.Path, Problem: cause(err), Err: err}
	}
	defer f.Close()
	r := ldif.NewReader(f)
	r.ReuseRecord = true
	for ctx.Err() == nil {
		rec, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", x.Path, err)
		}
		if rec.Change != ldif.ChangeNone && rec.Change != ldif.ChangeAdd { // ldifde writes every object as an add
			return &Error{Subject: x.Path, Problem: fmt.Sprintf("line %d: a change, not the content of a directory", rec.Line),
				Hint: "export with ldifde -f export.ldif, or ldapsearch -LLL"}
		}
		if err := each(rec); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// coverage counts what an export holds of each partition.
type coverage struct {
	path       string
	partitions map[string]*conflicts.Coverage // by the name in lower case
	parents    map[string]*conflicts.Coverage // by the name of a container
}

// maxParents bounds the memory for containers of objects.
const maxParents = 10_000

// of returns the row of the partition that holds an object, or of the whole file
// where its name does not tell. What stands in a container below the head of a
// partition lies in that partition, so that most names need not be taken apart.
func (c *coverage) of(dn string) *conflicts.Coverage {
	parent := strings.TrimLeft(parentOf(dn), " ")
	if row := c.parents[parent]; row != nil {
		return row
	}
	partition := conflicts.Partition(dn)
	below := len(parent) > len(partition)
	if partition == "" {
		partition = c.path
	}
	key := strings.ToLower(partition)
	row := c.partitions[key]
	if row == nil {
		row = &conflicts.Coverage{Partition: partition}
		c.partitions[key] = row
	}
	if below {
		if len(c.parents) == maxParents {
			clear(c.parents)
		}
		c.parents[strings.Clone(parent)] = row
	}
	return row
}

// parentOf returns what stands behind the first comma of a name that is not
// escaped.
func parentOf(dn string) string {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			return dn[i+1:]
		}
	}
	return ""
}

// cause returns what the operating system said, without the operation and the
// path.
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
