package main

import (
	"flag"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	oracleDirectories = flag.Int("oracle.n", 40, "made-up directories that TestOracle judges")
	oracleSeed        = flag.Uint64("oracle.seed", 1, "seed of the first of them")
	oracleFeatures    = flag.String("oracle.features", "", "what they can have besides plain addresses, separated by commas; all features if empty")
)

// oracleAllowed are the features that the flag names.
func oracleAllowed() []string {
	if *oracleFeatures == "" {
		return slices.Clone(features)
	}
	return strings.Split(*oracleFeatures, ",")
}

// What the program says of a directory is what comparing each address with each says,
// in whatever form and order the directory was exported. Its plan ends what it says it
// ends and begins nothing, and can be taken back.
func TestOracle(t *testing.T) {
	var next, failures atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		dir := t.TempDir()
		group.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= int64(*oracleDirectories) || failures.Load() >= 3 || t.Context().Err() != nil {
					return
				}
				seed := *oracleSeed + uint64(n)
				m := newMaker(rand.New(rand.NewPCG(seed, 0)), oracleAllowed())
				d, e := m.directory(), newExamination(dir, seed)
				e.parts = m.with("parts")
				if err := e.examine(d); err != nil {
					failures.Add(1)
					d, err = e.shrink(d, err)
					t.Errorf("-oracle.n 1 -oracle.seed %d: %v\n%s", seed, err, d.export("entries alone", rand.New(still{})))
				}
			}
		})
	}
	group.Wait()
}

// still is a source of randomness that has nothing special happen.
type still struct{}

func (still) Uint64() uint64 { return 1<<64 - 1 }

// shrink leaves out of a directory what it takes not for the error.
func (e *examination) shrink(d directory, err error) (directory, error) {
	for again := true; again; {
		again = false
		try := func(smaller directory) bool {
			if !smaller.whole() {
				return false
			}
			failure := e.examine(smaller)
			if failure == nil || kindOf(failure) != kindOf(err) {
				return false
			}
			d, err, again = smaller, failure, true
			return true
		}
		for i := 0; i < len(d); i++ {
			if try(slices.Delete(d.clone(), i, i+1)) {
				i--
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(d[i].values)) {
				smaller := d.clone()
				delete(smaller[i].values, name)
				if try(smaller) {
					continue
				}
				for j := 0; j < len(d[i].values[name]); j++ {
					smaller := d.clone()
					smaller[i].values[name] = slices.Delete(smaller[i].values[name], j, j+1)
					if try(smaller) {
						j--
					}
				}
			}
		}
	}
	return d, err
}

func kindOf(err error) string {
	kind, _, _ := strings.Cut(err.Error(), ":")
	return kind
}
