package apply

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

func every(string) bool { return true }

// begun makes a journal of the plan for a server's staff.
func begun(t *testing.T, srv *ldaptest.Server, timeout time.Duration) (*ldapscan.Forest, *Journal) {
	t.Helper()
	cfg := config(srv)
	cfg.Timeout = timeout
	f := open(t, cfg)
	plan := planFor(t, f, root)
	j, err := Create(filepath.Join(t.TempDir(), "journal"), at, Head{Version: "test", Servers: Servers(f, plan)}, plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return f, j
}

// runAll makes changes over connections of their own.
func runAll(ctx context.Context, f *ldapscan.Forest, j *Journal, todo []conflicts.FixRecord, made func(*conflicts.FixRecord)) error {
	w, err := Connect(ctx, f, todo)
	if err != nil {
		return err
	}
	defer w.Close()
	return w.Run(ctx, j, todo, made)
}

// reopen closes a journal and reads it back, which has to give the same.
func reopen(t *testing.T, j *Journal) *Journal {
	t.Helper()
	path := j.file.(*os.File).Name()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	if noted(again) != noted(j) || again.Undoing() != j.Undoing() || again.Torn {
		t.Errorf("the file says %s, undoing %v, torn %v; it was %s, %v", noted(again), again.Undoing(), again.Torn, noted(j), j.Undoing())
	}
	return again
}

func TestRunAndUndo(t *testing.T) {
	ctx := context.Background()
	srv := serve(t, 4)
	f, j := begun(t, srv, time.Minute)
	before := contacts(t, f, root)
	var told []string
	made := func(a *conflicts.FixRecord) { told = append(told, a.DN) }
	if err := runAll(ctx, f, j, j.Left()[:3], made); err != nil {
		t.Fatal(err)
	}
	if got := states(t, f, j.plan); got != "aaar" || noted(j) != got || len(told) != 3 || told[0] != "CN=c0,"+root || j.Made() != 3 {
		t.Errorf("directory %s, journal %s, told %q", got, noted(j), told)
	}
	j = reopen(t, j)
	if err := j.Resume(Head{Version: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := Recover(ctx, f, j); err != nil {
		t.Fatal(err)
	}
	if err := runAll(ctx, f, j, j.Left(), made); err != nil {
		t.Fatal(err)
	}
	if got := states(t, f, j.plan); got != "aaaa" || noted(j) != got || len(j.Left()) != 0 {
		t.Errorf("directory %s, journal %s", got, noted(j))
	}

	j = reopen(t, j)
	if err := j.Undo(Head{Version: "test"}); err != nil {
		t.Fatal(err)
	}
	told = nil
	if err := runAll(ctx, f, j, j.Left(), made); err != nil {
		t.Fatal(err)
	}
	if got := states(t, f, j.plan); got != "rrrr" || noted(j) != got || told[0] != "CN=c3,"+root {
		t.Errorf("directory %s, journal %s, told %q", got, noted(j), told)
	}
	for name, o := range contacts(t, f, root) {
		slices.Sort(o.ProxyAddresses)
		slices.Sort(before[name].ProxyAddresses)
		if !slices.Equal(o.ProxyAddresses, before[name].ProxyAddresses) || o.Mail != before[name].Mail {
			t.Errorf("%s: %q %s", name, o.ProxyAddresses, o.Mail)
		}
	}
	j = reopen(t, j)
	if !j.Undoing() || len(j.Left()) != 0 || len(j.Inverses()) != 0 {
		t.Error("more is left to be taken back")
	}
	if n := srv.Counts().Updates; n != 8 {
		t.Errorf("%d modify requests", n)
	}
}

// Whatever goes wrong, the run ends there, says what became of the change, and the
// journal does not say more than is known; and what is left can be done later.
func TestRunStops(t *testing.T) {
	apply := func(srv *ldaptest.Server, change string) func() {
		return func() {
			if err := srv.Apply(strings.NewReader(change)); err != nil {
				t.Error(err)
			}
		}
	}
	const c1 = "dn: CN=c1," + root + "\nchangetype: modify\n"
	reading := func(s ldaptest.Search) bool { return strings.Contains(s.Filter, "(objectGUID=") }
	// The second of three changes is hit: one read and one read again for each
	// change, so that the third read is that before it.
	for name, tc := range map[string]struct {
		faults    func(srv *ldaptest.Server) []ldaptest.Fault
		says      string
		outcome   string
		stale     bool
		directory string // then
		journal   string
		left      string // after Recover
		blocked   bool   // Recover stops too
	}{
		"value gone before": {func(srv *ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every, Do: apply(srv, c1+"delete: mail\nmail: c1@contoso.example\n-\n")}}
		}, "no longer as it was before the run; c1@contoso.example is no longer there", notMade, true, "asr", "arr", "arr", false},
		"made by another before": {func(srv *ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every, Do: apply(srv, c1+"replace: mail\nmail: new1@contoso.example\n-\nreplace: proxyAddresses\nproxyAddresses: SMTP:new1@contoso.example\nproxyAddresses: smtp:spare1@contoso.example\n-\n")}}
		}, "no longer as it was before the run", notMade, true, "aar", "arr", "arr", false},
		"refused": {func(*ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every}, {Kind: ldaptest.Fail, Code: ldap.LDAPResultInsufficientAccessRights, Modify: every}}
		}, "Insufficient Access Rights", notMade, false, "arr", "arr", "arr", false},
		"referred": {func(*ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every}, {Kind: ldaptest.Fail, Code: ldap.LDAPResultReferral, Modify: every}}
		}, "the server refers to another one", notMade, false, "arr", "arr", "arr", false},
		"out of date": {func(*ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every}, {Kind: ldaptest.Fail, Code: ldap.LDAPResultNoSuchAttribute, Modify: every}}
		}, "No Such Attribute", notMade, true, "arr", "arr", "arr", false},
		"refused as another made it": {func(srv *ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every}, {Kind: ldaptest.Fail, Code: ldap.LDAPResultNoSuchAttribute, Modify: every,
				Do: apply(srv, c1+"replace: mail\nmail: new1@contoso.example\n-\nreplace: proxyAddresses\nproxyAddresses: SMTP:new1@contoso.example\nproxyAddresses: smtp:spare1@contoso.example\n-\n")}}
		}, "No Such Attribute", byAnother, true, "aar", "atr", "atr", false},
		"dropped after it was made": {func(*ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every}, {Kind: ldaptest.Drop, Modify: every}}
		}, "closed the connection", wasMade, false, "aar", "aar", "aar", false},
		"no answer, though made": {func(*ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every}, {Kind: ldaptest.Hang, Modify: every}}
		}, "no answer in time", wasMade, false, "aar", "aar", "aar", false},
		"dropped and changed": {func(srv *ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every}, {Kind: ldaptest.Drop, Modify: every, Do: apply(srv, c1+"delete: mail\n-\n")}}
		}, "closed the connection", unclear, false, "asr", "a?r", "", true},
		"dropped before it was made": {func(srv *ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Modify: every}, {Kind: ldaptest.Drop, Modify: every,
				Do: apply(srv, c1+"replace: mail\nmail: c1@contoso.example\n-\nreplace: proxyAddresses\nproxyAddresses: SMTP:c1@contoso.example\nproxyAddresses: smtp:info@contoso.example\n-\n")}}
		}, "closed the connection", unclear, false, "arr", "a?r", "a?r", false},
		"not to be read before": {func(*ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Match: reading, Times: 2}, {Kind: ldaptest.Drop, Match: reading}}
		}, "closed the connection", notMade, false, "arr", "arr", "arr", false},
		"not to be read after": {func(*ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Match: reading, Times: 3}, {Kind: ldaptest.Drop, Match: reading}}
		}, "the server accepted the change, but the object could not be read again", unclear, false, "aar", "a?r", "aar", false},
		"changed after": {func(srv *ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Match: reading, Times: 3}, {Match: reading, Do: apply(srv, c1+"delete: mail\n-\n")}}
		}, "the server accepted the change, but the object does not show it; c1@contoso.example is no longer there; proxyAddresses has changed already", unclear, false, "asr", "a?r", "", true},
		"deleted after": {func(srv *ldaptest.Server) []ldaptest.Fault {
			return []ldaptest.Fault{{Match: reading, Times: 3}, {Match: reading, Do: apply(srv, "dn: CN=c1,"+root+"\nchangetype: delete\n")}}
		}, "the server accepted the change, but the object does not show it; no object has its objectGUID any more", unclear, false, "asr", "a?r", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			srv := serve(t, 3)
			f, j := begun(t, srv, 2*time.Second)
			srv.Inject(tc.faults(srv)...)
			err := runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {})
			var s *Stop
			if !errors.As(err, &s) {
				t.Fatalf("%v", err)
			}
			if s.Record.DN != "CN=c1,"+root || !strings.Contains(s.Problem, tc.says) || s.Outcome != tc.outcome || s.Stale != tc.stale {
				t.Errorf("stale %v: %v", s.Stale, s)
			}
			if name == "referred" && !strings.Contains(s.Advice, "writable") {
				t.Errorf("hint %q", s.Advice)
			}
			if d := states(t, f, j.plan); d != tc.directory || noted(j) != tc.journal {
				t.Errorf("directory %s, journal %s", d, noted(j))
			}
			j = reopen(t, j)
			if err := Recover(ctx, f, j); errors.As(err, &s) != tc.blocked || err != nil && !tc.blocked {
				t.Errorf("settling: %v", err)
			}
			if !tc.blocked && noted(j) != tc.left {
				t.Errorf("recovered as %s", noted(j))
			}
			if tc.blocked || tc.directory[1] == 's' {
				return
			}
			todo := slices.DeleteFunc(j.Left(), func(a conflicts.FixRecord) bool { return a.GUID == j.plan[1].GUID && tc.directory[1] == 'a' })
			if err := runAll(ctx, f, j, todo, func(*conflicts.FixRecord) {}); err != nil {
				t.Errorf("going on: %v", err)
			}
			if d := states(t, f, j.plan); d != "aaa" {
				t.Errorf("directory %s in the end", d)
			}
		})
	}
}

