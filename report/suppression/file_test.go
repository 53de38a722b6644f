package suppression

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

const text = `# Reviewed on Mondays.

# anna: ask HR
[C-UHWUJZ5NTZM5KSVQ]
address = smtp:jane.doe@example.com
until   = 2027-03-31
reason  = both mailboxes go = in the merger # really
class   = duplicate
owners  = 33221101-5544-4766-8899-aabbccddee01, {33221102-5544-4766-8899-aabbccddee02}
by      = anna

[C-AAAAAAAAAAAAAAAA]
address = X500:/o=Org/cn=B
until = never
reason = legacy
`

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("suppressions", text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func set(t *testing.T, f *File, s memory.Suppression) {
	t.Helper()
	if err := f.Set(s); err != nil {
		t.Fatal(err)
	}
}

func guid(t *testing.T, s string) conflicts.GUID {
	t.Helper()
	g, err := conflicts.ParseGUID(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestParse(t *testing.T) {
	f := parse(t, text)
	want := []memory.Suppression{
		{ID: "C-UHWUJZ5NTZM5KSVQ", Address: "smtp:jane.doe@example.com", Until: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC),
			Reason: "both mailboxes go = in the merger # really", By: "anna", Class: conflicts.Duplicate,
			Owners: []conflicts.GUID{guid(t, "33221101-5544-4766-8899-aabbccddee01"), guid(t, "33221102-5544-4766-8899-aabbccddee02")}},
		{ID: "C-AAAAAAAAAAAAAAAA", Address: "X500:/o=Org/cn=B", Reason: "legacy"},
	}
	if diff := cmp.Diff(want, f.List()); diff != "" {
		t.Error(diff)
	}
	if f.Text() != text {
		t.Errorf("the text became %q", f.Text())
	}
}

// All mistakes are told at once, each with its line.
func TestMistakes(t *testing.T) {
	_, err := Parse("s.txt", `by = nobody
[C-UHWUJZ5NTZM5KSVQ]
address = "smtp:open
until = 2027-02-30
reason =
class = urgent
owners = anna
expires = never
class = duplicate
oops
[C-UHWUJZ5NTZM5KSVQ]
[smtp:a@b]
`)
	var m *Mistakes
	if !errors.As(err, &m) {
		t.Fatal(err)
	}
	want := `s.txt:1: by: belongs in a section [C-…]
s.txt:3: address: the string in double quotes cannot be read
s.txt:4: until: "2027-02-30" is not a date; write it as 2027-03-31, or never
s.txt:5: reason: no value
s.txt:6: class: "urgent" is not one of duplicate, collation, cross-attribute, non-smtp
s.txt:7: owners: "anna" is not an objectGUID
s.txt:8: expires: unknown field
s.txt:9: class: twice in this section
s.txt:10: not of the form name = value
s.txt:11: [C-UHWUJZ5NTZM5KSVQ]: already in line 2
s.txt:11: [C-UHWUJZ5NTZM5KSVQ]: no address
s.txt:11: [C-UHWUJZ5NTZM5KSVQ]: no until
s.txt:11: [C-UHWUJZ5NTZM5KSVQ]: no reason
s.txt:12: [smtp:a@b]: not the ID of a conflict, such as C-UHWUJZ5NTZM5KSVQ
s.txt:12: [smtp:a@b]: no address
s.txt:12: [smtp:a@b]: no until
s.txt:12: [smtp:a@b]: no reason`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
	if _, err := Parse("s.txt", "\xff\xfe[\x00"); err == nil || err.Error() != "s.txt:1: not UTF-8 text" {
		t.Error(err)
	}
}

// A suppression that is written is read as it was, whatever its address holds.
func TestSetIsRead(t *testing.T) {
	for _, address := range []string{"smtp:a@b.c", " smtp:a@b ", ":plain", "smtp:a\nb@c", "smtp:\xff@c", `"`, "smtp:a\u202eb@c", "smtp:josé@ö.de"} {
		s := memory.Suppression{ID: "C-BBBBBBBBBBBBBBBB", Address: address, Reason: "a\n[C-X] b\x00", Class: conflicts.Collation}
		f := parse(t, "")
		set(t, f, s)
		again := parse(t, f.Text())
		s.Reason = "a [C-X] b"
		if diff := cmp.Diff([]memory.Suppression{s}, again.List()); diff != "" {
			t.Errorf("%q: %s in\n%s", address, diff, f.Text())
		}
	}
}

// What could not be read back is not taken: it would stop each scan that follows.
func TestSetRefusesWhatIsNotRead(t *testing.T) {
	good := memory.Suppression{ID: "C-BBBBBBBBBBBBBBBB", Address: "smtp:a@b", Reason: "r"}
	for name, change := range map[string]func(*memory.Suppression){
		"no reason":     func(s *memory.Suppression) { s.Reason = " \x01\n" },
		"not the ID":    func(s *memory.Suppression) { s.ID = "C-X" },
		"is not one of": func(s *memory.Suppression) { s.Class = "none" },
		"is not a date": func(s *memory.Suppression) { s.Until = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		f := parse(t, text)
		s := good
		change(&s)
		if err := f.Set(s); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
		if f.Text() != text {
			t.Errorf("%s: the text became %q", name, f.Text())
		}
	}
}

func TestSetAndPruneKeepComments(t *testing.T) {
	f := parse(t, text)
	set(t, f, memory.Suppression{ID: "C-UHWUJZ5NTZM5KSVQ", Address: "smtp:jane.doe@example.com", Reason: "again"})
	set(t, f, memory.Suppression{ID: "C-CCCCCCCCCCCCCCCC", Address: "sip:c@d", Reason: "new"})
	want := `# Reviewed on Mondays.

# anna: ask HR
[C-UHWUJZ5NTZM5KSVQ]
address = smtp:jane.doe@example.com
until = never
reason = again

[C-AAAAAAAAAAAAAAAA]
address = X500:/o=Org/cn=B
until = never
reason = legacy

[C-CCCCCCCCCCCCCCCC]
address = sip:c@d
until = never
reason = new
`
	if diff := cmp.Diff(want, f.Text()); diff != "" {
		t.Error(diff)
	}
	gone := f.Prune(func(s *memory.Suppression) bool { return s.ID == "C-UHWUJZ5NTZM5KSVQ" })
	if len(gone) != 1 || strings.Contains(f.Text(), "HR") || !strings.Contains(f.Text(), "Mondays") || len(f.List()) != 2 {
		t.Errorf("pruned %v, left\n%s", gone, f.Text())
	}
}

func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "suppressions")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	f := parse(t, "")
	set(t, f, memory.Suppression{ID: "C-BBBBBBBBBBBBBBBB", Address: "smtp:a@b", Reason: "r"})
	if err := f.Save(path); err != nil {
		t.Fatal(err)
	}
	again, err := Load(path)
	if err != nil || len(again.List()) != 1 {
		t.Fatal(err, again)
	}
	if err := os.WriteFile(path, []byte("# mine\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(path); !errors.Is(err, ErrChanged) {
		t.Errorf("what somebody else wrote was overwritten: %v", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Error(entries, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(text)
	f.Add("\ufeff#\n[C-AAAAAAAAAAAAAAAA]\r\naddress=\"\\xff\"\r\nuntil=never\r\nreason=x")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("s", text)
		if err != nil {
			if m := (*Mistakes)(nil); !errors.As(err, &m) || len(m.Mistakes) == 0 {
				t.Fatalf("%v", err)
			}
			return
		}
		if file.Text() != text {
			t.Fatalf("%q became %q", text, file.Text())
		}
		before := file.List()
		had := slices.ContainsFunc(before, func(s memory.Suppression) bool { return s.ID == "C-ZZZZZZZZZZZZZZZZ" })
		for _, s := range before {
			set(t, file, s)
		}
		set(t, file, memory.Suppression{ID: "C-ZZZZZZZZZZZZZZZZ", Address: "smtp:a@b", Reason: "r"})
		again, err := Parse("s", file.Text())
		if err != nil {
			t.Fatalf("%v in %q", err, file.Text())
		}
		after := again.List()
		if len(after) == len(before) != had {
			t.Fatalf("%d became %d", len(before), len(after))
		}
		for i, s := range before {
			if s.ID != "C-ZZZZZZZZZZZZZZZZ" && !cmp.Equal(s, after[i]) {
				t.Fatal(cmp.Diff(s, after[i]))
			}
		}
	})
}
