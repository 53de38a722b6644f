// Package table reads tables of recipients: CSV as csvde, Export-Csv of PowerShell and programs
// for the cloud write it, and the JSON of ConvertTo-Json. It makes of each row the record that an
// LDIF export would have, so that everything behind it has one kind of export to deal with.
//
// A table does not show what LDIF shows: whether it is whole, and often not the objectGUID, the
// distinguished name or where one of several joined addresses ends. What it lacks is in the
// [Summary], never guessed.
package table

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"proxyaddr/ldapscan/ldif"
)

// An Error tells where a table is wrong.
type Error struct {
	Line   int // from 1
	Column int // from 1; 0 if only the line is known
	Cell   bool
	Name   string // of the column of a cell, if known
	Err    error
}

func (e *Error) Error() string {
	place := fmt.Sprintf("line %d", e.Line)
	switch {
	case e.Name != "" && e.Column == 0:
		place += ", " + excerpt(e.Name)
	case e.Name != "":
		place += fmt.Sprintf(", column %d (%s)", e.Column, excerpt(e.Name))
	case e.Column > 0:
		place += fmt.Sprintf(", column %d", e.Column)
	}
	return place + ": " + e.Err.Error()
}

// excerpt quotes the beginning of a text of a table, so that it is safe on a terminal.
func excerpt(text string) string {
	const most = 40
	if len(text) > most {
		return fmt.Sprintf("%+q…", text[:most])
	}
	return fmt.Sprintf("%+q", text)
}

// Unwrap returns the error behind it.
func (e *Error) Unwrap() error { return e.Err }

// ErrColumns is a table of which no column is known.
var ErrColumns = errors.New("a table without a column of addresses that is known")

// Lost reports whether an export lost values of lists.
func Lost(err error) bool { return errors.Is(err, errLost) || errors.Is(err, errShortened) }

// A Summary is what a table shows besides its records.
type Summary struct {
	Records int
	// Lacks are the attributes in which an address can stand and that have no column.
	Lacks []string
	// Cloud says that all objects lie in a cloud directory.
	Cloud bool
	// Unnamed are the records with an address, and with neither a name of their own nor an objectGUID.
	Unnamed int
	// Problems are why something may be missing, Notes what else a reader should know.
	Problems, Notes []string
}

// Options say how a table is read.
type Options struct {
	// Beside says that other exports are read as well. Objects of a cloud directory that came
	// from a forest, and do not say from which object, are then left out.
	Beside bool
	// Within ends the names that are made for objects without one, so that those of several
	// tables differ: ",OU=input 2".
	Within string
}

// headSize is how much of a file tells what it is. A row of names is shorter.
const headSize = 256 << 10

// ldifLine is how LDIF begins, and no table.
var ldifLine = regexp.MustCompile(`^(?:#|[A-Za-z][A-Za-z0-9;.-]*:|$)`)

// Is reports whether a file seems to be a table.
func Is(src io.ReaderAt) bool {
	head, _, err := headOf(src)
	if err != nil {
		return false
	}
	text := strings.TrimLeft(head, " \t\r\n")
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") || strings.HasPrefix(text, typeLine) {
		return true
	}
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimSuffix(line, "\r")
	if ldifLine.MatchString(line) {
		return false
	}
	if l, ok := layoutOf(text); ok && (len(l.columns) > 1 || l.columns[0].holdsAddress()) {
		return true
	}
	control := func(c rune) bool { return c < ' ' && c != '\t' }
	return strings.ContainsAny(line, commas) && utf8.ValidString(line) && !strings.ContainsFunc(line, control)
}

// headOf returns the beginning of a file as text, and its encoding as far as that tells it.
func headOf(src io.ReaderAt) (string, encoding, error) {
	buf := make([]byte, headSize)
	n, err := src.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return "", asUTF8, err
	}
	e, _ := byteOrder(buf[:n])
	text, err := io.ReadAll(e.decode(strings.NewReader(string(buf[:n]))))
	return strings.TrimPrefix(string(text), utf8Mark), e, err
}