// An address that somebody takes while the run is under way is not given away again,
// wherever in the forest it was taken and as what. The rest can be done once it is free.
func TestTakenMeanwhile(t *testing.T) {
	const thief = "dn: CN=Thief," + root + "\nchangetype: add\nobjectClass: user\nproxyAddresses: SMTP:thief@contoso.example\n"
	for name, tc := range map[string]struct{ entry, says string }{
		"proxy address":          {thief + "proxyAddresses: smtp:New1@contoso.example\n", "SMTP:new1@contoso.example is taken by CN=Thief," + root + " (proxyAddresses: smtp:New1@contoso.example)"},
		"alias":                  {thief + "proxyAddresses: smtp:spare1@contoso.example\n", "smtp:spare1@contoso.example is taken by CN=Thief,"},
		"mail":                   {thief + "mail: new1@contoso.example\n", "(mail: new1@contoso.example)"},
		"logon name":             {thief + "userPrincipalName: new1@contoso.example\n", "(userPrincipalName: new1@contoso.example)"},
		"target":                 {thief + "targetAddress: SMTP:new1@contoso.example\n", "(targetAddress: SMTP:new1@contoso.example)"},
		"deleted":                {thief + "isDeleted: TRUE\nproxyAddresses: smtp:new1@contoso.example\n", "taken by the deleted object CN=Thief,"},
		"in another forest":      {"dn: CN=Thief,DC=fabrikam,DC=example\nchangetype: add\nobjectClass: user\nmail: new1@contoso.example\n", "taken by CN=Thief,DC=fabrikam,DC=example (mail: new1@contoso.example)"},
		"the next one, not this": {thief + "mail: new2@contoso.example\n", "(mail: new2@contoso.example)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			srv := serve(t, 3)
			other, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader("dn: DC=fabrikam,DC=example\nobjectClass: domainDNS\n\ndn: CN=F,DC=fabrikam,DC=example\nobjectClass: user\nproxyAddresses: SMTP:f@fabrikam.example\n"),
				Users: map[string]string{user: password}})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			_, j := begun(t, srv, time.Minute)
			f := open(t, config(srv), config(other))
			dn, _, _ := strings.Cut(tc.entry, "\n")
			at, stays := srv, "arr"
			if strings.Contains(dn, "fabrikam") {
				at = other
			}
			if strings.Contains(tc.says, "new2@") {
				stays = "aar"
			}
			srv.Inject(ldaptest.Fault{Modify: every, Do: func() {
				if err := at.Apply(strings.NewReader(tc.entry)); err != nil {
					t.Error(err)
				}
			}})
			err = runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {})
			var s *Stop
			if !errors.As(err, &s) || !strings.Contains(s.Problem, tc.says) || s.Outcome != notMade || !s.Stale || s.Advice == "" {
				t.Fatalf("%+v", err)
			}
			j = reopen(t, j)
			if d := states(t, f, j.plan); d != stays || noted(j) != d || srv.Counts().Updates != strings.Count(d, "a") {
				t.Errorf("directory %s, journal %s", d, noted(j))
			}
			if err := at.Apply(strings.NewReader(dn + "\nchangetype: delete\n")); err != nil {
				t.Fatal(err)
			}
			if err := runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {}); err != nil || noted(j) != "aaa" {
				t.Errorf("continued: %v, %s", err, noted(j))
			}
		})
	}
}

