package ldapscan

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
	"proxyaddr/ldapscan/table"
)

// An Export is an LDIF file of content records, as ldifde -f and ldapsearch write
// them, or a table of recipients in CSV or JSON. It is a [Source]. An LDIF file is read more
// than once and must not change meanwhile; of a table, a copy as LDIF is made.
//
// An object can have several records, which are united. Records belong to one object if
// they have one objectGUID or, where records with addresses lack it, one name.
//
// The file does not show what the export left out because of missing rights or its
// filter. It shows that it is cut off if ldapsearch without -L wrote it, and in few other
// cases, such as a last line without a line end.
type Export struct {
	name      string
	file      *os.File
	modified  time.Time
	data      *io.SectionReader // all of the file
	block     int64             // how many bytes of it a goroutine reads at once
	places    *places           // where the records are, once all of it was read
	forests   forestIndex
	table     *table.Summary    // what the table showed of which the file is a copy; nil for LDIF
	elsewhere func(string) bool // whether another export has a partition, by its DNKey; nil for one export alone
}

var _ Source = (*Export)(nil)

// OpenExport opens a file, or spools a source that is not a file. The caller closes it.
func OpenExport(ctx context.Context, path string) (*Export, error) {
	return openExport(ctx, path, table.Options{})
}

func openExport(ctx context.Context, path string, opt table.Options) (*Export, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &Error{Subject: path, Problem: systemError(err), Err: err, Advice: "name an LDIF file, a table in CSV or JSON, or - for standard input"}
	}
	if !info.Mode().IsRegular() {
		return spoolExport(ctx, path, &lateFile{path: path}, opt)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{Subject: path, Problem: systemError(err), Err: err}
	}
	return newExport(path, f, info).orTable(ctx, opt)
}

func newExport(name string, f *os.File, info os.FileInfo) *Export {
	return &Export{name: name, file: f, modified: info.ModTime(), data: io.NewSectionReader(f, 0, info.Size()), block: blockSize}
}

// Close closes the file. A copy is then gone.
func (x *Export) Close() error { return x.file.Close() }

// exportIdentity stands for the unknown forest of an export.
const exportIdentity = "export"

// Describe names the file.
func (x *Export) Describe(s *conflicts.Scope) {
	s.Source = append(s.Source, x.name)
	s.Forests = append(s.Forests, exportIdentity)
}

// Sweep reads the file to its end, with several goroutines. A file that does not begin as
// LDIF or holds changes instead of content is an error. The survey is incomplete if the
// file is damaged further on, or shows that it is cut off or that a server referred to
// others.
func (x *Export) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	_, survey, err := x.look(ctx, sink, nil)
	return survey, err
}

// Inspect reads the records of the objects that refs name again, and hands the objects
// over. The domain controllers that wrote their addresses can be anywhere in the file.
func (x *Export) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	if x.places == nil {
		if _, _, err := x.look(ctx, nowhere{}, nil); err != nil {
			return err
		}
	}
	asked, left := map[conflicts.Ref]bool{}, map[conflicts.Ref]bool{}
	hashes, names := map[uint64]bool{}, map[string]bool{}
	for _, ref := range refs {
		asked[ref], left[ref] = true, true
		hashes[x.places.hash(ref.GUID, []byte(ref.DN))] = true
		if ref.DN != "" && x.places.guids {
			names[ref.DN] = true // of records that are known by their objectGUID
		}
	}
	every := func(*group) bool { return true }
	err := x.objects(ctx, hashes, names, every, func(o *conflicts.Object) {
		wanted := false
		for _, ref := range []conflicts.Ref{o.Ref(), conflicts.NameRef(o.DN)} {
			wanted = wanted || asked[ref] // several rows of a table can have one name
			delete(left, ref)
		}
		if wanted && !o.Deleted {
			found(o)
		}
	})
	if len(left) == 0 && errors.As(err, new(*ldif.ParseError)) {
		return nil // the sweep has reported that nothing behind it was read
	}
	return err
}

// find hands over the objects of which want accepts a record. They are all such objects
// only if the error is nil. An [*Error] means that there is nothing to read.
func (x *Export) find(ctx context.Context, want func(*conflicts.View) bool, found func(*conflicts.Object)) error {
	total, survey, err := x.look(ctx, nowhere{}, want)
	if err != nil {
		return err
	}
	var failed []string
	if len(total.wanted) > 0 {
		var w viewer
		wanted := func(g *group) bool {
			return slices.ContainsFunc(g.records, func(r *ldif.Record) bool { w.again(r); return want(&w.view) })
		}
		err := x.objects(ctx, total.wanted, nil, wanted, found)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !errors.As(err, new(*ldif.ParseError)) {
			failed = append(failed, err.Error())
		}
	}
	return survey.incomplete(failed...)
}

