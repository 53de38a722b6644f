package ldapscan

import (
	"runtime"
	"strings"
	"testing"
)

// However many signs of a search an export has, they take no memory: also where it is
// read in one block, to tell the line that is damaged.
func TestManyRemarks(t *testing.T) {
	const content = "dn: CN=A,DC=a\nproxyAddresses: SMTP:a@a.com\n\n"
	text := content + strings.Repeat("# pagedresults: cookie=\n\n", 200_000) + content
	x, err := SpoolExport(t.Context(), "export", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := x.sweep(t.Context(), nowhere{}, nil, false, 1, x.data.Size())
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(len(text)) {
		t.Errorf("%d bytes for an export of %d", took, len(text))
	}
	if problems := r.searches.end(); r.damage != nil || r.total().records != 2 || len(problems) > 0 {
		t.Errorf("%d records, %q, %v", r.total().records, problems, r.damage)
	}
}