// Where it cannot be told whether a new address is free, nothing is changed, and
// Ctrl-C ends the question too. What is taken back is not asked for: it is to bring
// the conflict back.
func TestFreedomUnknown(t *testing.T) {
	asked := func(s ldaptest.Search) bool { return strings.Contains(s.Filter, "(proxyAddresses=SMTP:new1@") }
	ctx := context.Background()
	srv := serve(t, 3)
	f, j := begun(t, srv, time.Minute)
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnwillingToPerform, Match: asked, Times: 2})
	err := runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {})
	var s *Stop
	if !errors.As(err, &s) || !strings.Contains(s.Problem, "not everything could be read, so a new address may be taken") || !strings.Contains(s.Problem, "Unwilling To Perform") ||
		s.Outcome != notMade || s.Stale {
		t.Fatalf("%v", err)
	}
	if d := states(t, f, j.plan); d != "arr" || noted(j) != d {
		t.Errorf("directory %s, journal %s", d, noted(j))
	}
	interrupted, interrupt := context.WithCancel(ctx)
	srv.Inject(ldaptest.Fault{Match: asked, Do: interrupt})
	if err := runAll(interrupted, f, j, j.Left(), func(*conflicts.FixRecord) {}); err != context.Canceled || noted(j) != "arr" {
		t.Errorf("interrupted: %v, journal %s", err, noted(j))
	}
	if err := runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {}); err != nil || noted(j) != "aaa" {
		t.Fatalf("continued: %v, %s", err, noted(j))
	}
	// c0's old alias is a contested one, and its old primary was given away meanwhile.
	if err := srv.Apply(strings.NewReader("dn: CN=Heir," + root + "\nchangetype: add\nobjectClass: user\nproxyAddresses: SMTP:c0@contoso.example\n")); err != nil {
		t.Fatal(err)
	}
	if err := j.Undo(Head{}); err != nil {
		t.Fatal(err)
	}
	if err := runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {}); err != nil || noted(j) != "rrr" {
		t.Errorf("taken back: %v, %s", err, noted(j))
	}
}