// Read reads a table and hands over the record of each row. The error is that of ctx or of each,
// or an [*Error].
func Read(ctx context.Context, src *io.SectionReader, opt Options, each func(*ldif.Record) error) (*Summary, error) {
	how, err := examine(src)
	if err != nil {
		return nil, err
	}
	b := &builder{Options: opt, seed: maphash.MakeSeed(), unit: "line", known: map[uint64]struct{}{}, passed: map[string]bool{}, namesakes: map[uint64]int{}}
	take := func(cells []cell, number int) error {
		if b.rows++; b.rows%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		rec, err := b.record(cells, number)
		if err != nil || rec == nil {
			return err
		}
		b.Records++
		return each(rec)
	}
	head, _, err := headOf(src)
	if err != nil {
		return nil, err
	}
	text := how.decode(io.NewSectionReader(src, 0, src.Size()))
	if start := strings.TrimLeft(head, " \t\r\n"); strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[") {
		err = b.json(text, take)
	} else {
		err = b.csv(head, text, take)
	}
	if err != nil {
		return nil, err
	}
	b.sum(how)
	return &b.Summary, nil
}

// csv reads CSV, which begins with head.
func (b *builder) csv(head string, src io.Reader, take func([]cell, int) error) error {
	l, ok := layoutOf(head)
	if !ok || !slices.ContainsFunc(l.columns, func(c column) bool {
		return c.holdsAddress() || c.field == domainField || c.attribute == "msExchAcceptedDomainName"
	}) {
		return &Error{Line: 1 + l.above, Err: ErrColumns}
	}
	b.csvde, b.cloud = l.csvde, slices.ContainsFunc(l.columns, column.ofCloud)
	for _, c := range l.columns {
		b.columns[c.field] = true
	}
	r := newRows(src, l.comma)
	named := func(err error) error {
		if e := (*Error)(nil); errors.As(err, &e) && e.Cell && e.Column <= len(l.columns) {
			e.Name = l.columns[e.Column-1].name
		}
		return err
	}
	for {
		err := r.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return named(err)
		}
		if r.begins <= l.above || b.heading(r, l.columns) {
			continue
		}
		if r.cutOff {
			b.Problems = append(b.Problems, fmt.Sprintf("line %d: the last line has no line end, so the file may be cut off: its row was not used", r.begins))
			return nil
		}
		if r.cells() != len(l.columns) {
			return &Error{Line: r.begins, Err: fmt.Errorf("%d cells, and the row of names has %d", r.cells(), len(l.columns))}
		}
		cells := b.cells[:0]
		for i, c := range l.columns {
			if c.field == unknown {
				b.passOver(c, r.cell(i))
			} else if len(r.cell(i)) > 0 {
				line := r.begins
				cells = append(cells, cell{column: c, text: string(r.cell(i)),
					wrong: func(err error) error { return &Error{Line: line, Column: i + 1, Cell: true, Name: c.name, Err: err} }})
			}
		}
		b.cells = cells
		if err := take(cells, r.begins); err != nil {
			return err
		}
	}
}

// heading reports whether a row is the row of names, which comes again where tables were put
// behind each other.
func (b *builder) heading(r *rows, columns []column) bool {
	if r.cells() == 1 && strings.HasPrefix(string(r.cell(0)), typeLine) {
		return true
	}
	if r.cells() != len(columns) {
		return false
	}
	for i, c := range columns {
		if strings.TrimSpace(strings.TrimPrefix(string(r.cell(i)), string(mark))) != c.name {
			return false
		}
	}
	return true
}

