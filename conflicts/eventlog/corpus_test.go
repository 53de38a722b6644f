package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// An example is an input of the corpus and what must come of it. In testdata an
// archive holds many: NAME/input, NAME/want, and NAME/form if the input is not
// UTF-8 with plain line feeds.
//
// What is wanted of an event is its number and address, the best reading,
// readings that must be among the others, and how often, when and where it was
// logged. A place that could not be read is "damaged", an input "refused".
type example struct {
	name  string
	input []byte
	want  string
}

func examples(tb testing.TB) []example { return examplesIn(tb, "testdata/*.txtar") }

func examplesIn(tb testing.TB, pattern string) []example {
	files, err := filepath.Glob(pattern)
	if err != nil {
		tb.Fatal(err)
	}
	var all []example
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		parts := make(map[string]map[string]string)
		var names []string
		for _, f := range archive.Files {
			name, part, _ := strings.Cut(f.Name, "/")
			if parts[name] == nil {
				parts[name] = make(map[string]string)
				names = append(names, name)
			}
			parts[name][part] = string(f.Data)
		}
		for _, name := range names {
			p := parts[name]
			if p["want"] == "" {
				tb.Fatalf("%s: %s wants nothing", file, name)
			}
			input, err := shape(p["input"], p["form"])
			if err != nil {
				tb.Fatalf("%s: %s: %v", file, name, err)
			}
			topic := strings.TrimSuffix(filepath.Base(file), ".txtar")
			all = append(all, example{topic + "/" + name, input, p["want"]})
		}
	}
	return all
}

// shape gives a text the form that the file of an example has.
func shape(text, form string) (data []byte, err error) {
	data = []byte(text)
	for step := range strings.FieldsSeq(form) {
		switch step {
		case "unended": // no line feed at the end
			data = bytes.TrimSuffix(data, []byte("\n"))
		case "crlf":
			data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		case "escapes": // as in a Go string
			var s string
			s, err = strconv.Unquote(`"` + strings.ReplaceAll(strings.ReplaceAll(string(data), `"`, `\"`), "\n", `\n`) + `"`)
			data = []byte(s)
		case "bom":
			data = append([]byte("\uFEFF"), data...)
		case "windows-1252":
			data, err = charmap.Windows1252.NewEncoder().Bytes(data)
		case "850":
			data, err = charmap.CodePage850.NewEncoder().Bytes(data)
		case "866":
			data, err = charmap.CodePage866.NewEncoder().Bytes(data)
		case "utf-16le":
			data, err = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes(data)
		case "utf-16be":
			data, err = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().Bytes(data)
		case "odd":
			data = append(data, 'x')
		default:
			err = errors.New("form " + step)
		}
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}

// show writes what came of an input as examples have it. Of the readings that
// are not the best it shows those wanted.
func show(log *Log, err error, want string) string {
	if err != nil {
		return "refused " + strings.TrimPrefix(err.Error(), "input: ") + "\n"
	}
	var b strings.Builder
	for _, e := range log.Events {
		fmt.Fprintln(&b, strings.Join(strings.Fields(fmt.Sprint(e.ID, " ", e.Message, " ", e.Address)), " "))
		for i, pair := range e.Readings {
			line := "  also " + pair[0] + " | " + pair[1] + "\n"
			if i == 0 {
				line = "  best " + pair[0] + " | " + pair[1] + "\n"
			}
			if i == 0 || strings.Contains(want, line) {
				b.WriteString(line)
			}
		}
		if e.Count != 1 {
			fmt.Fprintln(&b, "  times", e.Count)
		}
		if e.First != (Time{}) {
			fmt.Fprintln(&b, "  first", e.First)
		}
		if e.Last != e.First {
			fmt.Fprintln(&b, "  last", e.Last)
		}
		if len(e.Computers) > 0 {
			fmt.Fprintln(&b, "  on", strings.Join(e.Computers, ", "))
		}
	}
	for _, d := range log.Damaged {
		fmt.Fprintln(&b, "damaged", d)
	}
	return b.String()
}

func TestCorpus(t *testing.T) {
	all := examples(t)
	if len(all) < 60 {
		t.Errorf("only %d examples", len(all))
	}
	for _, ex := range all {
		t.Run(ex.name, func(t *testing.T) {
			log, err := Read("input", bytes.NewReader(ex.input))
			if diff := cmp.Diff(ex.want, show(log, err, ex.want)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
				if log != nil {
					for _, e := range log.Events {
						t.Logf("readings: %q", e.Readings)
					}
				}
			}
			check(t, log)

			again, err2 := Read("input", iotest.OneByteReader(bytes.NewReader(ex.input)))
			if diff := cmp.Diff(show(log, err, ""), show(again, err2, "")); diff != "" {
				t.Errorf("read byte by byte:\n%s", diff)
			}
		})
	}
}

// check holds a Log to what its documentation says.
func check(t *testing.T, log *Log) {
	t.Helper()
	if log == nil {
		return
	}
	if len(log.Events) == 0 {
		t.Error("neither an event nor an error")
	}
	for _, e := range log.Events {
		if e.Count < 1 {
			t.Errorf("count %d", e.Count)
		}
		if !slices.IsSortedFunc(e.Computers, compareFold) {
			t.Errorf("computers are not sorted: %q", e.Computers)
		}
		switch e.ID {
		case 0, 6941:
			if e.Message == "" || e.Address == "" || e.Readings != nil {
				t.Errorf("message %q, address %q, readings %q", e.Message, e.Address, e.Readings)
			}
		case 9217:
			if !strings.Contains(e.Address, "@") || e.Readings != nil {
				t.Errorf("address %q, readings %q", e.Address, e.Readings)
			}
		case 9514:
			if n := len(e.Readings); n < 1 || n > 64 || e.Address != "" {
				t.Errorf("%d readings, address %q", n, e.Address)
			}
			for _, pair := range e.Readings {
				for _, name := range pair {
					dn, err := ldap.ParseDN(name)
					if err != nil {
						t.Errorf("%q: %v", name, err)
					} else if last := dn.RDNs[len(dn.RDNs)-1]; last.Attributes[0].Type != "DC" {
						t.Errorf("%q does not end in a domain", name)
					}
				}
				if strings.EqualFold(pair[0], pair[1]) {
					t.Errorf("the same name twice: %q", pair)
				}
			}
		default:
			t.Errorf("event %d", e.ID)
		}
		for _, s := range []Time{e.First, e.Last} {
			if s.Text == "" && !s.Time.IsZero() || s.Zoned && s.Time.IsZero() {
				t.Errorf("time %+v", s)
			}
		}
	}
	for _, d := range log.Damaged {
		if d.Line < 0 || d.Problem == "" {
			t.Errorf("damage %+v", d)
		}
	}
}
