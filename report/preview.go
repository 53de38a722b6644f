package report

import (
	"bufio"
	"fmt"
	"io"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// PreviewTable writes what is about to be changed: each object with the values that go
// and those that come, under the name of the server that is changed, which on tells
// by the name of the object.
func PreviewTable(w io.Writer, verdicts []conflicts.Verdict, on func(dn string) string, opts TableOptions) error {
	t := &table{out: bufio.NewWriter(w), color: opts.Color}
	server := ""
	for i := range verdicts {
		v := &verdicts[i]
		a := v.Record
		if s := on(a.DN); i == 0 || s != server {
			server = s
			t.put("", words.Escape("on "+server+":"), bold)
		}
		t.put("  ", words.Escape(fmt.Sprintf("%s:%d  %s", a.File, a.Line, a.DN)), plain)
		for _, e := range a.Attributes {
			for _, value := range e.Delete {
				t.put("    - ", words.Escape(e.Attribute+": "+value), plain)
			}
			for _, value := range e.Add {
				t.put("    + ", words.Escape(e.Attribute+": "+value), plain)
			}
		}
		for _, note := range v.Notes {
			t.put("    note: ", words.Escape(note), plain)
		}
	}
	return t.out.Flush()
}
