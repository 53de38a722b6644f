package status

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/report/schematest"
)

var update = flag.Bool("update", false, "write the golden files anew")

var night = time.Date(2026, 11, 28, 2, 0, 0, 0, time.UTC)

// reports are what the goldens show, each by its name.
func reports() map[string]*Report {
	normal := func() *Report {
		owners := func(values ...string) (list []memory.Owner) {
			for i, v := range values {
				list = append(list, memory.Owner{GUID: conflicts.GUID{byte(i + 1)}, DN: fmt.Sprintf("CN=Jane Doe %d,OU=Staff,DC=corp,DC=contoso,DC=com", i), Values: []string{v}})
			}
			return list
		}
		s := &memory.State{
			Last: memory.Run{Number: 14, Time: night, Duration: 12345 * time.Millisecond, Version: "1.1.0", Account: `CORP\scan`, Complete: true, ExitCode: 1,
				Counts:       map[memory.Status]int{memory.New: 1, memory.Worsened: 1, memory.Resolved: 1, memory.Known: 1, memory.Suppressed: 1, memory.Unconfirmed: 1},
				Findings:     map[conflicts.FindingKind]int{conflicts.NoPrimary: 7},
				Suppressions: memory.SuppressionCounts{Active: 2, Expired: 1, Unmatched: 1, NextEnd: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)}},
			LastComplete: night,
			Partitions:   []memory.Partition{{Name: "DC=corp,DC=contoso,DC=com", Objects: 3200}, {Name: "CN=Configuration,DC=corp,DC=contoso,DC=com", Objects: 14}},
		}
		add := func(id string, class conflicts.Class, status memory.Status, days int, values ...string) *memory.Case {
			c := &memory.Case{ID: id, Class: class, Status: status, FirstSeen: night.AddDate(0, 0, -days), LastSeen: night, Owners: owners(values...)}
			s.Cases = append(s.Cases, c)
			return c
		}
		add("C-AAAAAAAAAAAAAAAA", conflicts.Duplicate, memory.New, 0, "SMTP:jane@contoso.com", "smtp:jane@contoso.com")
		add("C-BBBBBBBBBBBBBBBB", conflicts.Duplicate, memory.Worsened, 30, "SMTP:b@contoso.com", "smtp:b@contoso.com", "smtp:B@contoso.com").Aliases = []string{"C-OLDOLDOLDOLDOLDO"}
		add("C-CCCCCCCCCCCCCCCC", conflicts.Duplicate, memory.Known, 400, "SMTP:c@contoso.com", "smtp:c@contoso.com")
		add("C-DDDDDDDDDDDDDDDD", conflicts.NonSMTP, memory.Suppressed, 500, "X500:/o=Contoso/cn=d", "x500:/o=contoso/cn=d").Cover =
			&memory.Cover{Until: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), Reason: "merger", By: "anna", Class: conflicts.NonSMTP}
		gone := add("C-EEEEEEEEEEEEEEEE", conflicts.Collation, memory.Resolved, 20, "smtp:é@contoso.com", "smtp:e@contoso.com")
		gone.Reason, gone.ResolvedAt = memory.AddressRemoved, night
		long := add("C-FFFFFFFFFFFFFFFF", conflicts.Duplicate, memory.Resolved, 90, "smtp:f@contoso.com", "smtp:f@contoso.com")
		long.Reason, long.ResolvedAt = memory.ObjectDeleted, night.AddDate(0, 0, -40)
		add("C-GGGGGGGGGGGGGGGG", conflicts.CrossAttribute, memory.Unconfirmed, 3, "smtp:g@contoso.com", "smtp:g@contoso.com").Reason = memory.NotVisible
		return &Report{State: s, Now: night.Add(7 * time.Hour), MaxAge: 26 * time.Hour, Version: "1.1.0"}
	}
	quiet := normal()
	quiet.State.Cases = quiet.State.Cases[2:4]
	quiet.State.Last.Counts = map[memory.Status]int{memory.Known: 1, memory.Suppressed: 1}
	quiet.State.Last.Suppressions = memory.SuppressionCounts{Active: 1}
	incomplete := normal()
	incomplete.State.Last.Complete, incomplete.State.Last.ExitCode = false, 3
	incomplete.State.Last.Counts = map[memory.Status]int{memory.New: 1, memory.Suppressed: 1, memory.Unconfirmed: 4}
	for _, i := range []int{1, 2, 4} {
		c := incomplete.State.Cases[i]
		c.Status, c.Reason, c.ResolvedAt = memory.Unconfirmed, memory.NotComplete, time.Time{}
	}
	incomplete.State.Last.Problems = []string{"DC=corp,DC=contoso,DC=com: 10 objects | 3190 fewer", "dc2: refused"}
	incomplete.State.LastComplete = night.AddDate(0, 0, -1)
	failed := normal()
	failed.State = (&memory.State{}).Failed(memory.Run{Time: night, ExitCode: 4, Problems: []string{"dc1.corp.contoso.com: connection refused"}})
	old := normal()
	old.Now = night.Add(27 * time.Hour)
	ahead := normal()
	ahead.Now = night.Add(-time.Hour)
	hostile := normal()
	hostile.State.Cases = hostile.State.Cases[:1]
	hostile.State.Cases[0].Owners[0] = memory.Owner{DN: "CN=\x1b[2J\u202e,DC=x", Values: []string{"smtp:|a\"\\\n\x1b[2J\u202e\xff@b"}}
	hostile.State.Partitions = []memory.Partition{{Name: "export\"\n.ldif", Objects: 5}, {Name: `DC=a\"b`, Objects: 6}}
	return map[string]*Report{"news": normal(), "quiet": quiet, "incomplete": incomplete, "failed": failed, "old": old, "ahead": ahead, "hostile": hostile,
		"none": {Problem: "state: no run is remembered here", Now: night, MaxAge: 26 * time.Hour, Version: "1.1.0"}}
}

