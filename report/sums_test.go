package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A list that somebody made anew, with whatever program, is heeded or an error. None
// passes for one that does not list the file.
func TestContradicted(t *testing.T) {
	const name = "fix-a.example.ldif"
	sum, other := strings.Repeat("0a", 32), strings.Repeat("0b", 32)
	for list, want := range map[string]struct {
		changed bool
		problem string
	}{
		"":                                  {},
		other + "  scan.json\n":             {},
		other + "  approved/" + name + "\n": {},
		sum + "  " + name + "\n":            {},
		strings.ToUpper(sum) + " *" + name + "\n":                                {},
		other + "  " + name + "\n":                                               {changed: true},
		other + "  " + name:                                                      {changed: true},
		other + "  " + name + "\r\n":                                             {changed: true},
		other + " *" + name + "\n":                                               {changed: true},
		other + "  ./" + name + "\n":                                             {changed: true},
		other + "  " + strings.ToUpper(name):                                     {changed: true},
		strings.ToUpper(other) + "  " + name + "\n":                              {changed: true},
		"\ufeff" + other + "  " + name + "\n":                                    {changed: true},
		"# made by hand\n\n\\" + sum + "  a\\\\b\n" + other + "  " + name + "\n": {changed: true},
		sum + "  scan.json\nSHA256 (" + name + ") = " + other + "\n":             {problem: "line 2 is not as sha256sum writes it"},
		"\xff\xfe0\x00a\x00":                                                     {problem: "line 1 is not"},
		"Algorithm  Hash  Path\r\n---------  ----  ----\r\nSHA256 " + other + " " + name + "\n": {problem: "line 1 is not"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, sumsFile), []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
		changed, err := Contradicted(filepath.Join(dir, name), sum)
		if changed != want.changed || (err == nil) != (want.problem == "") || err != nil && !strings.Contains(err.Error(), want.problem) {
			t.Errorf("%q: %t, %v, want %+v", list, changed, err, want)
		}
	}
}
