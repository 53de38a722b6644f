package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
	"proxyaddr/report/workbook"
)

// fields are those of a JSON object that hold strings.
type fields struct {
	DN, Address, Value, Old, New string
	Attribute                    string
	Base64                       map[string][]byte
}

// exactly returns a string as it was before it became JSON.
func (f fields) exactly(name, written string) string {
	if b, ok := f.Base64[name]; ok {
		return string(b)
	}
	return written
}

type scanFields struct {
	Complete  bool
	Conflicts []struct {
		fields
		ID     string
		Owners []struct {
			fields
			Also []fields
		}
	}
	Changes  []fields
	Findings []fields
}

func TestJSONHoldsTheExactStrings(t *testing.T) {
	for name, audit := range audits {
		t.Run(name, func(t *testing.T) {
			a := audit()
			var out bytes.Buffer
			if err := JSON(&out, a); err != nil {
				t.Fatal(err)
			}
			var doc scanFields
			if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for _, c := range a.Conflicts {
				want = append(want, c.ID, c.Key.Address())
				for _, o := range c.Owners {
					want = append(want, o.DN)
					for _, claim := range o.Claims {
						want = append(want, claim.Attribute.String(), claim.Value)
					}
				}
			}
			for _, c := range a.Changes {
				want = append(want, c.Object.DN, c.Attribute.String(), c.Old, c.New)
			}
			for _, f := range a.Findings {
				want = append(want, f.DN, f.Value)
			}
			for _, c := range doc.Conflicts {
				got = append(got, c.ID, c.exactly("address", c.Address))
				for _, o := range c.Owners {
					got = append(got, o.exactly("dn", o.DN), o.Attribute, o.exactly("value", o.Value))
					for _, claim := range o.Also {
						got = append(got, claim.Attribute, claim.exactly("value", claim.Value))
					}
				}
			}
			for _, c := range doc.Changes {
				got = append(got, c.exactly("dn", c.DN), c.Attribute, c.exactly("old", c.Old), c.exactly("new", c.New))
			}
			for _, f := range doc.Findings {
				got = append(got, f.exactly("dn", f.DN), f.exactly("value", f.Value))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("strings (-audit +document):\n%s", diff)
			}
			if doc.Complete != a.Complete() {
				t.Errorf("complete is %t, want %t", doc.Complete, a.Complete())
			}
		})
	}
}

func TestJSONNeverHoldsNull(t *testing.T) {
	for name, a := range map[string]*conflicts.Audit{"zero": {}, "empty": emptyAudit(), "normal": normalAudit()} {
		for format, write := range map[string]func(*bytes.Buffer) error{
			"json":  func(b *bytes.Buffer) error { return JSON(b, a) },
			"jsonl": func(b *bytes.Buffer) error { return JSONL(b, a) },
		} {
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(out.String(), "null") {
				t.Errorf("%s of the %s audit holds null:\n%s", format, name, out.String())
			}
		}
	}
}

func TestJSONLHasTheElementsOfJSONOneALine(t *testing.T) {
	for name, audit := range audits {
		a := audit()
		var doc, lines bytes.Buffer
		if err := JSON(&doc, a); err != nil {
			t.Fatal(err)
		}
		if err := JSONL(&lines, a); err != nil {
			t.Fatal(err)
		}
		var want map[string]any
		if err := json.Unmarshal(doc.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		got := map[string]any{"conflicts": []any{}, "changes": []any{}, "proposals": []any{}, "findings": []any{}}
		for i, line := range strings.Split(strings.TrimSuffix(lines.String(), "\n"), "\n") {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatalf("%s: line %d: %v", name, i+1, err)
			}
			record := v["record"].(string)
			delete(v, "record")
			if (record == "audit") != (i == 0) {
				t.Fatalf("%s: line %d is a %s", name, i+1, record)
			}
			if record == "audit" {
				for field, value := range v {
					got[field] = value
				}
				continue
			}
			got[record+"s"] = append(got[record+"s"].([]any), v)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-json +jsonl):\n%s", name, diff)
		}
	}
}

// writeSizes notes the largest piece written at once.
type writeSizes struct{ largest int }

func (w *writeSizes) Write(p []byte) (int, error) {
	w.largest = max(w.largest, len(p))
	return len(p), nil
}

func TestJSONIsWrittenPieceByPiece(t *testing.T) {
	a := &conflicts.Audit{Findings: make([]conflicts.Finding, 20_000)}
	var w writeSizes
	if err := JSON(&w, a); err != nil {
		t.Fatal(err)
	}
	if const64K := 64 << 10; w.largest > const64K {
		t.Errorf("%d bytes were held back and written at once", w.largest)
	}
}

// failAfter fails once it has taken n bytes.
type failAfter struct{ n int }

var errFull = fmt.Errorf("no space left on device")

func (w *failAfter) Write(p []byte) (int, error) {
	if w.n < len(p) {
		return w.n, errFull
	}
	w.n -= len(p)
	return len(p), nil
}

func TestNoOutputHidesAFailedWrite(t *testing.T) {
	a := hostileAudit()
	for _, o := range append(slices.Concat(textOutputs(a), runOutputs()), output{workbookFile, func(w io.Writer) error { return workbook.Write(w, a, noScan) }}) {
		var whole bytes.Buffer
		if err := o.write(&whole); err != nil {
			t.Fatal(err)
		}
		step := max(1, whole.Len()/200)
		for room := 0; room < whole.Len(); room += step {
			if err := o.write(&failAfter{room}); !errors.Is(err, errFull) {
				t.Errorf("%s: %v after %d of %d bytes", o.name, err, room, whole.Len())
			}
		}
		if err := o.write(&failAfter{whole.Len() - 1}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v when the last byte is lost", o.name, err)
		}
		if err := o.write(&failAfter{whole.Len()}); err != nil {
			t.Errorf("%s: %v", o.name, err)
		}
	}
}

func TestNoOutputSendsAControlToTheTerminal(t *testing.T) {
	for _, o := range slices.Concat(textOutputs(hostileAudit()), runOutputs()) {
		if o.name == "table-60-color.txt" {
			continue
		}
		var out bytes.Buffer
		if err := o.write(&out); err != nil {
			t.Fatal(err)
		}
		if text := strings.NewReplacer("\r\n", "", "\n", "").Replace(out.String()); words.Escape(text) != text {
			t.Errorf("%s holds what Escape takes out:\n%+q", o.name, text)
		}
	}
}
