package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/report/workbook"
)

// mutants yields documents in each of which one field of doc, the first of its path, has another
// value or is missing.
func mutants(doc any) func(yield func(what string, mutant any) bool) {
	type place struct {
		path string
		set  func(value any)
		drop func()
		now  any
	}
	return func(yield func(string, any) bool) {
		var places []place
		seen := map[string]bool{}
		var walk func(path string, v any)
		walk = func(path string, v any) {
			switch v := v.(type) {
			case map[string]any:
				for name, field := range v {
					at := path + "." + name
					if !seen[at] {
						seen[at] = true
						places = append(places, place{at, func(value any) { v[name] = value }, func() { delete(v, name) }, field})
					}
					walk(at, field)
				}
			case []any:
				for i, element := range v {
					at := path + "[]"
					if !seen[at] {
						seen[at] = true
						places = append(places, place{at, func(value any) { v[i] = value }, nil, element})
					}
					walk(at, element)
				}
			}
		}
		walk("", doc)
		for _, p := range places {
			if p.drop != nil {
				p.drop()
				if !yield(p.path+" missing", doc) {
					return
				}
			}
			values := []any{nil, []any{nil}, "x", -1, 1 << 40, true, "", "smtp:x@contoso.com", "\x00\u202e", []any{}, map[string]any{}}
			if testing.Short() {
				values = values[:4]
			}
			for _, value := range values {
				p.set(value)
				if !yield(fmt.Sprintf("%s = %.60v", p.path, value), doc) {
					return
				}
			}
			p.set(p.now)
		}
	}
}

// Whatever stands in a scan.json, it is refused, or all outputs can be made of it, and whatever
// was decided.
func TestNoFieldOfScanJSONCrashesAnything(t *testing.T) {
	accepted := 0
	for name, a := range map[string]*conflicts.Audit{"normal": normalAudit()} {
		var doc any
		if err := json.Unmarshal(scanJSON(t, a), &doc); err != nil {
			t.Fatal(err)
		}
		for what, mutant := range mutants(doc) {
			text, err := json.Marshal(mutant)
			if err != nil {
				t.Fatal(err)
			}
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("%s: %s: %v", name, what, r)
					}
				}()
				text := orderedJSON(text)
				read, err := ReadJSON(bytes.NewReader(text))
				if err != nil {
					return
				}
				accepted++
				for _, o := range append(textOutputs(read), output{workbookFile, func(w io.Writer) error { return workbook.Write(w, read, noScan) }}) {
					_ = o.write(io.Discard)
				}
				for d := conflicts.Undecided; d <= conflicts.Swapped; d++ {
					replies := make([]conflicts.Reply, len(read.Proposals))
					for i := range replies {
						replies[i] = conflicts.Reply{Decision: d, Edited: i%3 == 1, New: []string{"", "typed@contoso.com"}[i%2], Comment: "x"}
					}
					decided, mistakes := read.Decide(replies, func(conflicts.Address, conflicts.Ref) *conflicts.Object { return nil })
					if len(mistakes) > 0 {
						continue
					}
					for _, o := range fileOutputs(decided) {
						_ = o.write(io.Discard)
					}
				}
			}()
		}
	}
	if accepted == 0 {
		t.Error("nothing was accepted: the test proves nothing")
	}
	t.Logf("%d accepted", accepted)
}

// orderedJSON puts the schema version before the elements, as JSON does.
func orderedJSON(doc []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(doc, &fields) != nil || fields["schema_version"] == nil {
		return doc
	}
	version := fields["schema_version"]
	delete(fields, "schema_version")
	rest, err := json.Marshal(fields)
	if err != nil {
		return doc
	}
	return append(append([]byte(`{"schema_version":`), version...), append([]byte(","), rest[1:]...)...)
}
