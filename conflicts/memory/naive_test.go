package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"proxyaddr/conflicts"
)

// A naive judge remembers what it needs in the plainest way, and looks through all of it
// for everything.
type naive struct {
	rows     []*naiveRow
	complete bool // a run was
	ended    map[string]bool
}

type naiveRow struct {
	key         conflicts.Key
	owners      map[conflicts.GUID]bool
	class       conflicts.Class
	resolved    time.Time
	gone, cover bool // cover: a suppression held in the last run that looked
	covered     map[conflicts.GUID]bool
	coveredBy   string
	worst       conflicts.Class // that was covered
}

// judge returns the status of each key that there is something to say of.
func (n *naive) judge(w *world, complete bool) map[conflicts.Key]Status {
	said := map[conflicts.Key]Status{}
	visible := w.visible(false)
	baseline := !n.complete
	n.complete = n.complete || complete
	keys := map[conflicts.Key]bool{}
	for _, o := range w.objects {
		for _, v := range o.ProxyAddresses {
			keys[conflicts.ParseAddress(v).LooseKey()] = true
		}
		if o.Mail != "" {
			keys[conflicts.MailKey(o.Mail)] = true
		}
	}
	for _, row := range n.rows {
		keys[row.key] = true
	}
	for key := range keys {
		owners, class := n.owners(visible, key)
		var row *naiveRow
		for _, r := range n.rows {
			if r.key == key {
				row = r
			}
		}
		switch {
		case class != "" && row == nil:
			row = &naiveRow{key: key, owners: owners, class: class}
			n.rows = append(n.rows, row)
			said[key] = New
			if baseline {
				said[key] = Known
			}
			if n.covers(w, row, owners, class) {
				said[key] = Suppressed
			}
		case class != "":
			was := *row
			worse := slices.Index(conflicts.Classes, class) < slices.Index(conflicts.Classes, row.class)
			for g := range owners {
				worse = worse || !row.owners[g]
			}
			if !row.gone {
				kept := false
				for g := range row.owners {
					if !owners[g] && (!complete || n.unseen(w, g)) {
						owners[g], kept = true, true
					}
				}
				if (kept || !complete) && slices.Index(conflicts.Classes, row.class) < slices.Index(conflicts.Classes, class) {
					class = row.class
				}
			}
			_, seenClass := n.owners(visible, key)
			covered := n.covers(w, row, owners, seenClass)
			switch {
			case covered:
				said[key] = Suppressed
			case was.gone:
				said[key] = Reopened
			case worse:
				said[key] = Worsened
			case was.cover && !n.active(w, key):
				said[key] = Expired
			default:
				said[key] = Known
			}
			row.owners, row.class, row.gone = owners, class, false
		case row == nil:
		case row.gone:
			if w.now.Sub(row.resolved) > forgetAfter {
				n.rows = slices.DeleteFunc(n.rows, func(r *naiveRow) bool { return r == row })
			}
		default:
			may := map[conflicts.GUID]bool{}
			for g := range row.owners {
				if n.unseen(w, g) {
					may[g] = true
				}
			}
			for g := range owners {
				if row.owners[g] {
					may[g] = true
				}
			}
			unseen := false
			for g := range row.owners {
				unseen = unseen || n.unseen(w, g)
			}
			if complete && !(len(may) >= 2 && unseen) {
				row.gone, row.resolved = true, w.now
				said[key] = Resolved
				break
			}
			said[key] = Unconfirmed
			cover := row.cover
			if n.covers(w, row, row.owners, row.class) {
				said[key] = Suppressed
			} else if !n.active(w, key) {
				row.cover = cover // it is told when it is seen again
			}
		}
	}
	for _, s := range w.scan.Suppressions {
		if s.Over(w.now) {
			n.ended[s.Address+s.Until.String()] = true
		}
	}
	return said
}

// owners returns who holds a key, and the class, "" if that is no conflict.
func (n *naive) owners(visible []*conflicts.Object, key conflicts.Key) (map[conflicts.GUID]bool, conflicts.Class) {
	owners, proxies := map[conflicts.GUID]bool{}, 0
	for _, o := range visible {
		for _, v := range o.ProxyAddresses {
			if conflicts.ParseAddress(v).LooseKey() == key {
				owners[o.GUID] = true
				proxies++
				break
			}
		}
		if o.Mail != "" && conflicts.MailKey(o.Mail) == key {
			owners[o.GUID] = true
		}
	}
	switch {
	case len(owners) < 2:
		return owners, ""
	case proxies < 2:
		return owners, conflicts.CrossAttribute
	}
	return owners, conflicts.Duplicate
}

func (n *naive) unseen(w *world, g conflicts.GUID) bool {
	for name, o := range w.objects {
		if o.GUID == g {
			return w.hidden[name]
		}
	}
	return true
}

func (n *naive) active(w *world, key conflicts.Key) bool { return n.suppression(w, key) != nil }

