package ldapscan

import (
	"fmt"
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

// What a search finds is counted, however much is said between it.
func TestManyRemarksAreCounted(t *testing.T) {
	const found = "dn: CN=A,DC=a\nproxyAddresses: SMTP:a@a.com\n\n# refldap://a/CN=Configuration,DC=a\n\n"
	const n = 2*maxRemarks + 500
	text := "# extended LDIF\n\n" + strings.Repeat(found, n) + fmt.Sprintf("# numResponses: %d\n# numEntries: %d\n# numReferences: %d\n", 2*n+1, n, n)
	x, err := SpoolExport(t.Context(), "export", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, block := range []int64{x.data.Size(), 10_000} {
		r := x.sweep(t.Context(), nowhere{}, nil, false, 2, block)
		if problems := r.searches.end(); r.damage != nil || len(problems) > 0 {
			t.Errorf("blocks of %d: %q, %v", block, problems, r.damage)
		}
	}
}
