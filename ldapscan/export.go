package ldapscan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
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
	name      string
	file      *os.File
	temporary string            // path of the file, if Close is to delete it
	data      *io.SectionReader // all of the file
	block     int64             // how many octets of it a goroutine takes on at once
	places    *places           // where the records stand, after a sweep of all of it
}

var _ Source = (*Export)(nil)

// OpenExport opens a file, or spools what is none. The caller closes it.
func OpenExport(ctx context.Context, path string) (*Export, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &Error{Subject: path, Problem: cause(err), Err: err}
	}
	if !info.Mode().IsRegular() {
		return SpoolExport(ctx, path, &lateFile{path: path})
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{Subject: path, Problem: cause(err), Err: err}
	}
	return newExport(path, f, info.Size()), nil
}

func newExport(name string, f *os.File, size int64) *Export {
	return &Export{name: name, file: f, data: io.NewSectionReader(f, 0, size), block: blockSize}
}

// Close closes the file, and deletes it if it is a copy.
func (x *Export) Close() error {
	err := x.file.Close()
	if x.temporary != "" {
		err = errors.Join(err, os.Remove(x.temporary))
	}
	return err
}

// Describe names the file.
func (x *Export) Describe(s *conflicts.Scope) { s.Source = append(s.Source, x.name) }

// Sweep reads the file to its end, with several goroutines. A file that does not
// begin as LDIF or holds changes instead of content is an error; damage further on
// makes the survey incomplete.
func (x *Export) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	parts, damage := x.sweep(ctx, sink, min(runtime.GOMAXPROCS(0), maxReaders), x.block)
	if damage != nil && ctx.Err() == nil {
		// It is for one goroutine to tell the line, and to stop there.
		drop(parts)
		parts, damage = x.sweep(ctx, sink, 1, x.data.Size())
	}
	total := parts[0]
	for _, p := range parts[1:] {
		total.add(p)
	}
	if total.records == 0 {
		damage = x.unreadable(damage)
	}
	if ctx.Err() != nil || errors.As(damage, new(*Error)) {
		drop(parts)
		return nil, cmp.Or(ctx.Err(), damage)
	}
	for _, p := range parts {
		p.portion.Keep()
	}
	survey := &Survey{Notes: []string{x.name + ": an export; what it leaves out cannot be seen"}, Coverage: total.rows.list()}
	if !slices.ContainsFunc(survey.Coverage, func(c conflicts.Coverage) bool { return c.Values > 0 }) {
		survey.Problems = append(survey.Problems, x.name+": not one proxy address was seen: the export left them out")
	}
	survey.AcceptedDomains = inOrder(total.domains)
	if damage == nil {
		x.places = total.places
	} else {
		survey.Coverage = append(survey.Coverage, conflicts.Coverage{Partition: x.name,
			Problem: fmt.Sprintf("%v: nothing behind that line was read", damage)})
	}
	return survey, nil
}

