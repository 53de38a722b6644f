package locator

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
)

// RFC 2782: priorities in order, and within one as the weights are drawn.
func TestOrderOfRecords(t *testing.T) {
	a, b, c := &net.SRV{Target: "a", Weight: 10}, &net.SRV{Target: "b", Weight: 20}, &net.SRV{Target: "c", Weight: 30}
	zero, later := &net.SRV{Target: "z"}, &net.SRV{Target: "l", Priority: 1, Weight: 65535}
	for _, tt := range []struct {
		records []*net.SRV
		draws   []int // what is drawn; then zeros
		want    string
		sums    string // of which numbers up to it are drawn
	}{
		{nil, nil, "", "[]"},
		{[]*net.SRV{later, a}, nil, "a l", "[10 65535]"},
		{[]*net.SRV{c, b, a}, nil, "a b c", "[60 50 30]"},
		{[]*net.SRV{a, b, c}, []int{10}, "a b c", "[60 50 30]"},
		{[]*net.SRV{a, b, c}, []int{11}, "b a c", "[60 40 30]"},
		{[]*net.SRV{a, b, c}, []int{31, 11}, "c b a", "[60 30 10]"},
		{[]*net.SRV{a, b, c}, []int{60, 30}, "c b a", "[60 30 10]"},
		{[]*net.SRV{a, zero}, nil, "z a", "[10 10]"},
		{[]*net.SRV{a, zero}, []int{1}, "a z", "[10 0]"},
		{[]*net.SRV{later, zero, a}, []int{1}, "a z l", "[10 0 65535]"},
	} {
		var sums []int
		got := order(tt.records, func(n int) int {
			sums = append(sums, n-1)
			if len(sums) <= len(tt.draws) {
				return tt.draws[len(sums)-1]
			}
			return 0
		})
		if targets(got) != tt.want || fmt.Sprint(sums) != tt.sums {
			t.Errorf("%s drawn %v: got %s of %v, want %s of %s", targets(tt.records), tt.draws, targets(got), sums, tt.want, tt.sums)
		}
	}
}

func targets(list []*net.SRV) string {
	var names []string
	for _, r := range list {
		names = append(names, r.Target)
	}
	return strings.Join(names, " ")
}

// A server is tried first about as often as its weight says.
func TestWeights(t *testing.T) {
	records := []*net.SRV{{Target: "a", Weight: 100}, {Target: "b", Weight: 300}, {Target: "c", Weight: 600}}
	rnd := rand.New(rand.NewPCG(1, 2))
	first := map[string]int{}
	for range 10000 {
		first[order(records, rnd.IntN)[0].Target]++
	}
	for _, r := range records {
		if n := first[r.Target]; n < int(r.Weight)*9 || n > int(r.Weight)*11 {
			t.Errorf("%s with weight %d is first in %d of 10000", r.Target, r.Weight, n)
		}
	}
}
