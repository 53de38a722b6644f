package report

import (
	"strings"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

func TestCompletenessNamesEveryReasonInOneLine(t *testing.T) {
	a := incompleteAudit()
	got := words.Completeness(a)
	if !strings.HasPrefix(got, "INCOMPLETE") {
		t.Errorf("%q does not begin with INCOMPLETE", got)
	}
	for _, p := range a.Problems {
		if !strings.Contains(got, p) {
			t.Errorf("%q lacks %q", got, p)
		}
	}
	if got := words.Completeness(hostileAudit()); words.Escape(got) != got {
		t.Errorf("%+q is not safe to print", got)
	}
	const want = "Complete: everything in 3 partitions was read (3,214 objects with 9,876 addresses)."
	if got := words.Completeness(normalAudit()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// An incomplete scan without conflicts must not look like a clean one.
func TestEveryOutputOfAnIncompleteScanSaysSo(t *testing.T) {
	a := &conflicts.Audit{Problems: []string{"dc1:unreachable"}} // in one word, which is never wrapped
	for _, o := range textOutputs(a) {
		var out strings.Builder
		if err := o.write(&out); err != nil {
			t.Fatal(err)
		}
		said := strings.Contains(out.String(), "INCOMPLETE") || strings.Contains(strings.ReplaceAll(out.String(), " ", ""), `"complete":false`)
		if !said || !strings.Contains(out.String(), "dc1:unreachable") {
			t.Errorf("%s does not say that the scan is incomplete, or why:\n%s", o.name, out.String())
		}
	}
}