func (n *naive) suppression(w *world, key conflicts.Key) *Suppression {
	for i := range w.scan.Suppressions {
		s := &w.scan.Suppressions[i]
		if conflicts.ParseAddress(s.Address).LooseKey() == key && !s.Over(w.now) && !n.ended[s.Address+s.Until.String()] {
			return s
		}
	}
	return nil
}

func (n *naive) covers(w *world, row *naiveRow, owners map[conflicts.GUID]bool, class conflicts.Class) bool {
	s := n.suppression(w, row.key)
	if s == nil {
		row.cover, row.coveredBy = false, ""
		return false
	}
	if by := s.Reason + s.Until.String(); row.coveredBy != by {
		row.coveredBy, row.covered, row.worst = by, map[conflicts.GUID]bool{}, class
		for g := range owners {
			row.covered[g] = true
		}
	}
	row.cover = slices.Index(conflicts.Classes, class) >= slices.Index(conflicts.Classes, row.worst)
	for g := range owners {
		row.cover = row.cover && row.covered[g]
	}
	return row.cover
}

// Whatever happens to a directory in a row of nights, each conflict has the status that a
// judge without any cleverness gives it.
func TestNaiveJudgeAgrees(t *testing.T) {
	sequences := 300
	seen := map[Status]int{}
	for seed := range sequences {
		chance := rand.New(rand.NewPCG(uint64(seed), 14))
		w, n := newWorld(t), &naive{ended: map[string]bool{}}
		var did []string
		for night := range 30 {
			for range chance.IntN(3) {
				did = append(did, w.happen(chance))
			}
			var why []string
			if chance.IntN(5) == 0 {
				why = []string{"dc1: not read"}
			}
			switch chance.IntN(12) {
			case 0:
				w.now = w.now.AddDate(0, 0, -3)
			case 1:
				w.now = w.now.AddDate(0, 0, 5)
			case 2:
				w.now = w.now.AddDate(0, 7, 0)
			default:
				w.now = w.now.AddDate(0, 0, 1)
			}
			did = append(did, fmt.Sprintf("night %d, %s, %q", night+1, w.now.Format(Day), why))
			want := n.judge(w, len(why) == 0)
			out := w.run(why...)
			got := map[conflicts.Key]Status{}
			for _, d := range out.Developments {
				got[d.Case.keys()[0]] = d.Case.Status
				seen[d.Case.Status]++
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("sequence %d: %v, want %v, after\n%s", seed, got, want, strings.Join(did, "\n"))
			}
			if why != nil && out.State.Last.Counts[Resolved] > 0 {
				t.Fatalf("sequence %d: an incomplete run resolved a conflict", seed)
			}
		}
	}
	for _, s := range Statuses {
		if seen[s] < sequences/10 {
			t.Errorf("%s: only %d times", s, seen[s])
		}
	}
	t.Logf("statuses: %v", seen)
}

// happen changes the directory, what the account sees of it, or the suppressions.
func (w *world) happen(chance *rand.Rand) string {
	pick := func(list ...string) string { return list[chance.IntN(len(list))] }
	name, value := pick("a", "b", "c", "d", "e"), smtp(pick("x", "y", "z"))
	o := w.put(name, w.put0(name)...)
	switch chance.IntN(9) {
	case 0, 1, 2:
		if !slices.Contains(o.ProxyAddresses, value) {
			o.ProxyAddresses = append(slices.Clone(o.ProxyAddresses), value)
		}
		o.Deleted = false
		return name + " gets " + value
	case 3:
		o.ProxyAddresses = slices.DeleteFunc(slices.Clone(o.ProxyAddresses), func(v string) bool { return v == value })
		return name + " loses " + value
	case 4:
		o.Mail = strings.TrimPrefix(value, "smtp:")
		return name + " has mail " + value
	case 5:
		o.Deleted = !o.Deleted
		return fmt.Sprint(name, " deleted: ", o.Deleted)
	case 6, 7:
		w.hidden[name] = !w.hidden[name]
		return fmt.Sprint(name, " hidden: ", w.hidden[name])
	}
	had := len(w.scan.Suppressions)
	w.scan.Suppressions = slices.DeleteFunc(slices.Clone(w.scan.Suppressions), func(s Suppression) bool { return s.Address == value })
	if len(w.scan.Suppressions) < had {
		return "no suppression of " + value
	}
	s := Suppression{ID: "C-X", Address: value, Reason: pick("one", "two")}
	if chance.IntN(3) > 0 {
		s.Until = day(w.now.Format(Day)).AddDate(0, 0, chance.IntN(15))
	}
	w.scan.Suppressions = append(w.scan.Suppressions, s)
	return "suppression of " + value + " until " + s.Until.Format(Day)
}

// put0 returns the addresses of an object, which may be missing.
func (w *world) put0(name string) []string {
	if o := w.objects[name]; o != nil {
		return o.ProxyAddresses
	}
	return nil
}
