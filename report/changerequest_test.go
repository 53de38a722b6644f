package report

import (
	"fmt"
	"slices"
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

func TestLargeChangeRequestSumsUpAndListsTheRiskiest(t *testing.T) {
	a := largeAudit(1000, 0)
	for i := range a.Changes[:900] {
		a.Conflicts[i].Class = conflicts.Collation
	}
	elsewhere := *a.Changes[999].Object
	elsewhere.Partition = "DC=emea," + corp
	a.Changes[997].Risk, a.Changes[998].Risk = conflicts.Medium, conflicts.High
	a.Changes[999].Risk, a.Changes[999].Object = conflicts.Medium, &elsewhere
	got := changeRequest(t, a)
	_, sums, _ := strings.Cut(got, "|---|---|---:|---:|---:|\n")
	sums, _, _ = strings.Cut(sums, "\n\n")
	if want := `| corp.contoso.com | Duplicate SMTP address | 1 | 1 | 97 |
| corp.contoso.com | Same address to Active Directory | 0 | 0 | 900 |
| emea.corp.contoso.com | Duplicate SMTP address | 0 | 1 | 0 |`; sums != want {
		t.Errorf("sums:\n%s\nwant:\n%s", sums, want)
	}
	var first []string
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, "- C-") && len(first) < 4 {
			id, _, _ := strings.Cut(line[len("- "):], ":")
			first = append(first, id)
		}
	}
	if want := []string{"C-0000000998", "C-0000000997", "C-0000000999", "C-0000000000"}; !slices.Equal(first, want) {
		t.Errorf("the list begins with %v, want %v", first, want)
	}
	if n := strings.Count(got, "\n"); n > listed+200 {
		t.Errorf("%d lines are too many to read", n)
	}
}

func TestChangeRequestNamesWhatIsLeftForAPerson(t *testing.T) {
	if got := changeRequest(t, incompleteAudit()); !strings.Contains(got, "lies outside the reported subtrees") {
		t.Errorf("lacks why the conflict stays:\n%s", got)
	}
	if got := changeRequest(t, normalAudit()); !strings.Contains(got, "- C-DDDDDDDDDD (non-smtp)") {
		t.Errorf("lacks a conflict for which nothing is proposed:\n%s", got)
	}
}
