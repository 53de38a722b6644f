package report

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/report/workbook/workbooktest"
)

const oneID = "C-AAAAAAAAAAAAAAAA"

// sameID gives all conflicts of an audit one ID.
func sameID(a *conflicts.Audit) *conflicts.Audit {
	for i := range a.Conflicts {
		a.Conflicts[i].ID = oneID
	}
	for i := range a.Changes {
		a.Changes[i].Conflict = oneID
	}
	return a
}

var anyID = regexp.MustCompile(`C-[A-Z2-7]{10}([A-Z2-7]{6})?\b`)

// anySum matches the checksum of a file, which depends on the IDs in it.
var anySum = regexp.MustCompile(`[0-9a-f]{64}`)

// Conflicts with one ID are told apart in every output: each is as it would be with
// IDs of their own, but for the IDs.
func TestOutputsTellConflictsWithOneIDApart(t *testing.T) {
	audits := map[string]func() *conflicts.Audit{"normal": normalAudit, "domains": domainsAudit, "reviewed": reviewedAudit, "workbook": workbooktest.Audit}
	for name, audit := range audits {
		same := sameID(audit())
		for i, o := range textOutputs(audit()) {
			var want, got bytes.Buffer
			if err := o.write(&want); err != nil {
				t.Fatal(err)
			}
			if err := textOutputs(same)[i].write(&got); err != nil {
				t.Fatal(err)
			}
			with := anySum.ReplaceAllString(anyID.ReplaceAllString(want.String(), oneID), "")
			if diff := cmp.Diff(with, anySum.ReplaceAllString(got.String(), "")); diff != "" {
				t.Errorf("%s, %s (-IDs of their own +one ID):\n%s", name, o.name, diff)
			}
		}
		distinct, equal := opened(t, audit()), opened(t, same)
		for _, sheet := range []string{"Decide", "Evidence"} {
			want, got := workbooktest.Records(t, distinct, sheet), workbooktest.Records(t, equal, sheet)
			for i := range want {
				want[i]["Conflict"] = oneID
				delete(want[i], "Key")
				delete(got[i], "Key")
				for _, f := range []string{"F", "M"} {
					cell := f + string(rune('2'+min(i, 7)))
					_, to, _ := distinct.GetCellHyperLink(sheet, cell)
					if _, link, _ := equal.GetCellHyperLink(sheet, cell); link != to {
						t.Errorf("%s, sheet %s: %s leads to %q, want %q", name, sheet, cell, link, to)
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, sheet %s (-IDs of their own +one ID):\n%s", name, sheet, diff)
			}
		}
	}
}

// Two conflicts with one ID pass from the scan to the last look: what was approved of
// one is done, the other stays.
func TestTwoConflictsWithOneIDFromScanToVerify(t *testing.T) {
	a := sameID(workbooktest.Audit())
	first, last := a.Changes[0].Key, a.Changes[len(a.Changes)-1].Key
	path := reviewable(t, a)
	workbooktest.Edit(t, path, func(e *workbooktest.Editor) {
		for row, p := range rowsOf(t, a) {
			switch p.Conflict.Key {
			case first:
				e.Set("Decision", row, "Approve")
			case last:
				e.Set("Decision", row, "Reject")
				e.Set("Comment", row, "not this one")
			}
		}
	})
	decided, err := approved(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range decided.Changes {
		if key := decided.Changes[i].Key; key != first {
			t.Errorf("a change of %s is approved", key)
		}
	}
	for _, l := range decided.Review.Left {
		want := conflicts.Undecided
		if l.Conflict.Key == last {
			want = conflicts.Rejected
		}
		if l.Decision != want || l.Conflict.Key == first {
			t.Errorf("%s is %s, want %s", l.Conflict.Key.Address(), l.Decision, want)
		}
	}
	dir := t.TempDir()
	if _, err := mustClaim(t, dir, Unneeded).Publish(decided); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(dir, "fix-corp.contoso.com.ldif"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := ReadFix(file)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := conflicts.Verify(records, conflicts.Snapshot{Objects: workbooktest.Objects()})
	if len(verdicts) == 0 || slices.ContainsFunc(verdicts, func(v conflicts.Verdict) bool { return v.Status != conflicts.Ready }) {
		t.Errorf("%+v", verdicts)
	}
}

// The files of an earlier version, with shorter IDs and changes that tell no address,
// can be reviewed and read.
func TestFilesOfAnEarlierVersion(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "earlier"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, workbookFile)
	workbooktest.EditSheet(t, path, "Changes", func(e *workbooktest.Editor) { e.All("Approve") })
	got, err := approved(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(changesOf(normalAudit()), changesOf(got)); diff != "" {
		t.Errorf("(-proposed +approved):\n%s", diff)
	}
	if len(got.Review.Left) > 0 {
		t.Errorf("left: %+v", got.Review.Left)
	}
	for _, name := range []string{"fix", "rollback"} {
		text, err := os.ReadFile(filepath.Join(dir, name+"-corp.contoso.com.ldif"))
		if err != nil {
			t.Fatal(err)
		}
		list, err := ReadFix(bytes.NewReader(text))
		if err != nil || len(list) != 2 || list[0].GUID != (conflicts.GUID{}) || list[0].Restores {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
}

// In a document of an earlier version, in which two conflicts have one ID, the old
// value tells which of them a change is about.
func TestReadJSONLinksChangesThatTellNoAddress(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("testdata", "earlier", scanFile))
	if err != nil {
		t.Fatal(err)
	}
	a, err := ReadJSON(strings.NewReader(strings.ReplaceAll(string(document), "C-BBBBBBBBBB", oneID)))
	if err != nil {
		t.Fatal(err)
	}
	want := normalAudit()
	for i := range want.Changes {
		if got := a.Changes[i].Key; got != want.Changes[i].Key {
			t.Errorf("%s is a change of %s, want %s", a.Changes[i].Old, got, want.Changes[i].Key)
		}
	}
}
