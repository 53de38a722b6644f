package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// The errors of files that are no workbook.
var (
	ErrFormat = errors.New("not a workbook of Excel 2007 or later (.xlsx)")
	// ErrEncrypted is also that of the workbooks of Excel 2003 and before.
	ErrEncrypted = errors.New("protected by a password, or of Excel 2003 or before (.xls)")
)

// A Reader reads one workbook. It is not safe for concurrent use.
type Reader struct {
	Sheets []*Sheet

	parts      map[string]*zip.File // by name in lower case (ECMA-376 part 2, 6.2.2)
	limit      int64
	properties string // the part of the custom properties, if there is one
	strings    string // the part of the shared strings, if there is one
	shared     []string
}

// A Sheet is one worksheet.
type Sheet struct {
	Name string
	// Tables are the names of its tables.
	Tables []string

	reader *Reader
	part   string
}

// maxSmall is how many bytes a part may have that is read at once.
const maxSmall = 16 << 20

// NewReader begins to read the workbook in r, of size bytes. No part of it may
// have more than limit bytes, unpacked.
func NewReader(r io.ReaderAt, size, limit int64) (*Reader, error) {
	head := make([]byte, 8)
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if bytes.Equal(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) { // [MS-CFB] 2.2
		return nil, ErrEncrypted
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, ErrFormat
	}
	x := &Reader{limit: limit, parts: make(map[string]*zip.File, len(archive.File))}
	for _, f := range archive.File {
		name := strings.ToLower(strings.TrimPrefix(f.Name, "/"))
		if x.parts[name] != nil {
			return nil, fmt.Errorf("%s: twice in the workbook", f.Name)
		}
		x.parts[name] = f
	}
	top, err := x.relationships("")
	if err != nil {
		return nil, err
	}
	book := ""
	for _, rel := range top {
		switch rel.kind {
		case "officeDocument":
			book = rel.part
		case "custom-properties":
			x.properties = rel.part
		}
	}
	if x.parts[strings.ToLower(book)] == nil {
		return nil, ErrFormat
	}
	return x, x.findSheets(book)
}

func (x *Reader) findSheets(book string) error {
	var doc struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := x.decode(book, &doc); err != nil {
		return err
	}
	rels, err := x.relationships(book)
	if err != nil {
		return err
	}
	for _, rel := range rels {
		if rel.kind == "sharedStrings" {
			x.strings = rel.part
		}
	}
	for _, s := range doc.Sheets {
		rel, ok := rels[s.ID]
		if !ok || rel.kind != "worksheet" { // one of charts, say
			continue
		}
		sheet := &Sheet{Name: s.Name, reader: x, part: rel.part}
		of, err := x.relationships(rel.part)
		if err != nil {
			return err
		}
		for _, rel := range of {
			if rel.kind != "table" {
				continue
			}
			var table struct {
				Name string `xml:"name,attr"`
			}
			if err := x.decode(rel.part, &table); err != nil {
				return err
			}
			sheet.Tables = append(sheet.Tables, table.Name)
		}
		x.Sheets = append(x.Sheets, sheet)
	}
	return nil
}

// Property returns a custom property of the document, "" if it has none of the
// name.
func (x *Reader) Property(name string) (string, error) {
	if x.properties == "" {
		return "", nil
	}
	var doc struct {
		Properties []struct {
			Name string `xml:"name,attr"`
			Text string `xml:"lpwstr"`
		} `xml:"property"`
	}
	if err := x.decode(x.properties, &doc); err != nil {
		return "", err
	}
	for _, p := range doc.Properties {
		if p.Name == name {
			return p.Text, nil
		}
	}
	return "", nil
}

// A relationship leads from a part, or from the package, to another part.
type relationship struct{ kind, part string }

// relationships returns those of a part by their IDs. What leads out of the
// workbook is left out.
func (x *Reader) relationships(part string) (map[string]relationship, error) {
	dir, name := path.Split(part)
	file := path.Join(dir, "_rels", name+".rels")
	if x.parts[strings.ToLower(file)] == nil {
		return nil, nil
	}
	var doc struct {
		Relationships []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
			Mode   string `xml:"TargetMode,attr"`
		} `xml:"Relationship"`
	}
	if err := x.decode(file, &doc); err != nil {
		return nil, err
	}
	rels := make(map[string]relationship, len(doc.Relationships))
	for _, r := range doc.Relationships {
		if r.Mode == "External" {
			continue
		}
		target := r.Target
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/", dir, target)
		}
		rels[r.ID] = relationship{path.Base(r.Type), strings.TrimPrefix(path.Clean(target), "/")}
	}
	return rels, nil
}

// decode reads a small part.
func (x *Reader) decode(part string, doc any) error {
	r, err := x.open(part, min(x.limit, maxSmall))
	if err != nil {
		return err
	}
	defer r.Close()
	if err := xml.NewDecoder(r).Decode(doc); err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	return nil
}

// open begins to unpack a part that may have limit bytes.
func (x *Reader) open(part string, limit int64) (*limited, error) {
	f := x.parts[strings.ToLower(part)]
	if f == nil {
		return nil, fmt.Errorf("%s: not in the workbook", part)
	}
	if f.UncompressedSize64 > uint64(limit) {
		return nil, fmt.Errorf("%s: %w", part, errTooLarge(limit))
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part, err)
	}
	return &limited{ReadCloser: r, limit: limit}, nil
}

func errTooLarge(limit int64) error { return fmt.Errorf("more than %d MiB, unpacked", limit>>20) }

// maxRun is how many bytes may follow without a "<": a parser holds all of them.
const maxRun = 1 << 20

// A limited reader fails once it has read more than it may, and where a token
// would be one that may hold a "<": comments, directives and CDATA sections, which
// no workbook needs.
type limited struct {
	io.ReadCloser
	limit, read int64
	run         int
	opened      bool // the last byte was "<"
}

func (r *limited) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	for _, c := range p[:n] {
		declaration := c == '?' && r.read < 8 // behind a byte order mark at most
		if r.opened && (c == '!' || c == '?' && !declaration) {
			return 0, fmt.Errorf("<%c where an element belongs", c)
		}
		r.run++
		if r.opened = c == '<'; r.opened {
			r.run = 0
		}
		r.read++
		switch {
		case r.read > r.limit:
			return 0, errTooLarge(r.limit)
		case r.run > maxRun:
			return 0, errors.New("too long a value")
		}
	}
	return n, err
}
