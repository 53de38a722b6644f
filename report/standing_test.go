package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

// rememberedAudit is that of a run that remembers earlier ones. The conflict over
// smtp:jd@contoso.com is suppressed.
func rememberedAudit() *conflicts.Audit {
	a := normalAudit()
	night := time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC)
	standing := func(status memory.Status, days int) *conflicts.Standing {
		return &conflicts.Standing{Status: string(status), FirstSeen: night.AddDate(0, 0, 1-days), Days: days}
	}
	a.Conflicts[0].Standing = standing(memory.New, 0)
	a.Conflicts[1].Standing = standing(memory.Suppressed, 41)
	a.Conflicts[1].Standing.Suppression = &conflicts.SuppressionTerms{Until: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), Reason: "both go in the merger", By: "anna"}
	a.Conflicts[2].Standing = standing(memory.Worsened, 1)
	a.Conflicts[2].Standing.Joined = []string{a.Conflicts[2].Owners[1].DN}
	a.Conflicts[2].Standing.Changed = []string{"was non-smtp"}
	a.Conflicts[3].Standing = standing(memory.Known, 400)
	suppressed := a.Conflicts[1].Key
	a.Withdraw(func(k conflicts.Key) bool { return k == suppressed })
	a.Remembered = &conflicts.Remembered{Run: 42, LastComplete: night, Summary: "1 new, 1 worsened, 1 resolved, 1 known, 1 suppressed (next ends 2027-03-31), 1 unconfirmed",
		NotFound: []conflicts.Absent{
			{ID: "C-EEEEEEEEEEEEEEEE", Class: conflicts.Duplicate, Address: "smtp:sales@contoso.com", Standing: *standing(memory.Resolved, 7), Reason: string(memory.AddressRemoved)},
			{ID: "C-FFFFFFFFFFFFFFFF", Class: conflicts.NonSMTP, Address: "X500:/o=\xff", Standing: *standing(memory.Unconfirmed, 7), Reason: string(memory.NotVisible)},
		}}
	for _, status := range memory.Statuses {
		n := 1
		if status == memory.Reopened || status == memory.Expired {
			n = 0
		}
		a.Remembered.Counts = append(a.Remembered.Counts, conflicts.StatusCount{Status: string(status), Count: n})
	}
	return a
}

// The table of every night tells what is new, and not again what people have seen.
func TestTableLeavesOutWhatIsKnown(t *testing.T) {
	a := rememberedAudit()
	var out bytes.Buffer
	if err := Table(&out, a, TableOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), a.Conflicts[3].ID) || !strings.Contains(out.String(), "\n1 known conflict not shown: ") {
		t.Errorf("the known conflict:\n%s", &out)
	}
	out.Reset()
	a.Remembered.Baseline = true
	if err := Table(&out, a, TableOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), a.Conflicts[3].ID) || strings.Contains(out.String(), "not shown") {
		t.Errorf("the baseline:\n%s", &out)
	}
}
