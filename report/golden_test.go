package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

var update = flag.Bool("update", false, "write the goldens instead of comparing with them")

// fileOutputs returns the files of an audit in an order in which they can be written.
func fileOutputs(a *conflicts.Audit) []output {
	sums := make(map[string]Sum)
	var outputs []output
	for _, o := range slices.Concat(files(a, func(name string) Sum { return sums[name] })...) {
		outputs = append(outputs, output{o.name, func(w io.Writer) (err error) {
			sums[o.name], err = summed(w, o.write)
			return err
		}})
	}
	return outputs
}

// textOutputs returns the outputs of an audit that people can read in a golden.
func textOutputs(a *conflicts.Audit) []output {
	outputs := []output{
		{"table.txt", func(w io.Writer) error { return Table(w, a, TableOptions{}) }},
		{"table-60-color.txt", func(w io.Writer) error { return Table(w, a, TableOptions{Width: 60, Color: true}) }},
		{"scan.jsonl", func(w io.Writer) error { return JSONL(w, a) }},
		{"scan.csv", func(w io.Writer) error { return CSV(w, a) }},
	}
	for _, o := range fileOutputs(a) {
		if o.name != "report.xlsx" {
			outputs = append(outputs, o)
		}
	}
	return outputs
}

func TestOutputsAreByteForByteTheGoldens(t *testing.T) {
	for name, audit := range audits {
		dir := filepath.Join("testdata", name)
		if *update {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		known := make(map[string]bool)
		for _, o := range textOutputs(audit()) {
			if o.name == pageFile {
				continue // package page has a golden of its text
			}
			known[o.name] = true
			t.Run(name+"/"+o.name, func(t *testing.T) {
				var got bytes.Buffer
				if err := o.write(&got); err != nil {
					t.Fatal(err)
				}
				golden := filepath.Join(dir, o.name)
				if *update {
					if err := os.WriteFile(golden, got.Bytes(), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Errorf("differs from %s (-want +got):\n%s", golden, cmp.Diff(string(want), got.String()))
				}
			})
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !known[e.Name()] {
				t.Errorf("%s/%s: no output has this name", dir, e.Name())
			}
		}
	}
}
