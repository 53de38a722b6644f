package conflicts

import (
	"testing"
	"time"
)

// An instant keeps what directories write, and is unknown exactly where the time is.
func TestInstantComesBack(t *testing.T) {
	for _, want := range []time.Time{{}, time.Unix(0, 0).UTC(), time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2019, 2, 3, 4, 5, 6, 700e6, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)} {
		i := InstantOf(want)
		if got := i.Time(); got != want || (i == 0) != want.IsZero() {
			t.Errorf("%v comes back as %v", want, got)
		}
	}
}
