package statedir

import (
	"fmt"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

// BenchmarkState is what a state adds to a run with 10,000 known conflicts, a hundred of
// them new: reading it, comparing, and writing the next one with its history.
func BenchmarkState(b *testing.B) {
	const n = 10_000
	var objects []*conflicts.Object
	for i := range n {
		for j := range 2 {
			o := &conflicts.Object{Entry: conflicts.Entry{DN: fmt.Sprintf("CN=Jane Doe %d (%d),OU=Users,OU=Site %d,DC=corp,DC=contoso,DC=com", i, j, i%50),
				ProxyAddresses: []string{fmt.Sprintf("smtp:jane.doe%d@contoso.com", i)}}}
			o.GUID = conflicts.GUID{byte(i), byte(i >> 8), byte(j), 1, 2, 3, 4, 5}
			objects = append(objects, o)
		}
	}
	found := conflicts.Judge(objects, conflicts.Options{}).Conflicts
	path := b.TempDir()
	scan := &memory.Scan{Run: memory.Run{Complete: true, Time: time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)}}
	run := func(found []conflicts.Conflict) {
		d, err := Open(path, "")
		if err != nil {
			b.Fatal(err)
		}
		m := memory.Match(d.State, found)
		m.Former()
		out := m.Judge(scan)
		if err := d.Commit(out.State, out.History); err != nil {
			b.Fatal(err)
		}
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
	run(found[:n-100])
	b.ReportAllocs()
	for b.Loop() {
		run(found)
	}
}
