package apply

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

func record(n byte, name string) conflicts.FixRecord {
	return conflicts.FixRecord{File: "fix.ldif", Line: int(n), DN: "CN=" + name + "," + root, GUID: conflicts.GUID{n, 1, 2, 3},
		Attributes: []conflicts.AttributeFix{{Attribute: conflicts.ProxyAddresses.String(), Delete: []string{"smtp:<old>@contoso.example"}, Add: []string{"smtp:new@contoso.example"}}}}
}

var head = Head{Version: "1.0", Files: []File{{"fix.ldif", "e3b0"}}, Servers: []Server{{"dc=contoso,dc=example", "ldaps://dc1", "dc1.contoso.example", "anna"}}}

// history writes a journal in which most can be seen.
func history(t *testing.T, path string) *Journal {
	t.Helper()
	plan := []conflicts.FixRecord{record(1, "Björn"), record(2, "Two")}
	j, err := Create(path, at, head, plan)
	if err != nil {
		t.Fatal(err)
	}
	back := plan[0].Inverse()
	for _, e := range []*entry{newEntry(intent, &plan[0]), result(done, &plan[0], ""), newEntry(intent, &plan[1]), result(failed, &plan[1], "busy")} {
		if err := j.note(e); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{j.Resume(head), j.Undo(head), j.note(newEntry(intent, &back)), j.note(result(done, &back, ""))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return j
}

const written = `{"record":"apply","time":"2026-03-04T04:06:07.089Z","journal_version":1,"version":"1.0","files":[{"name":"fix.ldif","sha256":"e3b0"}],"servers":[{"partition":"dc=contoso,dc=example","url":"ldaps://dc1","host":"dc1.contoso.example","identity":"anna"}],"changes":2}
{"record":"change","guid":"03020101-0000-0000-0000-000000000000","dn":"CN=Björn,DC=contoso,DC=example","file":"fix.ldif","line":1,"edits":[{"attribute":"proxyAddresses","delete":["smtp:<old>@contoso.example"],"add":["smtp:new@contoso.example"]}]}
{"record":"change","guid":"03020102-0000-0000-0000-000000000000","dn":"CN=Two,DC=contoso,DC=example","file":"fix.ldif","line":2,"edits":[{"attribute":"proxyAddresses","delete":["smtp:<old>@contoso.example"],"add":["smtp:new@contoso.example"]}]}
{"record":"intent","time":"2026-03-04T04:06:07.089Z","guid":"03020101-0000-0000-0000-000000000000","dn":"CN=Björn,DC=contoso,DC=example","file":"fix.ldif","line":1,"edits":[{"attribute":"proxyAddresses","delete":["smtp:<old>@contoso.example"],"add":["smtp:new@contoso.example"]}]}
{"record":"done","time":"2026-03-04T04:06:07.089Z","guid":"03020101-0000-0000-0000-000000000000","dn":"CN=Björn,DC=contoso,DC=example"}
{"record":"intent","time":"2026-03-04T04:06:07.089Z","guid":"03020102-0000-0000-0000-000000000000","dn":"CN=Two,DC=contoso,DC=example","file":"fix.ldif","line":2,"edits":[{"attribute":"proxyAddresses","delete":["smtp:<old>@contoso.example"],"add":["smtp:new@contoso.example"]}]}
{"record":"failed","time":"2026-03-04T04:06:07.089Z","guid":"03020102-0000-0000-0000-000000000000","dn":"CN=Two,DC=contoso,DC=example","problem":"busy"}
{"record":"resume","time":"2026-03-04T04:06:07.089Z","version":"1.0","files":[{"name":"fix.ldif","sha256":"e3b0"}],"servers":[{"partition":"dc=contoso,dc=example","url":"ldaps://dc1","host":"dc1.contoso.example","identity":"anna"}]}
{"record":"undo","time":"2026-03-04T04:06:07.089Z","version":"1.0","files":[{"name":"fix.ldif","sha256":"e3b0"}],"servers":[{"partition":"dc=contoso,dc=example","url":"ldaps://dc1","host":"dc1.contoso.example","identity":"anna"}]}
{"record":"intent","time":"2026-03-04T04:06:07.089Z","guid":"03020101-0000-0000-0000-000000000000","dn":"CN=Björn,DC=contoso,DC=example","file":"fix.ldif","line":1,"restores":true,"edits":[{"attribute":"proxyAddresses","delete":["smtp:new@contoso.example"],"add":["smtp:<old>@contoso.example"]}]}
{"record":"done","time":"2026-03-04T04:06:07.089Z","guid":"03020101-0000-0000-0000-000000000000","dn":"CN=Björn,DC=contoso,DC=example"}
`

func TestJournalFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	history(t, path).Close()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written, string(got)); diff != "" {
		t.Error(diff)
	}
}

