package workbook

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// noticed are the objects that change, by who notices it: each by its first row on the sheet of
// decisions.
type noticed struct{ tell, primary, secondary []int32 }

// changed returns how many objects change.
func (n *noticed) changed() int { return len(n.tell) + len(n.primary) + len(n.secondary) }

// newNoticed looks at the objects one by one. A map of them would take more memory than the
// rest of the workbook; to compare their names takes as long as to write a sheet.
func (b *book) newNoticed() noticed {
	type row struct {
		hash uint64 // of its object
		n    int32
	}
	seed := maphash.MakeSeed()
	rows := make([]row, len(b.decide.order))
	for n := range rows {
		rows[n] = row{maphash.Comparable(seed, b.decide.at(n).Owner.Ref()), int32(n)}
	}
	ref := func(r row) conflicts.Ref { return b.decide.at(int(r.n)).Owner.Ref() }
	slices.SortFunc(rows, func(i, j row) int {
		if i.hash != j.hash {
			return cmp.Compare(i.hash, j.hash)
		}
		a, b := ref(i), ref(j) // the same, but for a chance of one in 2^64
		return cmp.Or(bytes.Compare(a.GUID[:], b.GUID[:]), cmp.Compare(a.DN, b.DN), cmp.Compare(i.n, j.n))
	})
	var n noticed
	for len(rows) > 0 {
		end := 1
		for end < len(rows) && ref(rows[end]) == ref(rows[0]) {
			end++
		}
		list := &n.secondary
		for _, r := range rows[:end] {
			p := b.decide.at(int(r.n))
			replace := b.audit.Replace(p)
			if replace.HasRisk(conflicts.RiskLiveMailbox) {
				list = &n.tell
				break
			}
			if p.Owner.Primary() {
				list = &n.primary
			}
		}
		*list = append(*list, rows[0].n)
		rows = rows[end:]
	}
	for _, list := range [][]int32{n.tell, n.primary, n.secondary} {
		slices.Sort(list)
	}
	return n
}

// summarizeNotice says who notices the changes, with the words of the change request.
func (b *book) summarizeNotice(p *narrative, n noticed) {
	p.heading("Who notices")
	if len(n.tell) > 0 {
		p.fact(cellBold("Tell them before"), b.named(n.tell)+". New primary address: they send from it.")
	}
	if len(n.primary) > 0 {
		p.fact("Also new primary", b.named(n.primary)+".")
	}
	if len(n.secondary) > 0 {
		p.fact("Secondary only", words.Quantity(len(n.secondary), "object")+": only the object in Stays with gets mail sent to the address.")
	}
}

// named counts objects and names the first ones; the sheet of decisions has all.
func (b *book) named(rows []int32) string {
	const most = 20
	var names []string
	for _, row := range rows[:min(len(rows), most)] {
		names = append(names, b.name(b.decide.at(int(row)).Owner.Object))
	}
	text := words.Quantity(len(rows), "object") + ": " + strings.Join(names, "; ")
	if more := len(rows) - len(names); more > 0 {
		text += "; and " + words.Number(more) + " more"
	}
	return text
}
