package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// look reads all of the file. If want is not nil, it notes the hashes of the objects with
// a record that want accepts. The error is that of ctx, or means that there is nothing to
// read. The survey tells why something is missing.
func (x *Export) look(ctx context.Context, sink Sink, want func(*conflicts.View) bool) (*exportSweep, *Survey, error) {
	r, total := x.readAll(ctx, sink, want)
	damage := r.damage
	if total.records == 0 {
		damage = x.unreadable(damage)
	}
	if ctx.Err() != nil || errors.As(damage, new(*Error)) {
		r.drop()
		if ctx.Err() != nil {
			damage = ctx.Err()
		}
		return nil, nil, damage
	}
	r.keep()
	x.places, x.forests = total.places, total.forests()
	survey := &Survey{ByRecord: true, AcceptedDomains: inOrder(total.domains)}
	x.survey = survey
	if damage != nil {
		x.places.unknown = true // behind the damage
	} else if err := x.unite(ctx, total, sink, survey); err != nil {
		return nil, nil, err
	}
	for _, dn := range total.partial {
		least(&total.rows.of([]byte(dn)).Problem, fmt.Sprintf("%s: %s: only part of the values of proxyAddresses was exported", x.name, dn))
	}
	survey.Coverage, survey.PrimaryDomains = total.rows.list(), total.homes.list()
	survey.Notes = x.lacks(total)
	x.tellTable(survey)
	if x.elsewhere == nil && !survey.seesAddresses() {
		survey.Problems = append(survey.Problems, x.name+": not one proxy address was seen: the export left them out")
	}
	if damage != nil {
		problem := fmt.Sprintf("%v: nothing behind that line was read", damage)
		if errors.Is(damage, ldif.ErrCutOff) {
			problem = fmt.Sprintf("%v: its record was not used: %s", damage, completeIt)
		}
		survey.Coverage = append(survey.Coverage, conflicts.Coverage{Partition: x.name, Problem: problem})
		return total, survey, nil
	}
	if total.records == maxPageSize && !r.searches.telling && x.table == nil {
		survey.Notes = append(survey.Notes, x.name+": exactly 1,000 objects: a domain controller sends no more unless ldapsearch asks for pages with -E pr=1000/noprompt")
	}
	for _, problem := range r.searches.end() {
		survey.Problems = append(survey.Problems, x.name+": "+problem)
	}
	held := func(partition string) bool {
		return total.rows.holds(partition) || x.elsewhere != nil && x.elsewhere(partition)
	}
	for _, dn := range r.searches.unfollowed(held) {
		survey.Coverage = append(survey.Coverage, conflicts.Coverage{Partition: dn,
			Problem: fmt.Sprintf("%s: %s: the server referred to it, and it is not in the file: append an export of it", x.name, dn)})
	}
	return total, survey, nil
}

// readAll reads all of the file. It reads it once more if the first reading does not tell
// which line is damaged or which records belong to one object.
func (x *Export) readAll(ctx context.Context, sink Sink, want func(*conflicts.View) bool) (*reading, *exportSweep) {
	goroutines, block, byName := min(runtime.GOMAXPROCS(0), maxReaders), x.block, false
	for {
		r := x.sweep(ctx, sink, want, byName, goroutines, block)
		total := r.total()
		switch {
		case ctx.Err() != nil:
			return r, total
		case r.damage != nil && block < x.data.Size():
			// One goroutine alone can tell the line, and stop there.
			goroutines, block = 1, x.data.Size()
		case total.nameless > 0 && total.places.guids && !byName && x.table == nil:
			// Only names tell whether these records belong to objects that have others.
			byName = true
		default:
			return r, total
		}
		r.drop()
	}
}

// maxPageSize is how many objects a domain controller sends by default to a search
// without pages ([MS-ADTS] 3.1.1.3.4.6). ldapsearch with -L, -LL or -LLL does not write
// the error that follows.
const maxPageSize = 1000

// completeIt is the hint for a last line without a line end.
const completeIt = "export again, or add the line end if nothing is missing"

// unite unites the records of each object that has several; the sweep counted each as an
// object.
func (x *Export) unite(ctx context.Context, total *exportSweep, sink Sink, survey *Survey) error {
	stream := sink.Stream()
	defer stream.Keep()
	contradictions, first := 0, ""
	var w viewer
	each := func(g *group) {
		all := false
		var ranges []valueRange
		for i, r := range g.records {
			w.again(r)
			total.count(&w, -g.times[i])
			all = all || w.seen[proxyField] && len(w.ranges) == 0
			ranges = append(ranges, w.ranges...)
		}
		if all || whole(ranges) {
			delete(total.partial, x.places.hash(w.view.GUID, w.view.DN))
		}
		u := unite(g.records)
		w.again(u.Record)
		total.count(&w, 1)
		if len(u.differ) > 0 {
			contradictions++
			least(&first, fmt.Sprintf("%s: the records of %s contradict each other in %s", x.name, u.DN, strings.Join(u.differ, ", ")))
		}
		if len(g.records) > 1 && w.hasAddress() && !w.deleted {
			if x.places.byName {
				w.view.GUID = conflicts.GUID{}
			}
			stream.Changed(&w.view)
		}
	}
	if err := x.gather(ctx, x.places.repeated(), nil, controllers{}, each); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		survey.Problems = append(survey.Problems, err.Error())
	}
	if contradictions > 1 {
		first += fmt.Sprintf(", and those of %d other objects", contradictions-1)
	}
	if contradictions > 0 {
		survey.Problems = append(survey.Problems, first+": export again, everything at the same time")
	}
	return nil
}
