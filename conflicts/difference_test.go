package conflicts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	berlin1 = &Server{Host: "dc1", Site: "Berlin"}
	berlin2 = &Server{Host: "dc2", Site: "Berlin"}
	tokyo   = &Server{Host: "dc3", Site: "Tokyo"}
)

// statuses writes what was made of copies, so that a person can check it.
func statuses(d Difference) []string {
	var lines []string
	for _, c := range d.Copies {
		line := c.Server.Host
		for _, v := range c.Has {
			line += " +" + v
		}
		for _, v := range c.Lacks {
			line += " -" + v
		}
		lines = append(lines, line+" "+c.Summary())
	}
	left := "gone"
	if d.Converged != nil {
		left = strings.Join(d.Converged.ProxyAddresses, " ")
	}
	return append(lines, "leaves "+left)
}

func TestDifference(t *testing.T) {
	const dc1, dc3 = `Berlin\DC1`, `Tokyo\DC3`
	old := func(values ...string) *Object {
		return created(on(object(1, "O", values...), dc1, -years, 2), -5*years)
	}
	here := func(s *Server, o *Object) Copy { return Copy{Server: s, Object: o} }
	gone := func(s *Server, after time.Duration) Copy {
		return Copy{Server: s, Deleted: Stamp{Time: noon.Add(after), Version: 1, Origin: NewOrigin(GUID{}, "DC1", "Berlin")}}
	}
	for _, tc := range []struct {
		name   string
		copies []Copy
		want   []string // nil: no difference
	}{
		{"the same", []Copy{here(berlin1, old("a", "b")), here(berlin2, old("b", "a"))}, nil},
		{"the same of those that were read", []Copy{here(berlin1, old("a")), {Server: berlin2, Unread: true}, here(tokyo, old("a"))}, nil},
		{"nowhere any more", []Copy{{Server: berlin1}, {Server: berlin2}}, nil},
		{"there without addresses, and not there", []Copy{here(berlin1, old()), {Server: berlin2}}, nil},
		{"written now", []Copy{here(berlin1, on(old("a", "b"), dc1, -40*seconds, 3)), here(berlin2, old("a"))}, []string{
			"dc1 +b newest", "dc2 -b likely on the way: the newest was written 40s ago, which arrives within 15m0s as a rule", "leaves a b"}},
		{"written some minutes ago", []Copy{here(berlin1, on(old("a"), dc1, -14*minutes, 3)), here(berlin2, old("a", "b"))}, []string{
			"dc1 -b newest", "dc2 +b possibly on the way: the newest was written 14m0s ago, which arrives within 15m0s as a rule", "leaves a"}},
		{"long ago, and other values since", []Copy{here(berlin1, old("a", "b")), here(tokyo, on(old("a", "c"), dc3, -5*hours, 7)), here(berlin2, old("a", "b"))}, []string{
			"dc1 +b -c likely stuck: the newest was written 5h0m0s ago, which is 2h0m0s overdue", "dc3 +c -b newest",
			"dc2 +b -c likely stuck: the newest was written 5h0m0s ago, which is 2h0m0s overdue", "leaves a c"}},
		{"within a site and between sites", []Copy{here(berlin1, on(old("b"), dc1, -20*minutes, 3)), here(berlin2, old("a")), here(tokyo, old("a"))}, []string{
			"dc1 +b -a newest", "dc2 +a -b likely stuck: the newest was written 20m0s ago, which is 5m0s overdue",
			"dc3 +a -b possibly on the way: the newest was written 20m0s ago, which arrives within 3h0m0s as a rule", "leaves b"}},
		{"a greater version prevails over a later time", []Copy{here(berlin1, on(old("a"), dc1, -2*minutes, 4)), here(berlin2, on(old("b"), dc3, -1*minutes, 3))}, []string{
			"dc1 +a -b newest", "dc2 +b -a possibly on the way: the newest was written 2m0s ago, which arrives within 15m0s as a rule", "leaves a"}},
		{"two writes that did not know of each other", []Copy{here(berlin1, on(old("a"), dc1, -20*seconds, 3)), here(tokyo, on(old("b"), dc3, -10*seconds, 3))}, []string{
			"dc1 +a -b likely on the way: the newest was written 10s ago, which arrives within 3h0m0s as a rule; what was written here meanwhile will be lost", "dc3 +b -a newest", "leaves b"}},
		{"in the same second", []Copy{here(berlin1, on(old("a"), dc1, 0, 3)), here(tokyo, on(old("b"), dc3, 0, 3))}, []string{
			"dc1 +a -b not known: they were written in the same second, and either may prevail", "dc3 +b -a not known: they were written in the same second, and either may prevail", "leaves a b"}},
		{"one stamp, two values", []Copy{here(berlin1, old("a")), here(tokyo, old("a", "b"))}, []string{
			"dc1 -b not known: the stamps are the same, so replication treats the copies as equal", "dc3 +b not known: the stamps are the same, so replication treats the copies as equal", "leaves a b"}},
		{"no stamp anywhere", []Copy{here(berlin1, object(1, "O", "a")), here(tokyo, object(1, "O"))}, []string{
			"dc1 +a not known: the directory does not tell when the addresses were written", "dc3 -a not known: the directory does not tell when the addresses were written", "leaves a"}},
		{"one stamp missing", []Copy{here(berlin1, object(1, "O", "a")), here(tokyo, on(old("b"), dc3, 0, 3))}, []string{
			"dc1 +a -b not known: the directory does not tell when the addresses were written", "dc3 +b -a not known: the directory does not tell when the addresses were written", "leaves a b"}},
		{"the first addresses of an object", []Copy{here(berlin1, on(object(1, "O", "a"), dc1, -5*seconds, 1)), here(berlin2, object(1, "O"))}, []string{
			"dc1 +a newest", "dc2 -a likely on the way: the newest was written 5s ago, which arrives within 15m0s as a rule", "leaves a"}},
		{"by a clock that is ahead", []Copy{here(berlin1, on(old("b"), dc1, 2*hours, 3)), here(berlin2, old("a"))}, []string{
			"dc1 +b -a newest", "dc2 +a -b likely on the way: the newest was written 0s ago, which arrives within 15m0s as a rule", "leaves b"}},
		{"created now", []Copy{here(berlin1, created(on(object(1, "O", "a"), dc1, -30*seconds, 1), -30*seconds)), {Server: berlin2}}, []string{
			"dc1 +a newest", "dc2 -a likely on the way: the object was created 30s ago, which arrives within 15m0s as a rule", "leaves a"}},
		{"missing for long", []Copy{here(berlin1, on(old("a"), dc1, -30*seconds, 9)), {Server: berlin2}}, []string{
			"dc1 +a newest", "dc2 -a not known: the object was created 43800h0m0s ago: either it never arrived, or it was deleted here and lingers elsewhere", "leaves a"}},
		{"nobody knows since when", []Copy{here(berlin1, &Object{Entry: Entry{ProxyAddresses: []string{"a"}}}), {Server: berlin2}}, []string{
			"dc1 +a newest", "dc2 -a not known: the directory does not tell when the object was created", "leaves a"}},
		{"deleted now", []Copy{gone(berlin1, -40*seconds), here(berlin2, old("a"))}, []string{
			"dc1 -a newest", "dc2 +a likely on the way: the object was deleted 40s ago, which arrives within 15m0s as a rule", "leaves gone"}},
		{"a deletion prevails over later writes", []Copy{gone(berlin1, -4*hours), here(tokyo, on(old("a"), dc3, -1*minutes, 8)), {Server: berlin2}}, []string{
			"dc1 -a newest", "dc3 +a likely stuck: the object was deleted 4h0m0s ago, which is 1h0m0s overdue", "dc2 -a newest", "leaves gone"}},
		{"restored since", []Copy{gone(berlin1, -4*hours), here(berlin2, restoredAt(on(old("a"), dc3, -2*minutes, 8), -2*minutes))}, []string{
			"dc1 -a likely on the way: the object was restored 2m0s ago, which arrives within 3h0m0s as a rule", "dc2 +a newest", "leaves a"}},
		{"one was not read", []Copy{here(berlin1, on(old("b"), dc1, -5*seconds, 3)), here(berlin2, old("a")), {Server: tokyo, Unread: true}}, []string{
			"dc1 +b -a newest", "dc2 +a -b likely on the way: the newest was written 5s ago, which arrives within 15m0s as a rule", "dc3 not known: it could not be read there", "leaves b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, ok := NewDifference(slices.Clone(tc.copies), noon)
			if !ok {
				if tc.want != nil {
					t.Error("no difference")
				}
				return
			}
			if got := statuses(d); !slices.Equal(got, tc.want) {
				t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
			slices.Reverse(tc.copies)
			again, _ := NewDifference(tc.copies, noon)
			slices.Reverse(again.Copies)
			if got := statuses(again); !slices.Equal(got, tc.want) {
				t.Errorf("in another order\n%s", strings.Join(got, "\n"))
			}
		})
	}
	t.Run("nobody tells the time", func(t *testing.T) {
		d, _ := NewDifference([]Copy{here(berlin1, on(old("a"), dc1, 0, 3)), here(berlin2, old())}, time.Time{})
		if got := statuses(d); got[1] != `dc2 -a not known: the newest was written 2024-05-06 12:00:00 UTC on Berlin\DC1, and no domain controller tells what time it is` || d.Status() != Unclear {
			t.Error(strings.Join(got, "\n"))
		}
	})
}

// pendingLines writes the conflicts of a comparison, each owner with where it is seen.
func pendingLines(c *Comparison) []string {
	var lines []string
	for _, p := range c.Pending {
		line := fmt.Sprintf("%s %s:", p.Class, p.Key.Address())
		for i, o := range p.Owners {
			line += " " + o.Name() + "@"
			for n, s := range p.Seen[i] {
				line += map[bool]string{true: "+"}[n > 0] + s.Host
			}
		}
		lines = append(lines, line+" "+string(p.Cause.Kind))
	}
	return lines
}

func TestPendingConflicts(t *testing.T) {
	const dc1, dc2 = `Berlin\DC1`, `Berlin\DC2`
	written := func(n int, name, dc string, version int, values ...string) *Object {
		return on(object(n, name, values...), dc, time.Duration(-n)*seconds, version)
	}
	// Each difference is an object on the first and on the second, nil if it is not there.
	type pair [2]*Object
	for _, tc := range []struct {
		name   string
		pairs  []pair
		others []*Object
		opt    Options
		want   []string
	}{
		{"taken on both", []pair{{written(1, "A", dc1, 1, "SMTP:x@a.com"), nil}, {nil, written(2, "B", dc2, 1, "smtp:X@a.com")}}, nil, Options{},
			[]string{"duplicate x@a.com: A@dc1 B@dc2 race"}},
		{"someone has it everywhere", []pair{{written(1, "A", dc1, 3, "smtp:a@a.com", "smtp:x@a.com"), written(1, "A", dc1, 2, "smtp:a@a.com")}},
			[]*Object{object(3, "C", "SMTP:x@a.com")}, Options{}, []string{"duplicate x@a.com: C@dc1+dc2 A@dc1 unknown"}},
		{"given up on the first, taken on the second", []pair{{written(1, "A", dc1, 3), written(1, "A", dc1, 2, "smtp:x@a.com")}, {written(2, "B", dc1, 3, "smtp:x@a.com"), written(2, "B", dc1, 2)}}, nil, Options{}, nil},
		{"what is lost is no conflict", []pair{{written(1, "A", dc1, 2, "smtp:x@a.com"), written(1, "A", dc2, 3, "smtp:y@a.com")}},
			[]*Object{object(3, "C", "SMTP:x@a.com")}, Options{}, nil},
		{"every domain controller sees it already", []pair{{written(1, "A", dc1, 3, "smtp:x@a.com", "smtp:new@a.com"), written(1, "A", dc1, 2, "smtp:x@a.com")}},
			[]*Object{object(3, "C", "SMTP:x@a.com")}, Options{}, nil},
		{"nor is the spelling anything new", []pair{{written(1, "A", dc1, 3, "SMTP:x@a.com"), written(1, "A", dc1, 2, "smtp:x@a.com")}},
			[]*Object{object(3, "C", "SMTP:x@a.com")}, Options{}, nil},
		{"an address that nobody shares", []pair{{written(1, "A", dc1, 1, "SMTP:x@a.com"), nil}}, []*Object{object(3, "C", "SMTP:c@a.com")}, Options{}, nil},
		{"the same object, found once more as it was", []pair{{written(1, "A", dc1, 3, "SMTP:x@a.com"), written(1, "A", dc1, 2, "smtp:y@a.com")}},
			[]*Object{written(1, "A", dc1, 2, "smtp:y@a.com")}, Options{}, nil},
		{"nobody knows which will be", []pair{{object(1, "A", "smtp:x@a.com"), object(1, "A", "smtp:y@a.com")}}, []*Object{object(3, "C", "SMTP:y@a.com")}, Options{},
			[]string{"duplicate y@a.com: C@dc1+dc2 A@dc2 unknown"}},
		{"outside of what is reported", []pair{{written(1, "A", dc1, 1, "SMTP:x@a.com"), nil}, {nil, written(2, "B", dc2, 1, "smtp:X@a.com")}}, nil,
			Options{Base: []string{"OU=Elsewhere,DC=a,DC=com"}}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &Comparison{Servers: []Server{*berlin1, *berlin2}}
			for i := range c.Servers {
				c.Coverage = append(c.Coverage, ReplicaCoverage{&c.Servers[i], Coverage{Partition: "DC=a,DC=com"}})
			}
			for _, p := range tc.pairs {
				d, ok := NewDifference([]Copy{{Server: &c.Servers[0], Object: p[0]}, {Server: &c.Servers[1], Object: p[1]}}, noon)
				if !ok {
					t.Fatal("no difference")
				}
				c.Differences = append(c.Differences, d)
			}
			wanted := map[Key]bool{}
			for _, a := range c.Contested() {
				wanted[a.Key()] = true
			}
			var others []*Object
			for _, o := range tc.others {
				if slices.ContainsFunc(claims(o), func(c Claim) bool { return wanted[c.Parsed().Key()] }) {
					others = append(others, o)
				}
			}
			c.Judge(others, tc.opt)
			if got := pendingLines(c); !slices.Equal(got, tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
			if tc.opt.Base != nil && len(c.Differences) > 0 {
				t.Errorf("%d differences are reported", len(c.Differences))
			}
		})
	}
}
