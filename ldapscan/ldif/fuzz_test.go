package ldif

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Whatever the input, the Reader ends, with records no larger than the limit, and reads the
// same in any pieces.
func FuzzReader(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ldif")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, in := range []string{
		"dn: cn=a\r\na:: \r\n AAEC\r\n# c\r\n d\r\n\r\nsearch: 2\nresult: 0 Success\n",
		"\xff\xfed\x00n\x00:\x00\n\x00a\x00:\x00=\xd8\x00\xde\n\x00",
		"\xfe\xff\x00d\x00n\x00:\x00\n",
		"\xef\xbb\xbfversion: 1\ndn:\ncontrol: 1.2 true:: AA==\nchangetype: moddn\nnewrdn: a\ndeleteoldrdn: 0\nnewsuperior: b\n",
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		views(t, data, pieces{bytes.NewReader(data)})
		twice := slices.Concat(data, []byte("\n\n"), data) // all names are known the second time
		views(t, twice, bytes.NewReader(twice))
	})
}

// views holds what Read says of data to its limits, and what View says of src, which has the
// same data, to Read.
func views(t *testing.T, data []byte, src io.Reader) {
	const maxLine, maxRecord = 200, 1000
	read := func(r *Reader, next func() (*Record, error)) ([]*Record, error) {
		r.MaxLine, r.MaxRecord = maxLine, maxRecord
		var recs []*Record
		for {
			rec, err := next()
			if err == io.EOF {
				return recs, nil
			}
			if err != nil {
				return recs, err
			}
			recs = append(recs, rec)
			if len(recs) > len(data) {
				t.Fatal("more records than bytes")
			}
		}
	}
	whole := NewReader(bytes.NewReader(data))
	recs, err := read(whole, whole.Read)
	var parseErr *ParseError
	if err != nil && (!errors.As(err, &parseErr) || parseErr.Line < 1 || parseErr.Line > 1+bytes.Count(data, []byte("\n"))) {
		t.Errorf("error is %#v", err)
	}
	for _, rec := range recs {
		size := len(rec.DN)
		for _, a := range rec.Attributes {
			size += len(a.Value)
			if !validName(a.Name) {
				t.Errorf("attribute name %q", a.Name)
			}
		}
		if size > maxRecord {
			t.Errorf("record of %d bytes", size)
		}
	}
	// there holds the record at an offset to what was read before.
	there := func(how string, offset int64, want *Record) {
		r := NewReader(bytes.NewReader(data[offset:]))
		r.MaxLine, r.MaxRecord = maxLine, maxRecord
		at, err := r.Read()
		if diff := cmp.Diff(want, at, ignoreLine, ignoreComments); diff != "" || err != nil {
			t.Errorf("%sat offset %d: %v (-want +got):\n%s", how, offset, err, diff)
		}
	}
	r := NewReader(src)
	r.Select = func(name string) bool { return len(name)%2 == 0 }
	again, errAgain := read(r, func() (*Record, error) {
		v, err := r.View()
		if err != nil {
			return nil, err
		}
		offset := v.Offset
		seen := (&Record{Line: v.Line, DN: string(v.DN), Change: v.Change, Attributes: v.Attributes}).Clone()
		rec := r.Record()
		want := &Record{Line: rec.Line, DN: rec.DN, Change: rec.Change}
		for _, a := range rec.Attributes {
			if r.Select(a.Name) {
				want.Attributes = append(want.Attributes, a)
			}
		}
		if diff := cmp.Diff(want, seen, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("view (-want +got):\n%s", diff)
		}
		if offset >= 0 {
			there("", offset, rec)
		}
		return rec, nil
	})
	if diff := cmp.Diff(recs, again, ignoreComments); diff != "" {
		t.Errorf("by way of views (-read +viewed):\n%s", diff)
	}
	if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
		t.Errorf("read: %v, viewed: %v", err, errAgain)
	}
	r = NewReader(bytes.NewReader(data))
	inTurn, errInTurn := read(r, func() (*Record, error) {
		offset := r.Offset()
		rec, err := r.Next()
		if err != nil {
			return nil, err
		}
		rec = rec.Clone()
		if offset > 0 {
			there("behind the one before, ", offset, rec)
		}
		return rec, nil
	})
	if diff := cmp.Diff(recs, inTurn, ignoreComments); diff != "" {
		t.Errorf("one after the other (-read +next):\n%s", diff)
	}
	if (err == nil) != (errInTurn == nil) || err != nil && err.Error() != errInTurn.Error() {
		t.Errorf("read: %v, one after the other: %v", err, errInTurn)
	}
}