// formats are all that a report is written as.
func (r *Report) formats() []func(io.Writer) error {
	return []func(io.Writer) error{r.Text, r.JSON, r.Prometheus, r.Nagios, r.PRTG}
}

func TestGolden(t *testing.T) {
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			for i, format := range r.formats() {
				if i == 1 && name != "news" && name != "hostile" && name != "none" {
					continue // long, and the same
				}
				fmt.Fprintf(&b, "== %s\n", []string{"text", "json", "prometheus", "nagios", "prtg"}[i])
				if err := format(&b); err != nil {
					t.Fatal(err)
				}
			}
			level, _ := r.Level()
			fmt.Fprintf(&b, "== exit code of nagios: %d\n", level)
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCase(t *testing.T) {
	r := reports()["news"]
	var b bytes.Buffer
	for _, id := range []string{"c-oldoldoldoldoldo", "C-DDDDDDDDDDDDDDDD", "C-EEEEEEEEEEEEEEEE"} {
		for _, c := range r.State.Find(id) {
			if err := r.Case(&b, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := `conflict:    C-BBBBBBBBBBBBBBBB
also called: C-OLDOLDOLDOLDOLDO
status:      worsened
class:       duplicate
first seen:  2026-10-29 02:00 UTC (30 days ago)
last seen:   2026-11-28 02:00 UTC (7 h ago)
keeper:      CN=Jane Doe 0,OU=Staff,DC=corp,DC=contoso,DC=com
             SMTP:b@contoso.com
owner:       CN=Jane Doe 1,OU=Staff,DC=corp,DC=contoso,DC=com
             smtp:b@contoso.com
owner:       CN=Jane Doe 2,OU=Staff,DC=corp,DC=contoso,DC=com
             smtp:B@contoso.com
conflict:    C-DDDDDDDDDDDDDDDD
status:      suppressed
class:       non-smtp
first seen:  2025-07-16 02:00 UTC (500 days ago)
last seen:   2026-11-28 02:00 UTC (7 h ago)
suppression: until 2027-03-31
  reason:    merger
  by:        anna
keeper:      CN=Jane Doe 0,OU=Staff,DC=corp,DC=contoso,DC=com
             X500:/o=Contoso/cn=d
owner:       CN=Jane Doe 1,OU=Staff,DC=corp,DC=contoso,DC=com
             x500:/o=contoso/cn=d
conflict:    C-EEEEEEEEEEEEEEEE
status:      resolved (address removed)
class:       collation
first seen:  2026-11-08 02:00 UTC (20 days ago)
last seen:   2026-11-28 02:00 UTC (7 h ago)
resolved:    2026-11-28 02:00 UTC
keeper:      CN=Jane Doe 0,OU=Staff,DC=corp,DC=contoso,DC=com
             smtp:é@contoso.com
owner:       CN=Jane Doe 1,OU=Staff,DC=corp,DC=contoso,DC=com
             smtp:e@contoso.com
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

var (
	comment = regexp.MustCompile(`^# (HELP|TYPE) proxyaddr_[a-z_]+ .+$`)
	sample  = regexp.MustCompile(`^(proxyaddr_[a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})?) [0-9.]+$`)
)

// What Prometheus reads has its syntax, each series once, and no address or name in it.
func TestMetricsSyntax(t *testing.T) {
	for name, r := range reports() {
		var b bytes.Buffer
		if err := r.Prometheus(&b); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(b.String()) {
			text, ended := strings.CutSuffix(line, "\n")
			series := sample.FindStringSubmatch(text)
			switch {
			case !ended:
				t.Errorf("%s: no line feed at the end", name)
			case series != nil && !seen[series[1]]:
				seen[series[1]] = true
			case !comment.MatchString(text):
				t.Errorf("%s: %q", name, text)
			}
		}
		if strings.Contains(b.String(), "@") || strings.Contains(b.String(), "DC=") {
			t.Errorf("%s: an address or a name:\n%s", name, b.String())
		}
	}
}

// docs/schedule.md has a row for each metric, and for no other.
func TestDocsNameEveryMetric(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join(schematest.Docs(), "schedule.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(proxyaddr_[a-z_]+)` \\|").FindAllSubmatch(docs, -1) {
		documented[string(m[1])] = true
	}
	var b bytes.Buffer
	if err := reports()["news"].Prometheus(&b); err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^# TYPE (proxyaddr_[a-z_]+) ").FindAllSubmatch(b.Bytes(), -1) {
		written[string(m[1])] = true
	}
	if diff := cmp.Diff(written, documented); diff != "" {
		t.Errorf("docs/schedule.md (-written +documented):\n%s", diff)
	}
}

// Every JSON text is one, whatever the directory holds, and shows a terminal nothing.
func TestJSONIsHarmless(t *testing.T) {
	for name, r := range reports() {
		for i, format := range []func(io.Writer) error{r.JSON, r.PRTG} {
			var b bytes.Buffer
			if err := format(&b); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				if err := schematest.Check(b.Bytes()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if !json.Valid(b.Bytes()) || bytes.ContainsAny(b.Bytes(), "\x1b\u202e") {
				t.Errorf("%s: %s", name, b.String())
			}
		}
	}
}

func TestLongLists(t *testing.T) {
	r := reports()["news"]
	for range 300 {
		r.State.Cases = append(r.State.Cases, r.State.Cases[0])
	}
	var text, nagios bytes.Buffer
	if err := errors.Join(r.Text(&text), r.Nagios(&nagios)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text.String(), "\n"); n > listed+10 || !strings.Contains(text.String(), "… and 105 more: --format json has all\n") {
		t.Errorf("%d lines:\n%s", n, text.String())
	}
	if nagios.Len() > 4096 || !strings.HasSuffix(nagios.String(), "and 282 more\n") {
		t.Errorf("%d bytes:\n%s", nagios.Len(), nagios.String())
	}
}

func TestWriteMetrics(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "proxyaddr.prom")
	for _, name := range []string{"news", "failed"} {
		r := reports()[name]
		if err := r.WriteMetrics(path); err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := r.Prometheus(&want); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Error(err, string(got))
		}
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != metricsMode {
			t.Error(info.Mode(), err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Error(entries, err)
	}
	if err := reports()["news"].WriteMetrics(filepath.Join(dir, "missing", "x.prom")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
