package page

import (
	"flag"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

var update = flag.Bool("update", false, "write the goldens instead of comparing with them")

var (
	tags  = regexp.MustCompile(`<[^>]*>`)
	lines = regexp.MustCompile(`</(p|li|tr|h[1-4]|dd|label|figcaption|pre|summary|dl)>|<br>|<text`)
	space = regexp.MustCompile(`[ \t]+`)
)

// read returns the words of a page as a person reads them, a line for each paragraph.
func read(page string) string {
	page = strings.NewReplacer(style, "", script, "", "<wbr>", "", "</dt>", ": ", "</th>", " | ", "</td>", " | ", "<span", " <span").Replace(page)
	page = tags.ReplaceAllString(lines.ReplaceAllString(page, "\n$0"), "")
	var out strings.Builder
	for line := range strings.Lines(page) {
		if line = strings.TrimSpace(space.ReplaceAllString(html.UnescapeString(line), " ")); line != "" {
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}

func TestTextsOfPagesAreTheGoldens(t *testing.T) {
	remembered := company()
	remembered.Remembered = &conflicts.Remembered{Run: 7, LastComplete: time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC), Summary: "1 new, 5 known",
		Counts:   []conflicts.StatusCount{{Status: "new", Count: 1}, {Status: "resolved", Count: 1}, {Status: "known", Count: 4}, {Status: "suppressed", Count: 1}},
		NotFound: []conflicts.Absent{{ID: "C-X", Address: "smtp:gone@corp.example", Reason: "address removed", Standing: conflicts.Standing{Status: "resolved"}}}}
	for i := range remembered.Conflicts {
		remembered.Conflicts[i].Standing = &conflicts.Standing{Status: []string{"new", "suppressed", "known"}[min(i, 2)], FirstSeen: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Days: 58}
	}
	lasting := remembered.Conflicts[1].Standing
	lasting.Suppression = &conflicts.SuppressionTerms{Until: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), Reason: "merger", By: "board"}
	incomplete := judged(person(1, "Ann", "OU=x", "ann@corp.example"))
	incomplete.Problems = []string{"DC=sub,DC=corp,DC=example: no domain controller answered"}
	for name, r := range map[string]Report{
		"company":    {Audit: company(), Fixes: []string{"fix-corp.example.ldif"}},
		"remembered": {Audit: remembered, Fixes: []string{"fix-corp.example.ldif"}, Runs: month()},
		"clean":      {Audit: judged(person(1, "Ann", "OU=x", "ann@corp.example"))},
		"incomplete": {Audit: incomplete},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(written(t, r))
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("differs from %s (-want +got):\n%s", golden, diff)
			}
		})
	}
}

// month has runs of 30 days, three of which were not complete.
func month() []Run {
	var runs []Run
	for i := range 30 {
		r := Run{Time: time.Date(2026, 10, 30+i, 2, 0, 0, 0, time.UTC), Complete: i != 5 && i != 16 && i != 17, Conflicts: 38 - i/4}
		if i == 28 {
			r.Conflicts = 29
		}
		runs = append(runs, r)
	}
	return runs
}

func TestSameAuditSameBytes(t *testing.T) {
	first, second := written(t, Report{Audit: company(), Runs: month()}), written(t, Report{Audit: company(), Runs: month()})
	if first != second {
		t.Error("two pages of one audit differ")
	}
}

// The page of a scan that could not read everything never looks like that of a clean one.
func TestIncompleteIsSaidFirst(t *testing.T) {
	for _, a := range []*conflicts.Audit{judged(person(1, "Ann", "OU=x", "ann@corp.example")), company()} {
		a.Problems = []string{"dc1: unreachable"}
		before, _, _ := strings.Cut(written(t, Report{Audit: a}), "<main")
		if !strings.Contains(before, "INCOMPLETE") || !strings.Contains(before, "dc1: unreachable") || strings.Contains(before, "No address has more than one owner.") {
			t.Errorf("the head of the page:\n%s", read(before))
		}
	}
}