// Of two runs of one file each change is in one journal alone, and taken back by that
// one alone; so is one that another took back.
func TestAnotherHand(t *testing.T) {
	ctx := context.Background()
	srv := serve(t, 2)
	f, first := begun(t, srv, time.Minute)
	second, err := Create(filepath.Join(t.TempDir(), "second"), at, *first.head, first.plan)
	if err != nil {
		t.Fatal(err)
	}
	ignore := func(*conflicts.FixRecord) {}
	// race has a run refused because another makes its first change meanwhile.
	race := func(slow, fast *Journal) (s *Stop) {
		t.Helper()
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultNoSuchAttribute, Modify: every, Do: func() {
			if err := runAll(ctx, f, fast, fast.Left()[:1], ignore); err != nil {
				t.Error(err)
			}
		}})
		if err := runAll(ctx, f, slow, slow.Left(), ignore); !errors.As(err, &s) {
			t.Fatalf("%v", err)
		}
		return s
	}
	say := func(what, wantFirst, wantSecond, wantDirectory string) {
		t.Helper()
		first, second = reopen(t, first), reopen(t, second)
		if got := states(t, f, first.plan); noted(first) != wantFirst || noted(second) != wantSecond || got != wantDirectory {
			t.Errorf("%s: journals %s and %s, directory %s", what, noted(first), noted(second), got)
		}
	}
	if s := race(second, first); s.Outcome != byAnother || !s.Stale {
		t.Errorf("%v", s)
	}
	say("first change", "ar", "tr", "ar")
	if second.Made() != 0 || second.ByAnother() != 1 || len(second.Left()) != 1 {
		t.Errorf("made %d, by another %d, left %d", second.Made(), second.ByAnother(), len(second.Left()))
	}
	if err := runAll(ctx, f, second, second.Left(), ignore); err != nil {
		t.Fatal(err)
	}
	say("continued", "ar", "ta", "aa")
	for _, j := range []*Journal{first, second} {
		if err := j.Undo(*j.head); err != nil {
			t.Fatal(err)
		}
	}
	if err := runAll(ctx, f, second, second.Left(), ignore); err != nil {
		t.Fatal(err)
	}
	say("taken back by the second", "ar", "tr", "ar")
	// A rollback file takes it back while the first does.
	back := first.Inverses()
	third, err := Create(filepath.Join(t.TempDir(), "third"), at, *first.head, back)
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if s := race(first, third); s.Outcome != byAnother {
		t.Errorf("%v", s)
	}
	say("taken back by a third", "tr", "tr", "rr")
	if len(first.Left()) != 0 {
		t.Errorf("left %d", len(first.Left()))
	}
}