// Parts of an input that was cut hold what the whole does, up to the first error.
func FuzzCut(f *testing.F) {
	f.Add([]byte("# c\r\n\r\ndn: cn=a\r\na: b\r\n\r\n\r\ndn: cn=b\n\ndn: cn=c\n\n"), uint(3), uint(30))
	f.Add([]byte("dn: cn=a\n\n\xef\xbb\xbfdn: cn=b\n\n\xff\xfedn: cn=c\n"), uint(0), uint(12))
	f.Add([]byte("\xfe\xff\x00d\x00n\x00:\x00 \x0a\x0a\x0a\x0a\x64\x6e\x3a\x00\x00\n\x00\n"), uint(2), uint(2))
	f.Add([]byte("\xef\xbb\xbfdn: cn=a\n\ndn: cn=b\n b\n\n c\n\ndn: cn=d\n"), uint(10), uint(20))
	f.Fuzz(func(t *testing.T, data []byte, at1, at2 uint) {
		src := io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
		ends := []int64{0}
		for _, at := range []uint{min(at1, at2), max(at1, at2)} {
			end, err := Cut(src, int64(min(at, uint(len(data)))))
			if err != nil {
				t.Fatal(err)
			}
			ends = append(ends, end)
		}
		ends = append(ends, src.Size())
		want, wantErr := readAll(NewReader(src))
		var got []*Record
		var gotErr error
		for i, end := range ends[1:] {
			if end < ends[i] {
				t.Fatalf("cut at %v", ends)
			}
			part, err := readAll(NewReader(io.NewSectionReader(src, ends[i], end-ends[i])))
			got = append(got, part...)
			if gotErr = err; err != nil {
				break
			}
		}
		if diff := cmp.Diff(want, got, ignoreLine); diff != "" || (gotErr == nil) != (wantErr == nil) {
			t.Errorf("cut at %v: %v, not %v (-whole +parts):\n%s", ends, gotErr, wantErr, diff)
		}
	})
}

// pieces hands out few bytes at a time.
type pieces struct{ src io.Reader }

func (h pieces) Read(p []byte) (int, error) { return h.src.Read(p[:min(len(p), 7)]) }

// What the Writer accepts the Reader reads back as the same record, and it is 7-bit ASCII.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint8(0), "cn=a", "comment", "proxyAddresses;range=0-1499", []byte("smtp:a@b"), []byte{0}, "1.2", "", false)
	f.Add(uint8(1), "cn=ä", "a\ndn: b", "info", []byte(" x"), []byte("x "), "", "", true)
	f.Add(uint8(2), "", "", "", []byte(nil), []byte(nil), "1.2.840", "", true)
	f.Add(uint8(3), "cn=\x00\xff", "\xff", "1.2.3", []byte(":x"), []byte(""), "1", "", false)
	f.Add(uint8(4), "cn=<", "# ", "cn=b", []byte("<x"), []byte("\r\n"), "1", "ou=c", true)
	f.Fuzz(func(t *testing.T, kind uint8, dn, comment, name string, v1, v2 []byte, oid, superior string, flag bool) {
		rec := &Record{DN: dn, Comments: []string{comment, ""}}
		rec.Change = []ChangeType{ChangeNone, ChangeAdd, ChangeDelete, ChangeModify, ChangeModRDN}[kind%5]
		if rec.Change != ChangeNone && oid != "" {
			rec.Controls = []Control{{oid, flag, v1}, {oid, !flag, nil}}
		}
		switch rec.Change {
		case ChangeNone, ChangeAdd:
			rec.Attributes = []Attribute{{name, v1}, {name, v2}}
		case ChangeModify:
			rec.Mods = []Mod{{Delete, name, [][]byte{v1}}, {Add, name, [][]byte{v2, v1}}, {Replace, name, nil}}
		case ChangeModRDN:
			rec.NewRDN, rec.DeleteOldRDN, rec.NewSuperior = name, flag, superior
		}
		var out bytes.Buffer
		w := NewWriter(&out)
		w.CRLF = flag
		if err := w.Comment(comment); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(rec); err != nil {
			return
		}
		if err := errors.Join(w.Write(rec), w.Flush()); err != nil {
			t.Fatal(err)
		}
		for _, c := range out.Bytes() {
			if c != '\n' && (c != '\r' || !flag) && (c < ' ' || c > '~') {
				t.Fatalf("%q in the output", c)
			}
		}
		got, err := readAll(NewReader(bytes.NewReader(out.Bytes())))
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.Bytes())
		}
		want := *rec
		want.Comments = []string{string(appendEscaped(nil, comment)), ""}
		if diff := cmp.Diff([]*Record{&want, &want}, got, ignoreLine, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("records (-want +got):\n%s\n%s", diff, out.Bytes())
		}
	})
}