// Inspect reads the file again and hands over the objects that refs name, the
// first where one is there more than once. The domain controllers that wrote their
// addresses can stand behind them. After a sweep it is known where to look.
func (x *Export) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	wanted := make(map[conflicts.Ref]bool, len(refs))
	named := map[string]conflicts.Ref{}            // by DNKey
	alike := map[conflicts.Ref]*conflicts.Object{} // that have the name, but not as it is written, or a GUID
	for _, ref := range refs {
		wanted[ref] = true
		if ref.DN != "" {
			named[conflicts.DNKey(ref.DN)] = ref
		}
	}
	var w viewer
	var objects []*conflicts.Object
	known, unnamed := controllers{}, map[conflicts.GUID]bool{}
	each := func(r *ldif.Reader, v *ldif.View) error {
		if len(wanted) == 0 && len(unnamed) == 0 {
			return io.EOF
		}
		w.record(v)
		ref := w.view.Ref()
		switch {
		case wanted[ref] && !w.deleted:
			delete(wanted, ref)
			o := objectOf(r.Record())
			objects = append(objects, o)
			if id := o.Written.Invocation; o.Written.Known() && known[id] == (controller{}) {
				unnamed[id] = true
			}
		case isController(v.DN):
			rec := r.Record()
			delete(unnamed, known.add(rec.DN, attributesOf(rec)))
		case len(named) > 0 && !w.deleted:
			if ref, ok := named[conflicts.DNKey(string(v.DN))]; ok && alike[ref] == nil {
				alike[ref] = objectOf(r.Record())
			}
		}
		return nil
	}
	err := x.reread(ctx, refs, each)
	maps.DeleteFunc(named, func(_ string, ref conflicts.Ref) bool { return !wanted[ref] })
	if len(named) > 0 && err == nil && x.places != nil {
		err = x.read(ctx, each) // places are known by the name as it is written
	}
	for ref, o := range alike {
		if wanted[ref] {
			delete(wanted, ref)
			objects = append(objects, o)
		}
	}
	for _, o := range objects {
		known.name(&o.Written)
		found(o)
	}
	if len(wanted) == 0 {
		return nil
	}
	return err
}

// reread hands over the records of the objects that refs name, and of domain
// controllers, or, where the places of all are not known, every record.
func (x *Export) reread(ctx context.Context, refs []conflicts.Ref, each func(*ldif.Reader, *ldif.View) error) error {
	offsets, known := x.places.of(refs)
	if !known {
		return x.read(ctx, each)
	}
	r := newExportReader()
	for _, at := range offsets {
		r.Reset(sips{io.NewSectionReader(x.data, at, x.data.Size()-at)})
		v, err := r.View()
		if err != nil {
			return fmt.Errorf("%s: it changed while it was read", x.name)
		}
		if each(r, v) == io.EOF {
			break
		}
	}
	return ctx.Err()
}

func attributesOf(rec *ldif.Record) attributes {
	a := attributes{}
	for _, attr := range rec.Attributes {
		a.add(attr.Name, attr.Value)
	}
	return a
}

func objectOf(rec *ldif.Record) *conflicts.Object { return attributesOf(rec).object(rec.DN) }

// sips hands out little at once, for records that are read on their own.
type sips struct{ src io.Reader }

func (s sips) Read(p []byte) (int, error) { return s.src.Read(p[:min(len(p), 4<<10)]) }

// newExportReader returns a reader whose views have what a sweep looks at.
func newExportReader() *ldif.Reader {
	r := ldif.NewReader(nil)
	r.Select = func(name string) bool { return named(new(viewer), name) != noField }
	return r
}

// read hands over every record, each valid until the next. An io.EOF from each
// ends it.
func (x *Export) read(ctx context.Context, each func(*ldif.Reader, *ldif.View) error) error {
	return x.readBlock(ctx, newExportReader(), 0, x.data.Size(), each)
}

func (x *Export) readBlock(ctx context.Context, r *ldif.Reader, start, end int64, each func(*ldif.Reader, *ldif.View) error) error {
	r.Reset(io.NewSectionReader(x.data, start, end-start))
	for n := 0; ; n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		v, err := r.View()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		if v.Change != ldif.ChangeNone && v.Change != ldif.ChangeAdd { // ldifde writes every object as an add
			return &Error{Subject: x.name, Problem: fmt.Sprintf("line %d: a change, not the content of a directory", v.Line),
				Hint: "export with ldifde -f export.ldif, or ldapsearch -LLL"}
		}
		if err := each(r, v); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// unreadable is the error for a file of which nothing could be read; damage may
// be nil.
func (x *Export) unreadable(damage error) error {
	e := &Error{Subject: x.name, Problem: "no objects in it", Hint: "see whether the export failed"}
	if damage != nil && !errors.As(damage, &e) {
		e.Problem = strings.TrimPrefix(damage.Error(), x.name+": ")
		e.Hint = "it must be LDIF as ldifde -f or ldapsearch -LLL write it"
	}
	return e
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