func (b *builder) json(src io.Reader, take func([]cell, int) error) error {
	known := false
	b.unit = "object"
	goesOn, err := readJSON(src, func(o object, line func() int) error {
		cells, cloud := b.cells[:0], false
		for _, m := range o {
			c := columnOf(m.name)
			if c.field == unknown {
				for _, text := range append(m.value.list, m.value.text) {
					b.passOver(c, []byte(text))
				}
			}
			if c.field == unknown || m.value.is == anObject {
				continue
			}
			cloud = cloud || c.ofCloud()
			b.columns[c.field] = true
			known = known || c.holdsAddress() || c.field == domainField
			one := cell{column: c, text: m.value.text, list: m.value.list,
				wrong: func(err error) error { return &Error{Line: line(), Name: c.name, Err: err} }}
			if len(one.list) == 1 && c.field == proxyField {
				one.text, one.list = one.list[0], nil // perhaps joined
			}
			cells = append(cells, one)
		}
		b.cells, b.cloud = cells, cloud
		return take(cells, b.rows+1)
	})
	if err == nil && !known {
		return &Error{Line: 1, Err: ErrColumns}
	}
	if goesOn {
		b.Problems = append(b.Problems, "the JSON is one page of a longer answer (@odata.nextLink): export all pages")
	}
	return err
}

// sum completes the summary.
func (b *builder) sum(how examination) {
	for _, attribute := range []struct {
		field
		name string
	}{{mailField, "mail"}, {upnField, "userPrincipalName"}, {targetField, "targetAddress"}, {legacyField, "legacyExchangeDN"}} {
		if !b.columns[attribute.field] {
			b.Lacks = append(b.Lacks, attribute.name)
		}
	}
	b.Cloud = b.elsewhere == 0
	problem := func(format string, args ...any) { b.Problems = append(b.Problems, fmt.Sprintf(format, args...)) }
	if b.has[primaryField] && !b.has[proxyField] && !b.has[kindField] {
		problem("only primary addresses are in the table: export all addresses")
	}
	if b.unclear > 0 {
		problem("%s%s: %s", b.first, alsoIn(b.unclear-1), b.advice)
	}
	if b.asks && how.ascii {
		problem("question marks in addresses or names may stand for letters that the export lost: export with -Encoding UTF8")
	}
	switch {
	case how.encoding != asCodePage:
	case b.foreign > 0:
		problem("%d addresses have letters outside ASCII in a code page that the file does not name: export with -Encoding UTF8", b.foreign)
	default:
		b.Notes = append(b.Notes, "not Unicode, so letters outside ASCII were read as Windows-1252: export with -Encoding UTF8")
	}
	if most, ok := atOnce[b.rows]; ok && !b.csvde {
		b.Notes = append(b.Notes, "exactly "+most)
	}
	if b.open > 0 {
		b.Notes = append(b.Notes, b.firstOpen+alsoIn(b.open-1))
	}
	if n := len(b.passed); n > 0 {
		others := ""
		if n > 1 {
			others = fmt.Sprintf(" and %d more", n-1)
		}
		b.Notes = append(b.Notes, fmt.Sprintf("not read, though addresses are in it: column %s%s; rename it to proxyAddresses_2 if they are those of the object",
			excerpt(slices.Min(slices.Collect(maps.Keys(b.passed)))), others))
	}
	if b.nameless > 0 {
		b.Notes = append(b.Notes, counted(b.nameless)+" without a distinguished name: no LDIF file can change that; export DistinguishedName too")
	}
	const equal = " neither objectGUID nor DN: equal rows count as one object; export ObjectGUID"
	switch {
	case b.equal == 1:
		problem("1 row is equal to another, and has" + equal)
	case b.equal > 1:
		problem("%d rows are equal to others, and have"+equal, b.equal)
	}
	if b.unjoined > 0 {
		problem("%s left out: synchronized from a forest, and no ImmutableId tells from which object; export only those that are not synchronized", counted(b.unjoined))
	}
}

// atOnce tells by the number of rows which program shows no more of them by default.
var atOnce = map[int]string{
	100:  "100 rows: Microsoft Graph shows no more without -All",
	500:  "500 rows: Get-MsolUser shows no more without -All",
	1000: "1,000 rows: Exchange shows no more without -ResultSize Unlimited",
}

// alsoIn says that other cells are alike.
func alsoIn(cells int) string {
	switch cells {
	case 0:
		return ""
	case 1:
		return "; the same in 1 other cell"
	}
	return fmt.Sprintf("; the same in %d other cells", cells)
}

func counted(objects int) string {
	if objects == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", objects)
}