// A request that was lost on the way and comes late was still ours, also where the
// caller has seen meanwhile that nothing is left to do; and what is open comes
// first.
func TestLateRequest(t *testing.T) {
	const late = `changetype: modify
replace: mail
mail: new1@contoso.example
-
replace: proxyAddresses
proxyAddresses: SMTP:new1@contoso.example
proxyAddresses: smtp:spare1@contoso.example
-
`
	for name, tc := range map[string]struct {
		comes bool
		todo  func(left []conflicts.FixRecord) []conflicts.FixRecord
		sent  int
		want  string
	}{
		"among others":      {true, func(left []conflicts.FixRecord) []conflicts.FixRecord { return left }, 2, "aaa"},
		"seen to be done":   {true, func(left []conflicts.FixRecord) []conflicts.FixRecord { return left[:1] }, 1, "aar"},
		"alone":             {true, func(left []conflicts.FixRecord) []conflicts.FixRecord { return nil }, 0, "rar"},
		"never, and behind": {false, func(left []conflicts.FixRecord) []conflicts.FixRecord { return left }, 3, "aaa"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			srv := serve(t, 3)
			f, j := begun(t, srv, time.Minute)
			if err := j.note(newEntry(intent, &j.plan[1])); err != nil {
				t.Fatal(err)
			}
			j = reopen(t, j)
			if err := Recover(ctx, f, j); err != nil || noted(j) != "r?r" {
				t.Fatalf("%v, %s", err, noted(j))
			}
			if tc.comes {
				if err := srv.Apply(strings.NewReader("dn: " + j.plan[1].DN + "\n" + late)); err != nil {
					t.Fatal(err)
				}
			}
			if err := runAll(ctx, f, j, tc.todo(j.Left()), func(*conflicts.FixRecord) {}); err != nil {
				t.Error(err)
			}
			j = reopen(t, j)
			if d := states(t, f, j.plan); d != tc.want || noted(j) != d || srv.Counts().Updates != tc.sent {
				t.Errorf("directory %s, journal %s, %d modify requests", d, noted(j), srv.Counts().Updates)
			}
		})
	}
}

// Ctrl-C lets the change under way come to its end.
func TestRunInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(context.Background())
	srv := serve(t, 3)
	f, j := begun(t, srv, time.Minute)
	srv.Inject(ldaptest.Fault{Modify: every}, ldaptest.Fault{Modify: every, Do: interrupt})
	if err := runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {}); err != context.Canceled {
		t.Errorf("%v", err)
	}
	if j = reopen(t, j); noted(j) != "aar" {
		t.Errorf("journal %s", noted(j))
	}
	if err := runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {}); err != context.Canceled {
		t.Errorf("before the start: %v", err)
	}
	if n := srv.Counts().Updates; n != 2 {
		t.Errorf("%d modify requests", n)
	}
}

// full is a disk that has room for so many writes; the one after them is cut.
type full struct {
	file
	room int
}

func (f *full) Write(p []byte) (int, error) {
	if f.room--; f.room < 0 {
		n, _ := f.file.Write(p[:len(p)/2])
		return n, errors.New("no space left on device")
	}
	return f.file.Write(p)
}

// unsynced is one that fails to bring so many lines to the disk.
type unsynced struct {
	file
	room int
}

func (f *unsynced) Sync() error {
	if f.room--; f.room < 0 {
		return errors.New("input/output error")
	}
	return f.file.Sync()
}

