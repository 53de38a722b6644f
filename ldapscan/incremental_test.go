package ldapscan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/ldapscan"
)

// A remembering reader scans as often as it is asked, and remembers.
type rememberingReader struct {
	t     *testing.T
	state *memory.State
	now   time.Time
	judge conflicts.Options
}

func (r *rememberingReader) scope() memory.Scope {
	return memory.Scope{Base: r.judge.Base, Exclude: r.judge.Exclude}
}

// run scans by what was written since, or everything if why is given.
func (r *rememberingReader) run(src *ldapscan.Forest, why string) (*ldapscan.Reading, *memory.Judgment) {
	r.t.Helper()
	r.now = r.now.Add(time.Minute)
	since := ldapscan.Since{Now: r.now, Whole: why, Owners: r.state.OpenOwners()}
	if why == "" {
		since.Whole = r.state.Whole(r.scope(), r.now, 24*time.Hour)
	}
	if r.state != nil {
		since.Bookmark = r.state.Bookmark
	}
	reading, err := ldapscan.ScanSince(r.t.Context(), src, since, ldapscan.Options{Judge: r.judge})
	if err != nil {
		r.t.Fatal(err)
	}
	m := memory.Match(r.state, reading.Audit.Conflicts)
	s := &memory.Scan{Run: memory.Run{Time: r.now, Complete: reading.Audit.Complete(), Problems: reading.Audit.Problems, Incremental: reading.Whole == ""}, Scope: r.scope(),
		Reports: r.judge.Reports, Bookmark: reading.Bookmark}
	var former []conflicts.FixRecord
	for _, ref := range m.Former() {
		former = append(former, conflicts.FixRecord{DN: ref.DN, GUID: ref.GUID})
	}
	if err := src.Reread(r.t.Context(), former, func(o *conflicts.Object) { s.Former = append(s.Former, o) }); err != nil {
		r.t.Fatal(err)
	}
	out := m.Judge(s)
	r.state = out.State
	return reading, out
}

// statuses are what a run says of all cases.
func statuses(out *memory.Judgment) (lines []string) {
	for _, d := range out.Developments {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", d.Case.ID, d.Case.Address(), d.Case.Status, d.Case.Reason))
	}
	slices.Sort(lines)
	return lines
}

// Whatever happens to a directory, a reading of changes finds what a whole sweep finds and
// tells the same of it, or a whole sweep was made for a reason that is told.
func TestChangesAgreeWithWholeSweeps(t *testing.T) {
	sequences := 100
	if testing.Short() {
		sequences = 20
	}
	reasons := map[string]int{}
	incremental, news := 0, 0
	for seed := range uint64(sequences) {
		c := newChanging(t, seed)
		judge := conflicts.Options{}
		if seed%3 == 0 {
			judge.Base = []string{c.units[0]}
		}
		if seed%6 == 0 {
			judge.Exclude = []string{c.units[1]}
		}
		start := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
		changes := &rememberingReader{t: t, now: start, judge: judge}
		whole := &rememberingReader{t: t, now: start, judge: judge}
		src := c.open()
		for step := range 8 {
			if step > 0 {
				for range c.chance.IntN(4) {
					c.happen()
				}
				another := c.chance.IntN(25)
				switch another {
				case 0:
					c.copied("dc2.contoso.example")
				case 1:
					c.copied("dc1.contoso.example")
				}
				if another < 2 {
					c.did = append(c.did, "read from another server")
				}
				if another < 5 {
					src.Close()
					src = c.open()
				}
			}
			c.did = append(c.did, fmt.Sprintf("step %d", step))
			got, gotOutcome := changes.run(src, "")
			want, wantOutcome := whole.run(src, "as the measure")
			log := func() string {
				return fmt.Sprintf("sequence %d, %q, after\n%s", seed, got.Whole, strings.Join(c.did, "\n"))
			}
			if got.Audit.Complete() && emptied(want.Audit) {
				break
			}
			if !got.Audit.Complete() || !want.Audit.Complete() {
				t.Fatalf("problems %q and %q, %s", got.Audit.Problems, want.Audit.Problems, log())
			}
			if diff := cmp.Diff(want.Audit.Conflicts, got.Audit.Conflicts, cmpopts.IgnoreFields(conflicts.Conflict{}, "Unresolved")); diff != "" {
				t.Fatalf("(-whole +changes):\n%s%s", diff, log())
			}
			if diff := cmp.Diff(statuses(wantOutcome), statuses(gotOutcome)); diff != "" {
				t.Fatalf("what is told (-whole +changes):\n%s%s", diff, log())
			}
			if got.Whole == "" {
				incremental++
				for _, d := range gotOutcome.Developments {
					if d.Case.Status.News() || d.Case.Status == memory.Resolved {
						news++
					}
				}
			} else {
				reasons[anonymous(got.Whole)]++
			}
		}
		src.Close()
		c.srv.Close()
	}
	t.Logf("%d readings of changes told %d developments; whole sweeps: %v", incremental, news, reasons)
	if incremental < sequences*4 || news < sequences {
		t.Errorf("only %d readings of changes and %d developments", incremental, news)
	}
}

// emptied reports whether the only thing that is wrong is a subtree without addresses, which a
// reading of changes does not notice.
func emptied(a *conflicts.Audit) bool {
	return len(a.Problems) == 1 && strings.Contains(a.Problems[0], "nothing with an address found there")
}

// anonymous takes names and numbers out of a reason.
func anonymous(why string) string {
	if _, rest, ok := strings.Cut(why, ": "); ok {
		why = rest
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, why)
}
