package report

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

func TestTableFitsTheTerminal(t *testing.T) {
	long := object(7, strings.Repeat("山田e\u0301", 40), corp, "SMTP:jane.doe@contoso.com")
	a := normalAudit()
	a.Conflicts[0].Owners = append(a.Conflicts[0].Owners, owner(long, proxy("SMTP:"+strings.Repeat("ж", 300)+"@contoso.com")))
	for _, width := range []int{60, 80, 120} {
		var out bytes.Buffer
		if err := Table(&out, a, TableOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := words.Columns(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("a line of %d columns at width %d:\n%s", n, width, line)
			}
		}
	}
}

func TestTableMarksTheKeeperAndShowsTheProposal(t *testing.T) {
	var out bytes.Buffer
	if err := Table(&out, normalAudit(), TableOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"* keep    Jane Doe,", "  replace Doe, Jane (HR),", "-> SMTP:Jane.Doe2@contoso.com", "-> removed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, out.String())
		}
	}
}

func TestBriefTableSaysHowManyConflictsThereAre(t *testing.T) {
	for _, tt := range []struct {
		found, shown int
		brief        bool
	}{{words.Listed, words.Listed, true}, {1000 * words.Listed, words.Listed, true}, {words.Listed + 1, words.Listed + 1, false}} {
		a := &conflicts.Audit{}
		for range tt.found {
			a.Conflicts = append(a.Conflicts, normalAudit().Conflicts[0])
		}
		var out bytes.Buffer
		if err := Table(&out, a, TableOptions{Brief: tt.brief, Width: 200}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), "* keep"); n != tt.shown {
			t.Errorf("%d of %d conflicts are shown, want %d", n, tt.found, tt.shown)
		}
		says := "Only the first 200 of " + words.Quantity(tt.found, "conflict")
		if got := strings.Contains(out.String(), says); got != (tt.shown < tt.found) {
			t.Errorf("%d of %d conflicts: %q is there: %t", tt.shown, tt.found, says, got)
		}
	}
}

func TestBriefTableSaysHowManyFindingsThereAre(t *testing.T) {
	for _, tt := range []struct {
		found, shown int
		brief        bool
	}{{words.Listed, words.Listed, true}, {words.Listed + 1, words.Listed, true}, {words.Listed + 1, words.Listed + 1, false}} {
		a := &conflicts.Audit{}
		for range tt.found {
			a.Findings = append(a.Findings, normalAudit().Findings[0])
		}
		var out bytes.Buffer
		if err := Table(&out, a, TableOptions{Brief: tt.brief, Width: 200}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), a.Findings[0].DN); n != tt.shown {
			t.Errorf("%d of %d findings are shown, want %d", n, tt.found, tt.shown)
		}
		says := "Only the first 200 of " + words.Quantity(tt.found, "finding")
		if got := strings.Contains(out.String(), says); got != (tt.shown < tt.found) {
			t.Errorf("%d of %d findings: %q is there: %t", tt.shown, tt.found, says, got)
		}
		if n := strings.Count(out.String(), a.Findings[0].Kind.Title()); n != 1 {
			t.Errorf("the kind is told %d times, want once", n)
		}
	}
}

// Who reads the totals alone learns what stands last in the table, and not less.
func TestTotalsAreTheEndOfTheTable(t *testing.T) {
	for name, write := range map[string]func(w io.Writer, whole bool) error{
		"audit": func(w io.Writer, whole bool) error {
			if whole {
				return Table(w, normalAudit(), TableOptions{})
			}
			return Totals(w, normalAudit(), TableOptions{})
		},
		"comparison": func(w io.Writer, whole bool) error {
			if whole {
				return ComparisonTable(w, aComparison(t), TableOptions{})
			}
			return ComparisonTotals(w, aComparison(t), TableOptions{})
		},
	} {
		var table, totals bytes.Buffer
		if err := errors.Join(write(&table, true), write(&totals, false)); err != nil {
			t.Fatal(err)
		}
		before, found := strings.CutSuffix(table.String(), totals.String())
		if !found || totals.Len() == 0 || !strings.HasSuffix(before, "\n\n") {
			t.Errorf("%s: the totals are\n%s\nand the table is\n%s", name, totals.String(), table.String())
		}
	}
}

func TestTableEndsWithTheReasonsOfAnIncompleteScan(t *testing.T) {
	a := &conflicts.Audit{Problems: []string{"dc1: connection lost"}}
	var out bytes.Buffer
	if err := Table(&out, a, TableOptions{Width: 200}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "INCOMPLETE") || !strings.HasSuffix(last, "dc1: connection lost") {
		t.Errorf("the last line is %q", last)
	}
}