// What the page shows in full and in rows are all conflicts, each once, up to where it ends.
func TestEachConflictIsThereOnce(t *testing.T) {
	a := many(2*maxCards + 3)
	page := written(t, Report{Audit: a})
	for i := range a.Conflicts {
		if n := strings.Count(page, ` id="`+a.Conflicts[i].ID+`"`); n != 1 {
			t.Fatalf("%s is there %d times", a.Conflicts[i].ID, n)
		}
	}
	if got := strings.Count(page, "<article"); got != maxCards {
		t.Errorf("%d cards, want %d", got, maxCards)
	}
	if high, low := strings.Index(page, `data-level="high"`), strings.Index(page, `data-level="low"`); high < 0 || high > low {
		t.Error("high risk does not come first")
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("two elements are called %s", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if name, ok := strings.CutPrefix(m[1], "#"); !ok || !ids[name] {
			t.Errorf("a link leads to %s", m[1])
		}
	}
}

func TestALargePageEndsAndNamesTheWorkbook(t *testing.T) {
	a := many(maxCards + 1)
	c := a.Conflicts[0]
	for len(a.Conflicts) < maxCards+maxRows+7 {
		a.Conflicts = append(a.Conflicts, c)
	}
	page := written(t, Report{Audit: a})
	if !strings.Contains(page, "7 more conflicts") || !strings.Contains(page, "report.xlsx only") {
		t.Error("the page does not say where the others are")
	}
	if got := strings.Count(page, `<tr id="C-`); got != maxRows {
		t.Errorf("%d rows, want %d", got, maxRows)
	}
}

func TestAnAddressOfManyOwnersDoesNotFillThePage(t *testing.T) {
	var objects []*conflicts.Object
	for i := range 3000 {
		objects = append(objects, person(i, "Somebody", "OU=x", fmt.Sprintf("u%d@corp.example", i), "all@corp.example"))
	}
	if page := written(t, Report{Audit: judged(objects...)}); len(page) > 200_000 {
		t.Errorf("%d bytes", len(page))
	}
}

func TestTheSizeOfTenThousandConflicts(t *testing.T) {
	if page := written(t, Report{Audit: many(10_000)}); len(page) > 10_000_000 {
		t.Errorf("%d bytes", len(page))
	}
}

// Who looks at two spellings that Active Directory takes for one sees where they differ.
func TestDifferencesOfSpellingAreMarked(t *testing.T) {
	page := written(t, Report{Audit: company()})
	for _, want := range []string{"smtp:jos<mark>e</mark><wbr>@corp.example<mark>␣</mark>", "smtp:josé<wbr>@corp.example<"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestTrendBreaksWhereRunsWereIncomplete(t *testing.T) {
	trend := newTrend(month())
	if len(trend.Lines) != 3 || len(trend.Gaps) != 2 || trend.Incomplete != 3 || trend.First.Conflicts != 38 || trend.Last.Conflicts != 31 {
		t.Errorf("%+v", trend)
	}
	for _, runs := range [][]Run{nil, month()[:1], {{Complete: true}, {}}} {
		if newTrend(runs) != nil {
			t.Errorf("%d runs are shown that cannot be compared", len(runs))
		}
	}
	for highest, want := range map[int][2]int{0: {1, 1}, 1: {1, 1}, 5: {5, 1}, 7: {8, 2}, 38: {40, 10}, 101: {150, 50}, 100_000: {100_000, 20_000}} {
		if top, step := axis(highest); top != want[0] || step != want[1] {
			t.Errorf("the axis for %d ends at %d by %d, want %v", highest, top, step, want)
		}
	}
}

func TestPagesAreTextThatCanBeSeen(t *testing.T) {
	page := written(t, Report{Audit: hostile(), Fixes: []string{"fix-corp.example.ldif"}})
	if !utf8.ValidString(page) {
		t.Error("the page is not UTF-8")
	}
	if i := strings.IndexAny(page, "\u202e\u2066\x00\x1b\u200b"); i >= 0 {
		t.Errorf("a character that cannot be seen, behind %q", page[max(0, i-80):i])
	}
}

// Texts have a contrast of 4.5 to 1 in both schemes (WCAG 2.2, 1.4.3), what is drawn one of 3
// to 1 (1.4.11).
func TestContrastOfColors(t *testing.T) {
	light, dark, _ := strings.Cut(style, "@media screen and (prefers-color-scheme: dark)")
	dark, _, _ = strings.Cut(dark, "\n}\n")
	for name, scheme := range map[string]string{"light": light, "dark": dark} {
		colors := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #(\w{6});`).FindAllStringSubmatch(scheme, -1) {
			colors[m[1]] = luminance(t, m[2])
		}
		for _, pair := range strings.Fields(`ink/paper ink/card ink/sunk ink/good-bg ink/medium-bg ink/mark muted/paper muted/card muted/sunk muted/good-bg muted/medium-bg link/paper link/card
			good/good-bg good/card high/high-bg high/card medium/medium-bg medium/card low/low-bg link/info edge-card edge-paper high-card medium-card edge-card`) {
			least := 4.5
			text, ground, ok := strings.Cut(pair, "/")
			if !ok {
				least = 3
				text, ground, _ = strings.Cut(pair, "-")
			}
			a, b := colors[text], colors[ground]
			if a == 0 && b == 0 {
				t.Fatalf("%s: %s: no such colors", name, pair)
			}
			if got := (max(a, b) + .05) / (min(a, b) + .05); got < least {
				t.Errorf("%s: %s: %.1f, want %.1f", name, pair, got, least)
			}
		}
	}
}

// luminance is the relative luminance of WCAG of a color in hex.
func luminance(t *testing.T, hex string) float64 {
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	part := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*part(16) + .7152*part(8) + .0722*part(0)
}

// The policy names the style and the script as a browser reads them.
func TestPolicyNamesStyleAndScript(t *testing.T) {
	page := written(t, Report{Audit: company()})
	for _, tag := range []string{"style", "script"} {
		_, text, _ := strings.Cut(page, "<"+tag+">")
		text, _, _ = strings.Cut(text, "</"+tag+">")
		if want := html.EscapeString(tag + "-src '" + digest(text) + "'"); !strings.Contains(page, strings.ReplaceAll(want, "+", "&#43;")) {
			t.Errorf("the policy does not have %s", want)
		}
	}
	if n := strings.Count(script, "\n"); n > 70 {
		t.Errorf("the script has %d lines", n)
	}
}
