package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	packageRels = `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>` +
		`<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties" Target="docProps/custom.xml"/></Relationships>`
	bookRels = `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="/xl/worksheets/sheet1.xml"/>` +
		`<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/chartsheet" Target="chartsheets/sheet1.xml"/>` +
		`<Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>` +
		`<Relationship Id="r4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink" Target="externalLinks/externalLink1.xml"/></Relationships>`
	sheetRels = `<Relationships><Relationship Id="r1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/table" Target="../tables/table1.xml"/>` +
		`<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="mailto:a@a.example" TargetMode="External"/></Relationships>`
)

// book returns the parts of a workbook with a sheet of the given rows.
func book(rows string) map[string]string {
	return map[string]string{
		"_rels/.rels":                         packageRels,
		"docProps/custom.xml":                 `<Properties xmlns:vt="v"><property name="other"><vt:i4>1</vt:i4></property><property name="scan"><vt:lpwstr>abc</vt:lpwstr></property></Properties>`,
		"xl/workbook.xml":                     `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns:r="r"><sheets><sheet name="Chart" sheetId="2" r:id="r2"/><sheet name="Changes" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels":          bookRels,
		"xl/sharedStrings.xml":                `<sst><si><t>zero</t></si><si><r><t>on</t></r><r><rPr><b/></rPr><t xml:space="preserve">e </t></r><rPh sb="0" eb="1"><t>wan</t></rPh></si><si><t>a_x000D__x005F_x0041_&lt;&#x1F600;</t></si></sst>`,
		"xl/worksheets/sheet1.xml":            `<worksheet><dimension ref="A1"/><sheetData>` + rows + `</sheetData><hyperlinks><hyperlink ref="A1"/></hyperlinks></worksheet>`,
		"xl/worksheets/_rels/sheet1.xml.rels": sheetRels,
		"xl/tables/table1.xml":                `<table id="1" name="Changes" displayName="Changes" ref="A1:B2"/>`,
	}
}

func pack(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, parts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(data []byte, limit int64) (rows []string, err error) {
	x, err := NewReader(bytes.NewReader(data), int64(len(data)), limit)
	if err != nil {
		return nil, err
	}
	for _, s := range x.Sheets {
		err = s.Rows(func(r *Row) error {
			row := fmt.Sprint(r.Number)
			for _, c := range r.Cells {
				row += fmt.Sprintf(" %s=%q", Reference(c.Column, r.Number), c.Text)
				if c.Formula {
					row += "!"
				}
			}
			rows = append(rows, row)
			return nil
		})
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}

const roomy = 64 << 20

func TestReaderFindsSheetsTablesAndProperties(t *testing.T) {
	data := pack(t, book(""))
	x, err := NewReader(bytes.NewReader(data), int64(len(data)), roomy)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Sheets) != 1 || x.Sheets[0].Name != "Changes" || !slices.Equal(x.Sheets[0].Tables, []string{"Changes"}) {
		t.Errorf("%+v", x.Sheets)
	}
	for name, want := range map[string]string{"scan": "abc", "other": "", "none": ""} {
		if got, err := x.Property(name); got != want || err != nil {
			t.Errorf("property %s: %q, %v", name, got, err)
		}
	}
}

func TestRows(t *testing.T) {
	for rows, want := range map[string][]string{
		`<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c></row><row r="9"><c r="AB9" t="s"><v>2</v></c></row>`: {
			`2 A2="zero" C2="one "`, `9 AB9="a\r_x0041_<😀"`},
		`<row><c t="inlineStr"><is><t>a</t></is></c><c/><c><v>1.50</v></c></row><row/><row><c t="b"><v>1</v></c><c t="e"><v>#REF!</v></c></row>`: {
			`1 A1="a" C1="1.50"`, `3 A3="TRUE" B3="#REF!"`},
		`<row r="1"><c r="B1" t="str"><f>"Appr"&amp;"ove"</f><v>Approve</v></c><c r="C1"><f/></c></row>`: {`1 B1="Approve"! C1=""!`},
		`<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">1</f><v>1</v></c></row><row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>`: {
			`1 A1="1"!`, `2 A2="2"!`},
		// The values that a formula fills in have none of their own.
		`<row r="1"><c r="B1"><f t="array" ref="B1:C2">x</f><v>1</v></c><c r="C1"><v>2</v></c><c r="D1"><v>3</v></c></row><row r="2"><c r="A2"><v>4</v></c><c r="B2"><v>5</v></c></row>`: {
			`1 B1="1"! C1="2"! D1="3"`, `2 A2="4" B2="5"!`},
		`<x:row xmlns:x="x" r="1"><x:c r="A1"><x:v> a </x:v></x:c></x:row>`: {`1 A1=" a "`},
	} {
		got, err := read(pack(t, book(rows)), roomy)
		if err != nil {
			t.Errorf("%s: %v", rows, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rows, diff)
		}
	}
}

func TestDamageIsNotTheEndOfASheet(t *testing.T) {
	for rows, says := range map[string]string{
		`<row r="2"/><row r="2"/>`:                                                          `row "2" where row 3 or a later one belongs`,
		`<row r="x"/>`:                                                                      `row "x"`,
		`<row r="1048577"/>`:                                                                "1048576 rows at most",
		`<row r="1"><c r="B1"/><c r="A1"/></row>`:                                           `cell "A1" in the wrong place`,
		`<row r="1"><c r="A2"/></row>`:                                                      `cell "A2" in the wrong place`,
		`<row r="1"><c r="XFE1"/></row>`:                                                    "16384 cells at most",
		`<row r="1"><row r="2"/></row>`:                                                     "a row within a row",
		`<c r="A1"><v>1</v></c></row>`:                                                      "a cell outside of a row",
		`<row r="1"><c t="s"><v>3</v></c></row>`:                                            "shared string 3 of 3",
		`<row r="1"><c t="s"><v>-1</v></c></row>`:                                           "shared string -1 of 3",
		`<row r="1"><c t="s"><v>x</v></c></row>`:                                            `shared string "x"`,
		`<row r="1"><c><v>&file;</v></c></row>`:                                             "invalid character entity",
		`<row r="1"><c><v><![CDATA[<]]></v></c></row>`:                                      "<! where an element belongs",
		`<!-- < --><row r="1"/>`:                                                            "<! where an element belongs",
		`<row r="1"><c><v>` + strings.Repeat("x", 2<<20) + `</v></c>`:                       "too long a value",
		`<row r="1"><c><f t="array" ref="B:C"/></c></row>`:                                  `a formula for the cells "B:C"`,
		`<row r="1">` + strings.Repeat(`<c><f t="array" ref="A1:B1"/></c>`, 101) + `</row>`: "too many formulas",
	} {
		if got, err := read(pack(t, book(rows)), roomy); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "Changes") {
			t.Errorf("%.80s: %v, %v; want %q", rows, got, err, says)
		}
	}
	parts := book(`<row r="1"><c><v>1</v></c></row>`)
	parts["xl/worksheets/sheet1.xml"] = strings.TrimSuffix(parts["xl/worksheets/sheet1.xml"], `</sheetData><hyperlinks><hyperlink ref="A1"/></hyperlinks></worksheet>`)
	if got, err := read(pack(t, parts), roomy); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a sheet that ends early: %v, %v", got, err)
	}
	data := pack(t, book(`<row r="1"><c><v>`+strings.Repeat("0123456789", 100)+`</v></c></row>`))
	if i := bytes.Index(data, []byte("xl/worksheets/sheet1.xml")); i > 0 {
		data[i+len("xl/worksheets/sheet1.xml")+20] ^= 0xff
	}
	if got, err := read(data, roomy); err == nil {
		t.Errorf("a damaged archive: %v", got)
	}
}

