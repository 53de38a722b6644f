package memory

import (
	"slices"
	"time"
)

// Changed reports whether a run has to be remembered, because a later run or a person would miss
// something otherwise. before is the State that it was compared with, nil for none. If only news
// of the last run is no longer news, that is not a change: people may see the news a while
// longer.
func (j *Judgment) Changed(before *State) bool {
	now := j.State
	if before == nil || !now.Last.Incremental || len(j.History) > 0 || now.Last.Complete != before.Last.Complete ||
		now.Last.Counts == nil || before.Last.Counts == nil || now.Last.Account != before.Last.Account || now.Last.Version != before.Last.Version {
		return true
	}
	a, b := now.Last.Suppressions, before.Last.Suppressions
	if a.Active != b.Active || a.Expired != b.Expired || a.Unmatched != b.Unmatched || !a.NextEnd.Equal(b.NextEnd) || len(now.Ended) != len(before.Ended) {
		return true
	}
	return !slices.EqualFunc(now.Cases, before.Cases, (*Case).sameAs)
}

// sameAs reports whether a case is the same as before, except for when it was seen.
func (c *Case) sameAs(before *Case) bool {
	status := before.Status
	if status.News() {
		status = Known
	}
	return c.ID == before.ID && slices.Equal(c.Aliases, before.Aliases) && c.Class == before.Class && c.Status == status && c.Reason == before.Reason &&
		c.FirstSeen.Equal(before.FirstSeen) && slices.EqualFunc(c.Owners, before.Owners, sameOwner) && c.Cover.sameAs(before.Cover)
}

func sameOwner(a, b Owner) bool {
	return asBefore(a, b) && a.Written.Equal(b.Written) && a.Version == b.Version
}

func (c *Cover) sameAs(before *Cover) bool {
	if c == nil || before == nil {
		return c == before
	}
	return c.Until.Equal(before.Until) && c.Reason == before.Reason && c.By == before.By && c.Class == before.Class && c.Broken == before.Broken &&
		slices.EqualFunc(c.Owners, before.Owners, sameOwner)
}

// LastRun returns when the last run began, even if that run did not have to be remembered.
func (s *State) LastRun() time.Time {
	if s.Last.Complete && s.LastComplete.After(s.Last.Time) {
		return s.LastComplete
	}
	return s.Last.Time
}

// Confirmed notes that a later run was complete and found nothing that is not in s.
func (s *State) Confirmed(at time.Time) {
	for _, c := range s.Cases {
		if c.LastSeen.Equal(s.LastComplete) {
			c.LastSeen = at
		}
	}
	s.LastComplete = at
}

// Retold makes known conflicts count as news again if a run since then had news of them. It is
// for monitors that look less often than runs are made.
func (s *State) Retold(since time.Time) {
	for _, c := range s.Cases {
		if c.Status != Known || c.NewsAt.IsZero() || c.NewsAt.Before(since) {
			continue
		}
		c.Status = c.News
		if s.Last.Counts != nil {
			s.Last.Counts[Known]--
			s.Last.Counts[c.News]++
		}
	}
}
