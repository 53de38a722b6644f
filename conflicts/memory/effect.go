package memory

import "time"

// Effect says what a suppression does, according to a state.
type Effect string

const (
	// Active suppresses a conflict, or may do so: only a complete run can rule that out.
	Active Effect = "active"
	// Over has ended.
	Over Effect = "ended"
	// Unmatched matches no conflict.
	Unmatched Effect = "matches nothing"
	// Outgrown is for a conflict that now has more owners, or a more urgent class, than the
	// decision covers.
	Outgrown Effect = "no longer covers the conflict"
)

// Effects returns the effect of each suppression. The state is nil if there is none.
func (s *State) Effects(list []Suppression, now time.Time) []Effect {
	var before []Ended
	if s != nil {
		before = s.Ended
	}
	x, _ := newSuppressions(list, before, now)
	effects := make([]Effect, len(list))
	open, outgrown := make([]bool, len(list)), make([]bool, len(list))
	seen := make([]bool, len(list)) // a conflict of it was found before, if not now
	tells := s != nil && s.Last.Complete
	if tells {
		for _, c := range s.Cases {
			for _, k := range c.keys() {
				for _, i := range x.byKey[k] {
					seen[i] = true
					open[i] = open[i] || c.Status != Resolved
					outgrown[i] = outgrown[i] || c.Status != Resolved && c.Cover != nil && c.Cover.Broken
				}
			}
		}
	}
	for i := range list {
		switch {
		case x.ended[i]:
			effects[i] = Over
		case outgrown[i]:
			effects[i] = Outgrown
		case tells && !open[i] && (seen[i] || len(s.Scope.Base)+len(s.Scope.Exclude) == 0):
			effects[i] = Unmatched
		default:
			effects[i] = Active
		}
	}
	return effects
}
