package report

import (
	"fmt"
	"strings"
	"testing"

	"proxyaddr/conflicts"
)

func changeRequest(t *testing.T, a *conflicts.Audit) string {
	t.Helper()
	var out strings.Builder
	if err := ChangeRequest(&out, a); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestChangeRequestPointsToTheWorkbookForLongLists(t *testing.T) {
	a := normalAudit()
	o := a.Changes[0].Object
	a.Changes = nil
	for i := range listed + 1 {
		a.Changes = append(a.Changes, conflicts.Change{Conflict: "C-X", Object: o, Attribute: conflicts.ProxyAddresses,
			Old: fmt.Sprintf("smtp:%d@contoso.com", i), New: fmt.Sprintf("smtp:%dx@contoso.com", i)})
	}
	got := changeRequest(t, a)
	if n := strings.Count(got, "\n- C-X: "); n != listed {
		t.Errorf("%d changes are listed, want %d", n, listed)
	}
	if want := "These are the first 200 of 201; the workbook `report.xlsx` has all."; !strings.Contains(got, want) {
		t.Errorf("lacks %q", want)
	}
}

func TestChangeRequestNamesWhatIsLeftForAPerson(t *testing.T) {
	if got := changeRequest(t, incompleteAudit()); !strings.Contains(got, "cannot be changed: outside the reported subtrees") {
		t.Errorf("lacks why the conflict stays:\n%s", got)
	}
	if got := changeRequest(t, normalAudit()); !strings.Contains(got, "- C-DDDDDDDDDD (non-smtp)") {
		t.Errorf("lacks a conflict for which nothing is proposed:\n%s", got)
	}
}

func TestSpanCannotBeLeft(t *testing.T) {
	for in, want := range map[string]string{
		"plain":       "`plain`",
		`CN=Doe\, J`:  "`CN=Doe\\, J`",
		"a`b":         "``a`b``",
		"a``b`c":      "```a``b`c```",
		"`":           "`` ` ``",
		" x ":         "`  x  `",
		"a\n\n# head": "`a\\n\\n# head`",
	} {
		if got := span(in); got != want {
			t.Errorf("span(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestInertTextHasNoMarkup(t *testing.T) {
	const in = "a\n**b** [x](u) <i> `c` |\\"
	const want = "a\\\\n\\*\\*b\\*\\* \\[x\\](u) \\<i\\> \\`c\\` \\|\\\\"
	if got := inert(in); got != want {
		t.Errorf("inert(%q) = %s, want %s", in, got, want)
	}
}
