package memory

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"proxyaddr/conflicts"
)

// conflictOf returns a conflict as rules of keys could make it: each owner is
// "name:local,local".
func conflictOf(id string, owners ...string) conflicts.Conflict {
	c := conflicts.Conflict{ID: id, Class: conflicts.Duplicate}
	for _, o := range owners {
		name, locals, _ := strings.Cut(o, ":")
		object := &conflicts.Object{Entry: conflicts.Entry{GUID: guidOf(name), DN: "CN=" + name}}
		owner := conflicts.Owner{Object: object}
		for local := range strings.SplitSeq(locals, ",") {
			owner.Claims = append(owner.Claims, conflicts.Claim{Attribute: conflicts.ProxyAddresses, Value: smtp(local)})
		}
		c.Owners = append(c.Owners, owner)
	}
	return c
}

// listing shows cases in short: ID, aliases and status.
func listing(s *State) string {
	var list []string
	for _, c := range s.Cases {
		list = append(list, fmt.Sprintf("%s%v %s %d", c.ID, c.Aliases, c.Status, c.FirstSeen.Day()))
	}
	return strings.Join(list, "; ")
}

func judgeAll(before *State, on int, found ...conflicts.Conflict) *State {
	s := &Scan{Run: Run{Complete: true, Time: day("2026-11-01").AddDate(0, 0, on-1)}}
	return Match(before, found).Judge(s).State
}

func TestMergedAndSplit(t *testing.T) {
	night1 := judgeAll(nil, 1, conflictOf("C-B", "b1:b", "b2:b"))
	night2 := judgeAll(night1, 2, conflictOf("C-A", "a1:a", "a2:a"), conflictOf("C-B", "b1:b", "b2:b"))
	if got := listing(night2); got != "C-A[] new 2; C-B[] known 1" {
		t.Fatal(got)
	}
	s := &Scan{Run: Run{Complete: true, Time: day("2026-11-03")}}
	out := Match(night2, []conflicts.Conflict{conflictOf("C-A", "a1:a", "a2:a", "b1:b", "b2:b")}).Judge(s)
	merged := out.State
	if got := listing(merged); got != "C-B[C-A] known 1" {
		t.Errorf("two became one: %s", got)
	}
	if len(out.History) != 1 || out.History[0].Kind != "merged" || out.History[0].ID != "C-A" || out.History[0].Detail != "into C-B" {
		t.Errorf("history: %+v", out.History)
	}
	if found := merged.Find("c-a"); len(found) != 1 || found[0].ID != "C-B" {
		t.Errorf("an old change request names %v", found)
	}
	split := judgeAll(merged, 4, conflictOf("C-A", "a1:a", "a2:a"), conflictOf("C-B", "b1:b", "b2:b"))
	if got := listing(split); got != "C-A[C-B] known 1; C-B[C-A] known 1" {
		t.Errorf("one became two: %s", got)
	}
	if got := split.Find("C-B"); len(got) != 2 {
		t.Errorf("C-B names %d cases", len(got))
	}
	joined := judgeAll(night2, 3, conflictOf("C-A", "a1:a", "a2:a", "b1:b", "b2:b", "x:a"))
	if got := listing(joined); got != "C-B[C-A] worsened 1" {
		t.Errorf("two became one that another joined: %s", got)
	}
}

// A conflict that newer rules call otherwise keeps its name.
func TestKeyedAnew(t *testing.T) {
	old := judgeAll(nil, 1, conflictOf("C-OLD", "a:ø", "b:ø"))
	old.KeyRules = -1
	s := &Scan{Run: Run{Complete: true, Time: day("2026-11-02")}}
	out := Match(old, []conflicts.Conflict{conflictOf("C-NEW", "a:ø", "b:ø")}).Judge(s)
	if got := listing(out.State); got != "C-OLD[C-NEW] known 1" {
		t.Error(got)
	}
	if len(out.Notes) != 1 || !strings.Contains(out.Notes[0], "with new keys: 1") {
		t.Errorf("notes: %q", out.Notes)
	}
	if again := Match(out.State, nil).Judge(s); len(again.Notes) > 0 {
		t.Errorf("noted twice: %q", again.Notes)
	}
}

// Values that newer rules take apart are no conflict any more, though nobody changed them.
func TestTakenApart(t *testing.T) {
	old := judgeAll(nil, 1, conflictOf("C-OLD", "a:x", "b:y"))
	s := &Scan{Run: Run{Complete: true, Time: day("2026-11-02")}}
	for name, local := range map[string]string{"a": "x", "b": "y"} {
		s.Former = append(s.Former, &conflicts.Object{Entry: conflicts.Entry{GUID: guidOf(name), DN: "CN=" + name, ProxyAddresses: []string{smtp(local)}}})
	}
	m := Match(old, nil)
	if got := m.Former(); len(got) != 2 {
		t.Errorf("to be read: %v", got)
	}
	if c := m.Judge(s).State.Cases[0]; c.Status != Resolved || c.Reason != Regrouped {
		t.Errorf("%s: %s", c.Status, c.Reason)
	}
}

// Whoever changes a key has to count KeyRules up: that is how a run knows that it has to
// say so.
func TestKeyRulesAreCounted(t *testing.T) {
	var keys []string
	for _, v := range []string{"SMTP:Jane.Doe@Example.com", " smtp: a@b.c ", "smtp:josé@müller.de", "smtp:jose@xn--mller-kva.de", "smtp:ＡＢ＠ｃ.de",
		"smtp:straße@ß.de", "smtp:ørsted@æ.dk", "X500:/o=Org/ou=A (x)/cn=B", "x400:c=US;a= ;p=Org;", "sip:A@B", "none", "smtp:かな@カナ.jp", "smtp:o'brien@x.ie", "smtp:İ@x.tr",
		"smtp:əlİ@x.az", "smtp:m²\u00a0ŧſ@x.fi", "smtp:サービス.いすゞ@x.jp", "smtp:ก่อน@x.th", "smtp:\u1100\u1161각@x.kr", "smtp:ᾳµ٢@x.gr"} {
		a := conflicts.ParseAddress(v)
		keys = append(keys, string(a.Key()), string(a.LooseKey()))
	}
	slices.Sort(keys)
	sums := map[int]string{2: "23905fe3fec233c1", 3: "23905fe3fec233c1"}
	if got := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(keys, "\n"))))[:16]; got != sums[conflicts.KeyRules] {
		t.Errorf("keys have the sum %s, version %d had %s: count conflicts.KeyRules up and add the sum here", got, conflicts.KeyRules, sums[conflicts.KeyRules])
	}
}