// objects hands over the wanted objects whose records have one of the hashes, which
// others can have by chance, or one of the names by DNKey.
func (x *Export) objects(ctx context.Context, hashes map[uint64]bool, names map[string]bool, wanted func(*group) bool, found func(*conflicts.Object)) error {
	known := controllers{}
	var objects []*conflicts.Object
	err := x.gather(ctx, slices.Sorted(maps.Keys(hashes)), names, known, func(g *group) {
		if wanted(g) {
			objects = append(objects, x.object(unite(g.records)))
		}
	})
	slices.SortFunc(objects, func(a, b *conflicts.Object) int {
		return cmp.Or(cmp.Compare(a.DN, b.DN), bytes.Compare(a.GUID[:], b.GUID[:]))
	})
	named := map[conflicts.GUID]string{}
	for _, o := range objects {
		if other, ok := named[o.GUID]; ok && err == nil {
			err = fmt.Errorf("%s: %s and %s have one objectGUID: export again, everything at the same time", x.name, other, o.DN)
		}
		if o.GUID != (conflicts.GUID{}) {
			named[o.GUID] = o.DN
		}
		known.name(&o.Written)
		found(o)
	}
	return err
}

// gatheredAtOnce bounds the memory for the records of objects.
const gatheredAtOnce = 4096

// gather hands over the records of each object that has one of the hashes or names, and
// notes domain controllers.
func (x *Export) gather(ctx context.Context, hashes []uint64, names map[string]bool, known controllers, each func(*group)) error {
	size := gatheredAtOnce
	if x.places.unknown || len(names) > 0 {
		size = len(hashes) // all in one reading of the file
	}
	for len(hashes) > 0 {
		window := map[uint64]bool{}
		for _, h := range hashes[:min(size, len(hashes))] {
			window[h] = true
		}
		hashes = hashes[min(size, len(hashes)):]
		if err := x.gatherOnce(ctx, window, names, known, each); err != nil {
			return err
		}
	}
	if info, err := x.file.Stat(); err != nil || info.Size() != x.data.Size() || !info.ModTime().Equal(x.modified) {
		return x.changed()
	}
	return nil
}

func (x *Export) gatherOnce(ctx context.Context, hashes map[uint64]bool, names map[string]bool, known controllers, each func(*group)) error {
	var w viewer
	groups := map[conflicts.Ref]*group{}
	err := x.records(ctx, hashes, len(names) > 0, func(r *ldif.Reader, v *ldif.View) error {
		w.record(v)
		controller := isController(v.DN)
		wanted := hashes[x.places.hash(w.view.GUID, v.DN)] || len(names) > 0 && names[conflicts.DNKey(string(v.DN))]
		if !controller && !wanted {
			return nil
		}
		ref := x.places.ref(&w.view)
		rec := r.Record()
		if controller {
			known.add(rec.DN, attributesOf(rec))
		}
		if wanted {
			if groups[ref] == nil {
				groups[ref] = &group{}
			}
			groups[ref].add(rec)
		}
		return nil
	})
	for _, g := range groups {
		each(g)
	}
	return err
}

func (x *Export) changed() error { return fmt.Errorf("%s: it changed while it was read", x.name) }

// records hands over the records with one of the hashes and those of domain controllers;
// or every record, if that is asked for or some places are unknown.
func (x *Export) records(ctx context.Context, hashes map[uint64]bool, every bool, each func(*ldif.Reader, *ldif.View) error) error {
	offsets, known := x.places.of(hashes)
	if every || !known {
		return x.readBlock(ctx, newExportReader(), 0, x.data.Size(), each)
	}
	r := newExportReader()
	for n, at := range offsets {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r.Reset(sips{io.NewSectionReader(x.data, at, x.data.Size()-at)})
		v, err := r.View()
		if err != nil {
			return x.changed()
		}
		if err := each(r, v); err != nil {
			return err
		}
	}
	return nil
}

// sips reads little at once, for single records.
type sips struct{ src io.Reader }

func (s sips) Read(p []byte) (int, error) { return s.src.Read(p[:min(len(p), 4<<10)]) }

// newExportReader returns a reader whose views have the attributes of a sweep.
func newExportReader() *ldif.Reader {
	r := ldif.NewReader(nil)
	r.Select = func(name string) bool { return named(new(viewer), name) != noField }
	return r
}

// readBlock hands over every record of a part of the file, each valid until the next.
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
				Advice: "export with ldifde -f export.ldif, or ldapsearch"}
		}
		if err := each(r, v); err != nil {
			return err
		}
	}
}

// unreadable is the error for a file that could not be read at all; damage may be nil.
func (x *Export) unreadable(damage error) error {
	e := &Error{Subject: x.name, Problem: "no objects in it", Advice: "check whether the export failed"}
	if damage != nil && !errors.As(damage, &e) {
		e.Problem = strings.TrimPrefix(damage.Error(), x.name+": ")
		e.Advice = "it must be LDIF as ldifde -f or ldapsearch write it, or a table in CSV or JSON"
		if errors.Is(damage, ldif.ErrCutOff) {
			e.Advice = completeIt
		}
	}
	return e
}

// systemError returns what the operating system said, without the operation and the
// path.
func systemError(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
