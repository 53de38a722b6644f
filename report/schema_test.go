package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/report/schematest"
)

// documents are outputs of every kind, for the schema.
func documents(t *testing.T) map[string]func(io.Writer) error {
	all := map[string]func(io.Writer) error{
		"comparison":         func(w io.Writer) error { return ComparisonJSON(w, aComparison(t)) },
		"nothing to compare": func(w io.Writer) error { return ComparisonJSON(w, &conflicts.Comparison{}) },
		"nothing to apply":   func(w io.Writer) error { return ApplyJSON(w, &Application{}) },
	}
	for _, o := range runOutputs() {
		if !strings.HasSuffix(o.name, ".csv") {
			all[o.name] = o.write
		}
	}
	for name, audit := range blindAudits() {
		all["blind "+name] = func(w io.Writer) error { return JSON(w, audit) }
		all["blind "+name+" in lines"] = func(w io.Writer) error { return JSONL(w, audit) }
	}
	for name, audit := range audits {
		all["scan, "+name] = func(w io.Writer) error { return JSON(w, audit()) }
		all["scan in lines, "+name] = func(w io.Writer) error { return JSONL(w, audit()) }
	}
	return all
}

func TestDocumentsFollowTheSchema(t *testing.T) {
	kinds := map[documentKind]bool{}
	for name, write := range documents(t) {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		if err := schematest.Check(out.Bytes()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var doc struct{ Kind documentKind }
		if err := json.NewDecoder(&out).Decode(&doc); err != nil {
			t.Fatal(err)
		}
		kinds[doc.Kind] = true
	}
	for _, kind := range []documentKind{scanDocument, eventDocument, comparisonDocument, checkDocument, verifyDocument, fixDocument, applyDocument} {
		if !kinds[kind] {
			t.Errorf("no document of the kind %s", kind)
		}
	}
}

// A field that nobody wrote about, or one that is gone, does not pass.
func TestTheSchemaAllowsNoOtherFields(t *testing.T) {
	for name, write := range documents(t) {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		whole := out.String()
		for _, edit := range [][2]string{{`"dn":`, `"surprise": 1, "dn":`}, {`"schema_version":`, `"surprise":`}, {`"kind":`, `"surprise": [], "kind":`}} {
			changed := strings.Replace(whole, edit[0], edit[1], 1)
			if err := schematest.Check([]byte(changed)); changed != whole && err == nil {
				t.Errorf("%s: %s passes in the place of %s", name, edit[1], edit[0])
			}
		}
	}
}

// A definition is an object of the schema, its fields in order.
type definition struct {
	Description string
	Required    []string
	Properties  properties
	Else        struct{ Required []string } // in a document that is not a line
}

type properties []property

type property struct {
	name        string
	Description string
	Type        any
	Format      string
	Ref         string `json:"$ref"`
	Items       *property
	AnyOf       []property
	Enum        []any
	Const       any
}

func (p *properties) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		one := property{name: name.(string)}
		if err := dec.Decode(&one); err != nil {
			return err
		}
		*p = append(*p, one)
	}
	return nil
}

// holds says in a few words what a field holds.
func (p *property) holds() string {
	switch {
	case p.Ref != "":
		return link(p.Ref)
	case len(p.Enum) > 0:
		var values []string
		for _, v := range p.Enum {
			values = append(values, fmt.Sprintf("`%v`", v))
		}
		return strings.Join(values, ", ")
	case p.Const != nil:
		return fmt.Sprintf("`%v`", p.Const)
	case p.Format == "date-time":
		return "time"
	case len(p.AnyOf) > 0:
		var kinds []string
		for _, one := range p.AnyOf {
			kinds = append(kinds, one.holds())
		}
		return strings.Join(kinds, " or ")
	}
	kinds, several := p.Type.([]any)
	if !several {
		kinds = []any{p.Type}
	}
	var words []string
	for _, kind := range kinds {
		if kind == "array" {
			words = append(words, "list of "+p.Items.holds())
		} else {
			words = append(words, fmt.Sprint(kind))
		}
	}
	return strings.Join(words, " or ")
}

