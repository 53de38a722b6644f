package conflicts

import (
	"fmt"
	"strconv"
	"testing"
)

// BenchmarkOwners judges one address that many objects have. ns/owner does not grow
// with their number.
func BenchmarkOwners(b *testing.B) {
	for _, n := range []int{4_000, 40_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			objects := make([]*Object, n)
			for i := range objects {
				own := fmt.Sprintf("u%d@a.com", i)
				objects[i] = mail(object(i+1, fmt.Sprint("u", i), "SMTP:"+own, "smtp:all@a.com"), own)
			}
			for b.Loop() {
				if j := Judge(objects, Options{}); len(j.Conflicts) != 1 || len(j.Changes) != n-1 {
					b.Fatalf("%d conflicts, %d changes", len(j.Conflicts), len(j.Changes))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/owner")
		})
	}
}