// What cannot be noted is not done.
func TestFullDisk(t *testing.T) {
	for name, tc := range map[string]struct {
		broken             func(file) file
		outcome            string
		directory, journal string
	}{
		"at the intent":       {func(f file) file { return &full{f, 2} }, notMade, "arr", "arr"},
		"at the end":          {func(f file) file { return &full{f, 3} }, wasMade, "aar", "a?r"},
		"intent not synced":   {func(f file) file { return &unsynced{f, 2} }, notMade, "arr", "a?r"},
		"end not synced":      {func(f file) file { return &unsynced{f, 3} }, wasMade, "aar", "aar"},
		"before the first":    {func(f file) file { return &full{f, 0} }, notMade, "rrr", "rrr"},
		"first, not answered": {func(f file) file { return &full{f, 1} }, wasMade, "arr", "?rr"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			srv := serve(t, 3)
			f, j := begun(t, srv, time.Minute)
			whole := j.file
			j.file = tc.broken(whole)
			err := runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {})
			var s *Stop
			if !errors.As(err, &s) || s.Outcome != tc.outcome || !strings.Contains(s.Problem, "the journal could not be written: ") {
				t.Fatalf("%v", err)
			}
			if err := j.Resume(Head{}); err == nil {
				t.Error("a line follows one that may be cut")
			}
			updates := srv.Counts().Updates
			j.file.Close()
			j, err = Open(whole.(*os.File).Name(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			if d := states(t, f, j.plan); d != tc.directory || noted(j) != tc.journal || updates != strings.Count(d, "a") {
				t.Errorf("directory %s, journal %s, %d modify requests", d, noted(j), updates)
			}
			if err := Recover(ctx, f, j); err != nil {
				t.Fatal(err)
			}
			if err := runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {}); err != nil || noted(j) != "aaa" || states(t, f, j.plan) != "aaa" {
				t.Errorf("%v, journal %s", err, noted(j))
			}
		})
	}
}

// A journal is continued on its own servers only.
func TestOtherServer(t *testing.T) {
	_, j := begun(t, serve(t, 1), time.Minute)
	other, err := ldaptest.NewServer(ldaptest.Config{Host: "dc2.contoso.example", Entries: strings.NewReader("dn: " + root + "\nobjectClass: domainDNS\n\n" + staff(root, 1)), Users: map[string]string{user: password}})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	err = Recover(context.Background(), open(t, config(other)), j)
	var e *ldapscan.Error
	if !errors.As(err, &e) || !strings.Contains(e.Problem, "began on localhost") || e.Advice == "" {
		t.Errorf("%v", err)
	}
}

// Nothing is begun where no connection for it can be had.
func TestNoConnection(t *testing.T) {
	srv := serve(t, 2)
	f, j := begun(t, srv, time.Minute)
	srv.Close()
	var e *ldapscan.Error
	if err := runAll(context.Background(), f, j, j.Left(), func(*conflicts.FixRecord) {}); !errors.As(err, &e) || noted(j) != "rr" {
		t.Errorf("%v, %s", err, noted(j))
	}
}

// Whatever a plan says, only the two attributes are changed, by their values.
func TestRequestGuards(t *testing.T) {
	guid := conflicts.GUID{1}
	one := []string{"x"}
	for name, a := range map[string]conflicts.FixRecord{
		"logon name":  {GUID: guid, DN: "CN=a", Attributes: []conflicts.AttributeFix{{Attribute: "mail", Delete: one, Add: one}, {Attribute: "userPrincipalName", Delete: one, Add: one}}},
		"other case":  {GUID: guid, DN: "CN=a", Attributes: []conflicts.AttributeFix{{Attribute: "USERPRINCIPALNAME", Add: one}}},
		"options":     {GUID: guid, DN: "CN=a", Attributes: []conflicts.AttributeFix{{Attribute: "proxyAddresses;x", Add: one}}},
		"all values":  {GUID: guid, DN: "CN=a", Attributes: []conflicts.AttributeFix{{Attribute: "mail"}}},
		"nothing":     {GUID: guid, DN: "CN=a"},
		"empty value": {GUID: guid, DN: "CN=a", Attributes: []conflicts.AttributeFix{{Attribute: "mail", Delete: []string{""}}}},
		"not UTF-8":   {GUID: guid, DN: "CN=a", Attributes: []conflicts.AttributeFix{{Attribute: "mail", Add: []string{"\xff"}}}},
		"no GUID":     {DN: "CN=a", Attributes: []conflicts.AttributeFix{{Attribute: "mail", Add: one}}},
	} {
		if r, err := request(&a); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
		path := filepath.Join(t.TempDir(), "journal")
		if _, err := Create(path, at, Head{}, []conflicts.FixRecord{a}); err == nil {
			t.Errorf("%s: taken into a journal", name)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file is left", name)
		}
	}
}
