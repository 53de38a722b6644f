package main

import (
	"path/filepath"
	"testing"
)

// On Windows, names do not differ by case, and neither do patterns for them.
func TestPatternInAnyCase(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"DC*.evtx", "dc1.EVTX", true},
		{"dc?.evtx", "DC1.evtx", true},
		{"büro*.csv", "BÜRO1.CSV", true},
		{"dc*.evtx", "ex1.evtx", false},
		{"dc[12].evtx", "dc1.evtx", true},
	} {
		got, err := filepath.Match(anyCase(test.pattern), test.name)
		if err != nil || got != test.want {
			t.Errorf("%s, %s: %v, %v", test.pattern, test.name, got, err)
		}
	}
}
