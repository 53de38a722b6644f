package statedir

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is the state after a run, with something in each field.
func sample(number int) *memory.State {
	at := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC).AddDate(0, 0, number)
	owner := func(n byte, dn string, values ...string) memory.Owner {
		return memory.Owner{GUID: conflicts.GUID{n}, DN: dn, Values: values}
	}
	jane := []memory.Owner{owner(1, "CN=Jane Doe,DC=example,DC=com", "SMTP:jane@example.com", "smtp:jane@example.com"), owner(2, "CN=Jané,DC=example,DC=com", "smtp:Jane@example.com")}
	jane[0].Written, jane[0].Version = at.AddDate(0, -1, 0), 3
	return &memory.State{
		Scope:    memory.Scope{Forests: []string{"33221101-5544-4766-8899-aabbccddee01"}, Base: []string{"OU=Staff,DC=example,DC=com"}},
		KeyRules: conflicts.KeyRules,
		Last: memory.Run{Number: number, Time: at, Duration: 1234 * time.Millisecond, Version: "1.1.0", Account: `EXAMPLE\scan`, Complete: true, Incremental: true, ExitCode: 1,
			Counts: map[memory.Status]int{memory.New: 1, memory.Suppressed: 1}, Findings: map[conflicts.FindingKind]int{conflicts.NoPrimary: 7},
			Suppressions: memory.SuppressionCounts{Active: 1, NextEnd: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)}},
		LastComplete: at,
		Partitions:   []memory.Partition{{Name: "DC=example,DC=com", Objects: 3200, Values: 9870}, {Name: "DC=\xff"}},
		Bookmark: &conflicts.Bookmark{Swept: at, Account: "00ff", Schema: "mailNickname", Obstacle: "dc2 took over", Positions: []conflicts.Position{
			{Partition: "DC=\xff"},
			{Partition: "DC=example,DC=com", ServiceName: "CN=NTDS Settings,CN=DC1", InvocationID: "332211d0-5544-4766-8899-aabbccddeed0", USN: 123456, Objects: 3200,
				Witnesses: []conflicts.Witness{{GUID: conflicts.GUID{7}, USN: 123455}, {GUID: conflicts.GUID{8}, USN: 12}}}}},
		Ended: []memory.Ended{{Address: "smtp:old@example.com", Until: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)}},
		Cases: []*memory.Case{
			{ID: "C-AAAAAAAAAAAAAAAA", Aliases: []string{"C-BBBBBBBBBBBBBBBB"}, Class: conflicts.Duplicate, Owners: jane, FirstSeen: at, LastSeen: at, Status: memory.New, News: memory.New, NewsAt: at},
			{ID: "C-CCCCCCCCCCCCCCCC", Class: conflicts.NonSMTP, Owners: []memory.Owner{
				{DN: "CN=\"q\"\\,\x1b\u202e\U000e0001😀,DC=x", Values: []string{"X500:/o=\t", "X500:\xff"}}, owner(9, "", "x500:/o=")},
				FirstSeen: at.AddDate(-1, 0, 0), LastSeen: at, Status: memory.Suppressed, Reason: memory.NotVisible,
				Cover: &memory.Cover{Until: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), Reason: "merger", By: "anna", Class: conflicts.NonSMTP, Owners: []memory.Owner{owner(9, "")}}},
			{ID: "C-DDDDDDDDDDDDDDDD", Class: conflicts.Collation, Owners: jane[:1], FirstSeen: at, LastSeen: at, Status: memory.Resolved, Reason: memory.AddressRemoved, ResolvedAt: at,
				Cover: &memory.Cover{Reason: "r", Class: conflicts.Duplicate, Owners: []memory.Owner{}, Broken: true}},
		},
	}
}

func TestOpenAndCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "above", "state")
	if _, err := Read(path); !errors.Is(err, ErrNoState) {
		t.Fatal(err)
	}
	d, err := Open(path, "anna on host, process 1")
	if err != nil {
		t.Fatal(err)
	}
	if d.State != nil {
		t.Error("a new directory remembers something")
	}
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Error(info.Mode(), err)
		}
	}
	_, err = Open(path, "second")
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "anna on host") {
		t.Errorf("two runs at once: %v", err)
	}
	for n := 1; n <= 3; n++ {
		if err := d.Commit(sample(n), nil); err != nil {
			t.Fatal(err)
		}
	}
	if s, err := Read(path); err != nil || s.Last.Number != 3 {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d, err = Open(path, "third")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if diff := cmp.Diff(sample(3), d.State); diff != "" {
		t.Error(diff)
	}
	runs, err := d.Runs(2)
	if err != nil || len(runs) != 2 {
		t.Fatal(runs, err)
	}
	for i, r := range runs {
		if want := sample(2 + i).Last; r.Number != want.Number || !r.Time.Equal(want.Time) || r.Complete != want.Complete || r.Found() != want.Found() || r.Found() == 0 {
			t.Errorf("%+v, want %+v", r, want)
		}
	}
	before, err := os.ReadFile(filepath.Join(path, beforeName))
	if err != nil {
		t.Fatal(err)
	}
	if s, _, err := decode(string(before)); err != nil || s.Last.Number != 2 {
		t.Error(beforeName, err)
	}
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) != 4 {
		t.Error(entries, err)
	}
}

// Whatever somebody did to a directory, it is told what is wrong and what to do.
func TestUnusable(t *testing.T) {
	text := string(encoded(sample(2), 0))
	line := func(with string) string {
		return ":" + strconv.Itoa(1+strings.Count(text[:strings.Index(text, with)], "\n")) + ": "
	}
	replace := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("no %s in the state", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	state := string(filepath.Separator) + stateName
	for name, test := range map[string]struct {
		state string
		want  string
	}{
		"empty":          {"", state + ": the file is empty"},
		"truncated":      {text[:len(text)/2], "the file is cut off"},
		"cut by a line":  {text[:strings.LastIndex(text, "\n}")], "the file is cut off"},
		"newer":          {replace(`"schema_version": 1`, `"schema_version": 2`), state + ":2: written by a newer version of proxyaddr: its schema version is 2, this one reads 1"},
		"older":          {replace(`"schema_version": 1`, `"schema_version": 0`), state + ":2: schema version 0"},
		"not UTF-8":      {text + "\xff", state + ": not UTF-8 text"},
		"unknown field":  {replace(`"status": "new"`, `"state": "new"`), state + line(`"status": "new"`) + `unknown field "state"`},
		"repeated field": {replace(`"status": "new"`, `"id": "C-X"`), state + line(`"status": "new"`) + `"id" twice`},
		"missing field":  {replace(`"status": "new", `, ``), state + line(`"status": "new"`) + `no field "status"`},
		"bad date":       {replace(`"first_seen": "2026-11-03T`, `"first_seen": "2026-13-03T`), `"2026-13-03T02:00:00Z" is not a date as in`},
		"local time":     {replace(`"first_seen": "2026-11-03T02:00:00Z`, `"first_seen": "2026-11-03T02:00:00+01:00`), `is not a date as in`},
		"bad status":     {replace(`"status": "new"`, `"status": "fine"`), `"fine" is not one of`},
		"bad GUID":       {replace(`"00000001-`, `"0000001-`), `not a GUID`},
		"huge number":    {replace(`"number": 2`, `"number": 9223372036854775807`), state + line(`"number": 2`) + "not a whole number up to 9007199254740992"},
		"huge duration":  {replace(`"duration_ms": 1234`, `"duration_ms": 9007199254740992`), "not a duration"},
		"second text":    {text + "{}", "text after the end"},
		"no comma":       {replace(`"class": "duplicate", `, `"class": "duplicate" `), `'"' where ',' belongs`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, withBefore := range []bool{false, true} {
				dir := t.TempDir()
				write := func(name, text string) {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				write(stateName, test.state)
				if withBefore {
					write(beforeName, text)
				}
				_, err := Open(dir, "")
				e := (*Error)(nil)
				if !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), dir) {
					t.Errorf("%v, want %s", err, test.want)
				}
				if err != nil && name != "newer" && strings.Contains(e.Hint(), beforeName) != withBefore {
					t.Errorf("hint: %s", e.Hint())
				}
				if now, err := os.ReadFile(filepath.Join(dir, stateName)); err != nil || string(now) != test.state {
					t.Error("the state was changed")
				}
			}
		})
	}
}

