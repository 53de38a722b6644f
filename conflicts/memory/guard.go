package memory

import (
	"fmt"

	"proxyaddr/conflicts"
)

// How many objects fewer than in the last complete run make a run incomplete: more than
// both.
const (
	maxDrop      = 100
	maxDropShare = 20 // one in so many
)

// Drops returns for each partition that shows far fewer objects with addresses than in
// the last complete run why the run is incomplete. Active Directory does not tell that
// it left out what the account may not read; only memory can. before is nil if nothing
// is remembered.
func Drops(before *State, now []Partition) []string {
	if before == nil {
		return nil
	}
	objects := make(map[string]int, len(now))
	for _, p := range now {
		objects[conflicts.DNKey(p.Name)] = p.Objects
	}
	var problems []string
	for _, p := range before.Partitions {
		n := objects[conflicts.DNKey(p.Name)]
		if drop := p.Objects - n; drop > maxDrop && drop*maxDropShare > p.Objects {
			problems = append(problems, fmt.Sprintf("%s: %d objects with addresses, %d fewer than in the last complete run: this account may no longer see them all", p.Name, n, drop))
		}
	}
	return problems
}
