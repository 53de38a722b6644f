package report

import (
	"fmt"
	"io"

	"proxyaddr/conflicts"
)

// PreviewTable writes what is about to be changed: each object with the values that go
// and those that come, under the name of the server that is changed, which on tells
// by the name of the object.
func PreviewTable(w io.Writer, verdicts []conflicts.Verdict, on func(dn string) string, opts TableOptions) error {
	t := newRecordTable(w, opts)
	server := ""
	for i := range verdicts {
		v := &verdicts[i]
		a := v.Record
		if s := on(a.DN); i == 0 || s != server {
			server = s
			t.line("", "on "+server+":", bold)
		}
		t.dn("  ", fmt.Sprintf("%s:%d  %s", a.File, a.Line, a.DN))
		for _, e := range a.Attributes {
			for _, value := range e.Delete {
				t.line("    - ", e.Attribute+": "+value, plain)
			}
			for _, value := range e.Add {
				t.line("    + ", e.Attribute+": "+value, plain)
			}
		}
		for _, note := range v.Notes {
			t.line("    note: ", note, plain)
		}
	}
	return t.out.Flush()
}