func TestMissingFiles(t *testing.T) {
	fill := func(t *testing.T) string {
		dir := t.TempDir()
		d, err := Open(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for n := 1; n <= 2; n++ {
			if err := d.Commit(sample(n), nil); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	for name, test := range map[string]struct {
		change func(dir string) error
		want   string // in the error, or in a note
		fails  bool
	}{
		"state": {func(dir string) error { return os.Remove(filepath.Join(dir, stateName)) }, "state.json: missing, but state.json.1 is there", true},
		"both states": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, stateName)), os.Remove(filepath.Join(dir, beforeName)))
		}, "state.json: missing, but history.jsonl is there", true},
		"history":           {func(dir string) error { return os.Remove(filepath.Join(dir, historyName)) }, "a new history begins", false},
		"a part of history": {func(dir string) error { return os.Truncate(filepath.Join(dir, historyName), 5) }, "history.jsonl: has 5 bytes", true},
		"state is a directory": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, stateName)), os.Mkdir(filepath.Join(dir, stateName), 0o700))
		}, "state.json: ", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fill(t)
			if err := test.change(dir); err != nil {
				t.Fatal(err)
			}
			d, err := Open(dir, "")
			if err == nil {
				defer d.Close()
			}
			if e := (*Error)(nil); test.fails {
				if !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) || e.Hint() == "" {
					t.Error(err)
				}
				return
			}
			if err != nil || len(d.Notes) != 1 || !strings.Contains(d.Notes[0], test.want) {
				t.Fatal(err)
			}
			if err := d.Commit(sample(3), nil); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(dir); err != nil {
				t.Error(err)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, ""); err == nil || err.Error() != file+": not a directory" {
		t.Error(err)
	}
}

// A history that grew for years takes no memory.
func TestLongHistory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("NTFS gives a long file its room at once")
	}
	const size = 1 << 40
	dir := t.TempDir()
	history := filepath.Join(dir, historyName)
	if err := errors.Join(os.WriteFile(filepath.Join(dir, stateName), encoded(sample(1), size), 0o600), os.WriteFile(history, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(history, size+5); err != nil {
		t.Skip(err)
	}
	d, err := Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if info, err := os.Stat(history); err != nil || info.Size() != size {
		t.Error(err, "what a killed run wrote is still there")
	}
}

// Who may write to the directory could have put a link there: nothing is written through it.
func TestLinksAreNotFollowed(t *testing.T) {
	for _, name := range []string{lockName, historyName, nextName} {
		dir := t.TempDir()
		other := filepath.Join(t.TempDir(), "other")
		if err := os.WriteFile(other, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.Symlink(other, path); err != nil {
			t.Skip(err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Skip("Wine 10 says that it made a link, and makes none")
		}
		d, err := Open(dir, "holder")
		if err == nil {
			err = d.Commit(sample(1), nil)
			d.Close()
		}
		if text, _ := os.ReadFile(other); len(text) > 0 {
			t.Errorf("%s: wrote %q", name, text)
		}
		if e := (*Error)(nil); name != nextName && !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOtherScope(t *testing.T) {
	d := &Dir{path: "state", State: sample(1)}
	if err := d.CheckScope(d.State.Scope); err != nil {
		t.Error(err)
	}
	err := d.CheckScope(memory.Scope{Forests: d.State.Scope.Forests})
	if e := (*Error)(nil); !errors.As(err, &e) || err.Error() != filepath.Join("state", stateName)+": remembers runs with a different --base" || e.Hint() == "" {
		t.Error(err)
	}
}