func link(ref string) string {
	name := strings.TrimPrefix(ref, "#/$defs/")
	return fmt.Sprintf("[%s](#%s)", name, name)
}

const (
	tablesBegin = "<!-- Made from output.schema.json by go test ./report -run Docs -update. -->\n"
	tablesEnd   = "<!-- end -->\n"
)

// tables writes the schema for people: a table for each of its definitions.
func tables(t *testing.T) string {
	b, err := os.ReadFile(schematest.Path())
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	var order properties
	var defs map[string]definition
	if err := json.Unmarshal(schema.Defs, &order); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(schema.Defs, &defs); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, p := range order {
		d := defs[p.name]
		fmt.Fprintf(&text, "\n### %s\n\n%s\n", p.name, d.Description)
		if len(d.Properties) == 0 {
			continue
		}
		text.WriteString("\n| field | holds | meaning |\n|---|---|---|\n")
		for _, field := range d.Properties {
			if field.Description == "" {
				t.Errorf("%s of %s has no description", field.name, p.name)
			}
			holds := field.holds()
			switch {
			case slices.Contains(d.Required, field.name):
			case slices.Contains(d.Else.Required, field.name):
				holds += ", not in JSON Lines"
			default:
				holds += ", optional"
			}
			fmt.Fprintf(&text, "| `%s` | %s | %s |\n", field.name, holds, field.Description)
		}
	}
	return text.String() + "\n"
}

// docs/output.md has the tables of the schema.
func TestDocsNameEveryField(t *testing.T) {
	file := filepath.Join(schematest.Docs(), "output.md")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "\r\n", "\n")
	before, rest, ok := strings.Cut(text, tablesBegin)
	_, after, ended := strings.Cut(rest, tablesEnd)
	if !ok || !ended {
		t.Fatalf("%s: no place for the tables", file)
	}
	want := before + tablesBegin + tables(t) + tablesEnd + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("%s differs from the schema; -update writes it (-schema +docs):\n%s", file, diff)
	}
}

// docs/output.md explains every code of a statement, and no other.
func TestDocsExplainEveryCode(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(schematest.Docs(), "output.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "## Codes")
	section, _, _ = strings.Cut(section, "## Fields")
	explained := map[conflicts.StatementCode]bool{conflicts.Verbatim: true}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(section, -1) {
		explained[conflicts.StatementCode(row[1])] = true
	}
	schema, err := os.ReadFile(schematest.Path())
	if err != nil {
		t.Fatal(err)
	}
	var defs struct {
		Defs map[string]struct {
			Properties map[string]struct{ Enum []any }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(schema, &defs); err != nil {
		t.Fatal(err)
	}
	codes := slices.Concat([]conflicts.StatementCode{conflicts.Verbatim}, conflicts.ReasonCodes, conflicts.RiskCodes, conflicts.EvidenceCodes, conflicts.ObstacleCodes, conflicts.ChoiceCodes)
	for _, c := range codes {
		if !explained[c] {
			t.Errorf("output.md does not explain %s", c)
		}
		delete(explained, c)
	}
	if len(explained) > 0 {
		t.Errorf("output.md explains codes that there are not: %v", explained)
	}
	for _, k := range conflicts.FindingKinds {
		codes = append(codes, conflicts.StatementCode(k))
	}
	var enum []conflicts.StatementCode
	for _, v := range defs.Defs["statement"].Properties["code"].Enum {
		enum = append(enum, conflicts.StatementCode(v.(string)))
	}
	slices.Sort(enum)
	slices.Sort(codes)
	if diff := cmp.Diff(slices.Compact(codes), enum); diff != "" {
		t.Errorf("the schema has other codes (-code +schema):\n%s", diff)
	}
}