// Cut off anywhere, a journal says what it said at its last whole line, and goes
// on from there.
func TestTornJournal(t *testing.T) {
	after := []string{"rr", "?r", "ar", "a?", "ar", "ar", "ar", "?r", "rr"} // by whole lines behind the first two
	for cut := range len(written) + 1 {
		j := newJournal(at)
		lines := strings.Count(written[:cut], "\n")
		whole, err := j.load(strings.NewReader(written[:cut]))
		if lines < 3 {
			if !errors.Is(err, ErrNoPlan) {
				t.Errorf("cut at %d: %v", cut, err)
			}
			continue
		}
		torn := written[cut-1] != '\n'
		if err != nil || int(whole) != strings.LastIndex(written[:cut], "\n")+1 || j.Torn != torn || noted(j) != after[lines-3] || j.Undoing() != (lines >= 9) {
			t.Errorf("cut at %d: %d bytes whole, torn %v, %s, undoing %v: %v", cut, whole, j.Torn, noted(j), j.Undoing(), err)
		}
	}
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, []byte(written[:len(written)-5]), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := Open(path, at)
	if err != nil || !j.Torn {
		t.Fatalf("%v", err)
	}
	back := j.Inverses()[0]
	if err := j.note(result(done, &back, "")); err != nil {
		t.Fatal(err)
	}
	j.Close()
	if got, err := os.ReadFile(path); err != nil || string(got) != written {
		t.Errorf("%v: not as if nothing had been cut:\n%s", err, got)
	}
}