func TestNoWorkbook(t *testing.T) {
	without := func(part string) map[string]string {
		parts := book("")
		delete(parts, part)
		return parts
	}
	for name, tc := range map[string]struct {
		data []byte
		says string
	}{
		"empty":               {nil, ErrFormat.Error()},
		"text":                {[]byte("Change,Conflict\n"), ErrFormat.Error()},
		"encrypted":           {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more"), ErrEncrypted.Error()},
		"another archive":     {pack(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), ErrFormat.Error()},
		"no workbook part":    {pack(t, without("xl/workbook.xml")), ErrFormat.Error()},
		"no sheet part":       {pack(t, without("xl/worksheets/sheet1.xml")), "xl/worksheets/sheet1.xml: not in the workbook"},
		"no table part":       {pack(t, without("xl/tables/table1.xml")), "xl/tables/table1.xml: not in the workbook"},
		"two parts of a name": {pack(t, map[string]string{"_rels/.rels": packageRels, "_RELS/.rels": packageRels}), "twice"},
	} {
		if rows, err := read(tc.data, roomy); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, %v; want %q", name, rows, err, tc.says)
		}
	}
}

// A few kilobytes that unpack to gigabytes are refused before they are unpacked,
// and also where the archive tells the wrong size.
func TestBomb(t *testing.T) {
	parts := book(`<row r="1"><c t="s"><v>0</v></c></row>`)
	for _, part := range []string{"xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"} {
		big := maps.Clone(parts)
		big[part] += strings.Repeat(" ", 32<<20)
		data := pack(t, big)
		if rows, err := read(data, 20<<20); err == nil || !strings.Contains(err.Error(), "MiB, unpacked") {
			t.Errorf("%s: %v, %v", part, rows, err)
		}
	}
	r := &limited{ReadCloser: io.NopCloser(strings.NewReader(strings.Repeat("<a>", 100))), limit: 100}
	if n, err := io.Copy(io.Discard, r); err == nil {
		t.Errorf("%d bytes of 100", n)
	}
}

func FuzzRows(f *testing.F) {
	f.Add(`<sheetData><row r="2"><c r="A2" t="s"><v>0</v></c><c t="inlineStr"><is><t>a_x000D_</t></is></c></row></sheetData>`)
	f.Add(`<sheetData><row><c t="b"><f t="array" ref="A1:B9">x</f><v>1</v></c></row><row/></sheetData>`)
	f.Fuzz(func(t *testing.T, sheet string) {
		parts := book("")
		parts["xl/worksheets/sheet1.xml"] = sheet
		last := 0
		data := pack(t, parts)
		x, err := NewReader(bytes.NewReader(data), int64(len(data)), roomy)
		if err != nil {
			t.Fatal(err)
		}
		_ = x.Sheets[0].Rows(func(r *Row) error {
			if r.Number <= last || r.Number > maxRows || len(r.Cells) == 0 {
				t.Errorf("row %d after %d: %v", r.Number, last, r.Cells)
			}
			last = r.Number
			column := 0
			for _, c := range r.Cells {
				if c.Column <= column || c.Column > maxColumns || c.Text == "" && !c.Formula {
					t.Errorf("row %d: %+v after column %d", r.Number, c, column)
				}
				column = c.Column
				if col, row, err := parseReference(Reference(c.Column, r.Number)); col != c.Column || row != r.Number || err != nil {
					t.Errorf("%d, %d: read as %d, %d, %v", c.Column, r.Number, col, row, err)
				}
			}
			return nil
		})
	})
}
