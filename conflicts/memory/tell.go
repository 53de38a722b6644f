package memory

import (
	"fmt"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// changed says what changed in a case, except owners that joined. class is the class that it had.
func changed(before, now *Case, class conflicts.Class) []string {
	var clauses []string
	if urgency(now.Class) > urgency(class) {
		clauses = append(clauses, fmt.Sprintf("was %s", class))
	}
	if len(before.Owners) == 0 || len(now.Owners) == 0 || slices.EqualFunc(before.Owners, now.Owners, asBefore) {
		return clauses
	}
	if !same(&before.Owners[0], &now.Owners[0]) {
		clauses = append(clauses, "the keeper was "+before.Owners[0].DN)
	}
	known := make(map[conflicts.Ref]*Owner, len(before.Owners))
	for i := range before.Owners {
		known[before.Owners[i].Ref()] = &before.Owners[i]
	}
	for i := range now.Owners {
		o := &now.Owners[i]
		was := known[o.Ref()]
		if was == nil {
			continue
		}
		delete(known, o.Ref())
		if was.DN != o.DN {
			clauses = append(clauses, fmt.Sprintf("%s was %s", o.DN, was.DN))
		}
		if !slices.Equal(was.Values, o.Values) {
			clauses = append(clauses, fmt.Sprintf("%s held %s", o.DN, strings.Join(was.Values, ", ")))
		}
	}
	for i := range before.Owners {
		if o := &before.Owners[i]; known[o.Ref()] == o {
			clauses = append(clauses, o.DN+" is no longer an owner")
		}
	}
	return clauses
}

func asBefore(a, b Owner) bool {
	return a.GUID == b.GUID && a.DN == b.DN && slices.Equal(a.Values, b.Values)
}

// count fills in the counts of the run, and adds notes about suppressions.
func (j *judge) count() {
	r := &j.out.State.Last
	r.Counts = map[Status]int{}
	for i := range j.out.Developments {
		c := j.out.Developments[i].Case
		r.Counts[c.Status]++
		if c.Status == Suppressed && !c.Cover.Until.IsZero() && (r.Suppressions.NextEnd.IsZero() || c.Cover.Until.Before(r.Suppressions.NextEnd)) {
			r.Suppressions.NextEnd = c.Cover.Until
		}
	}
	for i := range j.suppressions.list {
		s := &j.suppressions.list[i]
		switch {
		case j.suppressions.ended[i]:
			r.Suppressions.Expired++
			j.note("the suppression of %s ended on %s", s.ID, s.Until.Format(Day))
		case !j.suppressions.matched[i] && j.Complete && j.sees(s):
			r.Suppressions.Unmatched++
			j.note("the suppression of %s matches nothing: there is no conflict over %s", s.ID, s.Address)
			fallthrough
		default:
			r.Suppressions.Active++
		}
	}
}

// sees reports whether the run would have found the conflict of a suppression. If a part of the
// directory is not reported, that is known only for a conflict that was found before.
func (j *judge) sees(s *Suppression) bool {
	if len(j.Scope.Base)+len(j.Scope.Exclude) == 0 {
		return true
	}
	key := s.key()
	return slices.ContainsFunc(j.caseKeys, func(keys []conflicts.Key) bool { return slices.Contains(keys, key) })
}