func TestDamagedJournal(t *testing.T) {
	lines := strings.SplitAfter(written, "\n")
	without := func(n int) string { return strings.Join(append(append([]string{}, lines[:n]...), lines[n+1:]...), "") }
	for name, tc := range map[string]struct{ text, says string }{
		"no header":       {without(0), "not a journal of proxyaddr"},
		"plan too short":  {without(1), "line 3: unexpected intent"},
		"plan too long":   {lines[0] + lines[1] + lines[2] + lines[2], "line 4: CN=Two,DC=contoso,DC=example: changed twice, or not announced"},
		"object twice":    {lines[0] + lines[1] + lines[1], "line 3: CN=Björn,DC=contoso,DC=example: changed twice, or not announced"},
		"no intent":       {without(3), "line 4: unexpected done"},
		"two intents":     {without(4), "line 5: unexpected intent"},
		"made twice":      {strings.Join(lines[:5], "") + lines[3], "line 6: unexpected intent"},
		"undone, unmade":  {strings.Join(lines[:3], "") + lines[8] + lines[9], "line 5: unexpected intent"},
		"garbage within":  {lines[0] + "\x00\x00\n" + lines[1], "line 2: invalid character"},
		"unknown":         {strings.Join(lines[:3], "") + `{"record":"x"}` + "\n", `line 4: "": not in the plan`},
		"another object":  {strings.Join(lines[:3], "") + strings.ReplaceAll(lines[3], "03020101", "ff020101"), "not in the plan"},
		"later version":   {strings.Replace(written, `"journal_version":1`, `"journal_version":2`, 1), "line 1: a journal of version 2"},
		"logon name":      {strings.Replace(written, `"attribute":"proxyAddresses"`, `"attribute":"userPrincipalName"`, 1), "line 2: CN=Björn,DC=contoso,DC=example: userPrincipalName is never changed"},
		"empty":           {"", "nothing was changed"},
		"something else":  {"dn: CN=a\nchangetype: modify\n", "not a journal of proxyaddr"},
		"garbage, a line": {"x\n", "not a journal of proxyaddr"},
		"garbage, cut":    {"x", "not a journal of proxyaddr"},
		"other JSON":      {`{"schema_version":1}` + "\n", "not a journal of proxyaddr"},
		"zeros":           {strings.Repeat("\x00", 5000), "not a journal of proxyaddr"},
		"only a plan":     {lines[0] + lines[1], "nothing was changed"},
		"first line cut":  {lines[0][:40], "nothing was changed"},
	} {
		path := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, at); err == nil || !strings.Contains(err.Error(), tc.says) || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%s: %v", name, err)
		}
		if got, _ := os.ReadFile(path); string(got) != tc.text {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

// A change that somebody else made is neither left to do nor to undo.
func TestJournalOfAnotherHand(t *testing.T) {
	const refused = `{"record":"by_another","time":"2026-03-04T04:06:07.089Z","guid":"03020102-0000-0000-0000-000000000000","dn":"CN=Two,DC=contoso,DC=example","problem":"no such attribute"}
`
	upToIntent := strings.Join(strings.SplitAfter(written, "\n")[:6], "")
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, []byte(upToIntent), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := Open(path, at)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.note(result(another, &j.plan[1], "no such attribute")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != upToIntent+refused {
		t.Errorf("%v\n%s", err, got)
	}
	if j = reopen(t, j); noted(j) != "at" || len(j.Left()) != 0 || len(j.Inverses()) != 1 || j.Made() != 1 {
		t.Errorf("%s, %d left, %d to be taken back", noted(j), len(j.Left()), len(j.Inverses()))
	}
	for name, lines := range map[string]string{
		"without an intent": refused,
		"sent again":        strings.SplitAfter(written, "\n")[5] + refused + strings.SplitAfter(written, "\n")[5],
	} {
		text := strings.Join(strings.SplitAfter(written, "\n")[:5], "") + lines + refused
		if _, err := newJournal(at).load(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "unexpected") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One process at a time, and no journal is overwritten.
func TestJournalIsExclusive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j := history(t, path)
	if _, err := Open(path, at); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if _, err := Create(path, at, head, nil); !errors.Is(err, os.ErrExist) {
		t.Errorf("created twice: %v", err)
	}
	j.Close()
	if _, err := Create(path, at, head, nil); !errors.Is(err, os.ErrExist) {
		t.Errorf("created again: %v", err)
	}
	again, err := Open(path, at)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if _, err := Open(filepath.Join(t.TempDir(), "none"), at); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// Whatever is in the file, what is read from it can be sent, and reads the same
// without the line that was cut.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(written))
	f.Add([]byte(written[:len(written)-20]))
	f.Fuzz(func(t *testing.T, text []byte) {
		j := newJournal(at)
		whole, err := j.load(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, a := range append(j.Left(), j.Inverses()...) {
			if _, err := request(&a); err != nil {
				t.Error(err)
			}
		}
		if j.Torn != (whole < int64(len(text))) {
			t.Errorf("torn %v, %d of %d bytes are whole", j.Torn, whole, len(text))
		}
		again := newJournal(at)
		if n, err := again.load(bytes.NewReader(text[:whole])); err != nil || n != whole || again.Torn || noted(again) != noted(j) {
			t.Errorf("%v: %s, %s", err, noted(again), noted(j))
		}
	})
}
