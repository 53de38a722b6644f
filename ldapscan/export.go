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
	survey    *Survey           // of the last reading of all of it
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
	left := make(map[conflicts.Ref]bool, len(refs)) // whether it was not found yet
	hashes, names := make([]uint64, 0, len(refs)), map[string]bool{}
	named := false
	for _, ref := range refs {
		left[ref] = true
		hashes = append(hashes, x.places.hash(ref.GUID, []byte(ref.DN)))
		named = named || ref.DN != ""
		if ref.DN != "" && x.places.guids {
			names[ref.DN] = true // of records that are known by their objectGUID
		}
	}
	every := func(*group) bool { return true }
	remaining := len(left)
	err := x.objects(ctx, hashes, names, every, func(o *conflicts.Object) {
		wanted := false
		is := func(ref conflicts.Ref) {
			missing, asked := left[ref]
			if missing {
				left[ref] = false
				remaining--
			}
			wanted = wanted || asked
		}
		is(o.Ref())
		if named && o.GUID != (conflicts.GUID{}) {
			is(conflicts.NameRef(o.DN)) // several rows of a table can have one name
		}
		if wanted && !o.Deleted {
			found(o)
		}
	})
	if remaining == 0 && errors.As(err, new(*ldif.ParseError)) {
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
		err := x.objects(ctx, slices.Collect(maps.Keys(total.wanted)), nil, wanted, found)
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
func (x *Export) objects(ctx context.Context, hashes []uint64, names map[string]bool, wanted func(*group) bool, found func(*conflicts.Object)) error {
	known := controllers{}
	objects := make([]*conflicts.Object, 0, len(hashes))
	read := newRecordAttributes()
	err := x.gather(ctx, hashes, names, known, func(g *group) {
		if wanted(g) {
			u := unite(g.records)
			objects = append(objects, x.object(u.DN, read.of(u.Record)))
		}
	})
	slices.SortFunc(objects, func(a, b *conflicts.Object) int {
		return cmp.Or(cmp.Compare(a.DN, b.DN), bytes.Compare(a.GUID[:], b.GUID[:]))
	})
	named := make(map[conflicts.GUID]int32, len(objects))
	for i, o := range objects {
		if other, ok := named[o.GUID]; ok && err == nil {
			err = fmt.Errorf("%s: %s and %s have one objectGUID: export again, everything at the same time", x.name, objects[other].DN, o.DN)
		}
		if o.GUID != (conflicts.GUID{}) {
			named[o.GUID] = int32(i)
		}
		known.name(&o.Written)
		found(o)
	}
	return err
}

// gatheredAtOnce bounds the memory for the records of objects that have several.
const gatheredAtOnce = 4096

// gather hands over the records of each object that has one of the hashes or names, valid until
// the next is handed over, and notes domain controllers.
func (x *Export) gather(ctx context.Context, hashes []uint64, names map[string]bool, known controllers, each func(*group)) error {
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	var err error
	if x.places.unknown || len(names) > 0 {
		err = x.gatherEvery(ctx, hashes, names, known, each)
	} else {
		err = x.gatherThere(ctx, hashes, known, each)
	}
	if err != nil {
		return err
	}
	if info, err := x.file.Stat(); err != nil || info.Size() != x.data.Size() || !info.ModTime().Equal(x.modified) {
		return x.changed()
	}
	return nil
}

// gatherEvery reads the whole file for it.
func (x *Export) gatherEvery(ctx context.Context, hashes []uint64, names map[string]bool, known controllers, each func(*group)) error {
	if len(hashes) == 0 {
		return nil
	}
	var w viewer
	groups := map[conflicts.Ref]*group{}
	err := x.readBlock(ctx, newExportReader(), 0, x.data.Size(), func(r *ldif.Reader, v *ldif.View) error {
		w.record(v)
		controller := isController(v.DN)
		wanted := among(hashes, x.places.hash(w.view.GUID, v.DN)) || len(names) > 0 && names[conflicts.DNKey(string(v.DN))]
		if !controller && !wanted {
			return nil
		}
		ref := x.places.ref(&w.view)
		rec := r.Record()
		if controller {
			known.add(rec.DN, attributesOf(rec))
		}
		if wanted {
			addTo(groups, ref, rec)
		}
		return nil
	})
	for _, g := range groups {
		each(g)
	}
	return err
}

// gatherThere reads the records at their places. Most objects have one record, which need not be
// kept.
func (x *Export) gatherThere(ctx context.Context, hashes []uint64, known controllers, each func(*group)) error {
	var w viewer
	alone, several := x.places.alone(hashes)
	only := &group{records: make([]*ldif.Record, 1), times: []int{1}}
	err := x.recordsAt(ctx, alone, func(rec *ldif.Record) {
		w.again(rec)
		if isController(w.view.DN) {
			known.add(rec.DN, attributesOf(rec.Clone()))
		}
		if hash := x.places.hash(w.view.GUID, w.view.DN); among(hashes, hash) && !among(several, hash) {
			only.records[0] = rec
			each(only)
		}
	})
	if err != nil {
		return err
	}
	for window := range slices.Chunk(several, gatheredAtOnce) {
		groups := map[conflicts.Ref]*group{}
		err := x.recordsAt(ctx, x.places.of(window), func(rec *ldif.Record) {
			w.again(rec)
			if among(window, x.places.hash(w.view.GUID, w.view.DN)) {
				addTo(groups, x.places.ref(&w.view), rec.Clone())
			}
		})
		if err != nil {
			return err
		}
		for _, g := range groups {
			each(g)
		}
	}
	return nil
}

func among(sorted []uint64, hash uint64) bool {
	_, found := slices.BinarySearch(sorted, hash)
	return found
}

func addTo(groups map[conflicts.Ref]*group, ref conflicts.Ref, rec *ldif.Record) {
	if groups[ref] == nil {
		groups[ref] = &group{}
	}
	groups[ref].add(rec)
}

func (x *Export) changed() error { return fmt.Errorf("%s: it changed while it was read", x.name) }

// recordsAt hands over the records at some offsets in order, each valid until the next.
func (x *Export) recordsAt(ctx context.Context, offsets []int64, each func(*ldif.Record)) error {
	r := newExportReader()
	start, next := int64(0), int64(-1)
	for n, at := range offsets {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if at != next {
			r.Reset(&sips{io.NewSectionReader(x.data, at, x.data.Size()-at), smallSip})
			start = at
		}
		rec, err := r.Next()
		if err != nil {
			return x.changed()
		}
		each(rec)
		next = start + r.Offset()
	}
	return nil
}

// sips reads little at once, for a single record, and more when others follow it.
type sips struct {
	src  io.Reader
	size int
}

const (
	smallSip = 4 << 10
	largeSip = 64 << 10
)

func (s *sips) Read(p []byte) (int, error) {
	n, err := s.src.Read(p[:min(len(p), s.size)])
	s.size = min(2*s.size, largeSip)
	return n, err
}

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
