package memory

import (
	"fmt"

	"proxyaddr/conflicts"
)

// A run is incomplete if the number of missing objects exceeds both of these.
const (
	maxDrop      = 100
	maxDropShare = 20 // one in so many
)

// Drops returns the reasons why the run is incomplete: one for each partition with far fewer
// objects with addresses than in the last complete run. Active Directory leaves out what the
// account cannot read without saying so; only a comparison shows it. before is nil if nothing is
// remembered.
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
