package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
)

// A Stop is the end of a run before all was done.
type Stop struct {
	Record  *conflicts.FixRecord
	Problem string
	// Outcome says what happened to the fix record.
	Outcome string
	// Stale says that the directory has changed since, so a new scan is needed; otherwise
	// something failed, and the journal can be continued.
	Stale  bool
	Advice string // may be empty
}

func (s *Stop) Error() string {
	return fmt.Sprintf("%s: %s; %s", s.Record.DN, s.Problem, s.Outcome)
}

// Hint says what to do, or is empty.
func (s *Stop) Hint() string { return s.Advice }

// Changed says that this run is known to have made the change.
func (s *Stop) Changed() (changed, known bool) { return s.Outcome == wasMade, s.Outcome != unclear }

const scanAgain = "scan again and review the new file; --undo takes back what was changed so far"

// Outcomes of the fix record at which a run stopped.
const (
	notMade   = "it was not changed"
	wasMade   = "it was changed nevertheless"
	byAnother = "somebody else changed it"
	unclear   = "it is unknown whether it was changed"
)

// Servers returns the servers that the changes of a plan go to, in its order. A partition
// without a server is left out.
func Servers(f *ldapscan.Forest, plan []conflicts.FixRecord) []Server {
	var servers []Server
	for _, a := range plan {
		p := partition(&a)
		if slices.ContainsFunc(servers, func(s Server) bool { return s.Partition == p }) {
			continue
		}
		if s, ok := f.Server(a.DN); ok {
			servers = append(servers, Server{p, s.URL, s.Host, s.Identity})
		}
	}
	return servers
}

func partition(a *conflicts.FixRecord) string { return strings.ToLower(conflicts.Partition(a.DN)) }

// Recover finds the outcome of the change during which the last run ended. It also checks
// that the forest is read from the servers of the journal: others may not have replicated
// the changes yet. The error is an [*ldapscan.Error] if it is not, and a [*Stop] if the
// object is neither as before the change nor as after it.
func Recover(ctx context.Context, f *ldapscan.Forest, j *Journal) error {
	now := Servers(f, j.plan)
	for _, was := range j.head.Servers {
		i := slices.IndexFunc(now, func(s Server) bool { return s.Partition == was.Partition })
		if i < 0 || cmp.Or(now[i].Host, now[i].URL) != cmp.Or(was.Host, was.URL) {
			return &ldapscan.Error{Subject: was.Partition, Problem: "its changes began on " + cmp.Or(was.Host, was.URL) + "; another server may not have replicated the changes yet",
				Advice: "name that server with -H"}
		}
	}
	a := j.inDoubt()
	if a == nil {
		return nil
	}
	w, err := Connect(ctx, f, []conflicts.FixRecord{*a})
	if err != nil {
		return err
	}
	defer w.Close()
	o, err := w.read(context.WithoutCancel(ctx), a)
	if err != nil {
		return &Stop{Record: a, Problem: err.Error(), Outcome: unclear}
	}
	if o != nil {
		a.DN = o.DN // only its values can tell
	}
	switch state, why := a.Status(o); state {
	case conflicts.Applied:
		return finish(j, a)
	case conflicts.Stale:
		return &Stop{Record: a, Problem: "the last run ended while changing it, and now it is neither as before nor as planned: " + strings.Join(why, "; "), Outcome: unclear, Stale: true,
			Advice: "correct it by hand, or remove its record from the file and apply the file again"}
	}
	return nil
}

// A Writer makes changes over its own connections, one to each server. It is for one
// goroutine.
type Writer struct {
	forest *ldapscan.Forest
	conns  map[string]*ldapscan.WriteConn // by partition
}

// Connect opens the connections for changes. The error is an [*ldapscan.Error], or
// that of ctx, which bounds the opening alone.
func Connect(ctx context.Context, f *ldapscan.Forest, todo []conflicts.FixRecord) (*Writer, error) {
	w := &Writer{forest: f, conns: map[string]*ldapscan.WriteConn{}}
	for i := range todo {
		if _, err := w.conn(ctx, &todo[i]); err != nil {
			w.Close()
			return nil, err
		}
	}
	return w, nil
}

// Close ends the connections.
func (w *Writer) Close() {
	for _, c := range w.conns {
		c.Close()
	}
}

// conn returns the connection for a fix record.
func (w *Writer) conn(ctx context.Context, a *conflicts.FixRecord) (*ldapscan.WriteConn, error) {
	p := partition(a)
	if w.conns[p] == nil {
		c, err := w.forest.WriteConn(ctx, a.DN)
		if err != nil {
			return nil, err
		}
		w.conns[p] = c
	}
	return w.conns[p], nil
}

// read returns the current state of the object of a fix record.
func (w *Writer) read(ctx context.Context, a *conflicts.FixRecord) (*conflicts.Object, error) {
	conn, err := w.conn(ctx, a)
	if err != nil {
		return nil, err
	}
	return conn.Read(ctx, a)
}

// Run makes the changes in todo, which are some of those left in the journal, and calls
// made after each. A change that Recover has left open always comes first. At the first
// surprise Run stops with a [*Stop]; if ctx ends, it stops between two changes with the
// error of ctx.
func (w *Writer) Run(ctx context.Context, j *Journal, todo []conflicts.FixRecord, made func(*conflicts.FixRecord)) error {
	if open := j.inDoubt(); open != nil {
		others := slices.DeleteFunc(slices.Clone(todo), func(a conflicts.FixRecord) bool { return a.GUID == open.GUID })
		todo = slices.Insert(others, 0, *open)
	}
	for i := range todo {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := w.change(ctx, j, &todo[i]); err != nil {
			return err
		}
		made(&todo[i])
	}
	return nil
}

// change makes one change, unless ctx ends before it is sent.
func (w *Writer) change(ctx context.Context, j *Journal, a *conflicts.FixRecord) error {
	stop := func(outcome string, reasons ...string) *Stop {
		return &Stop{Record: a, Problem: strings.Join(reasons, "; "), Outcome: outcome}
	}
	stale := func(reasons ...string) *Stop {
		s := stop(notMade, reasons...)
		s.Stale = true
		if !j.Undoing() { // Run skips stale records
			s.Advice = scanAgain
		}
		return s
	}
	whole := context.WithoutCancel(ctx) // no change is left unfinished
	o, err := w.read(whole, a)
	if err != nil {
		return stop(notMade, err.Error())
	}
	state, why := a.Status(o)
	if open := j.inDoubt(); state == conflicts.Applied && open != nil && open.GUID == a.GUID {
		return finish(j, a) // the change that the last run sent was made only now
	}
	if state != conflicts.Ready {
		return stale(append([]string{"the object is no longer as it was before the run"}, why...)...)
	}
	v, failed := w.verify(ctx, a, o)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed != nil:
		return stop(notMade, append(v.Reasons, failed.Error())...)
	case v.Status != conflicts.Ready:
		return stale(v.Reasons...)
	}
	request, err := request(a)
	if err != nil {
		return stop(notMade, err.Error())
	}
	if err := j.note(newEntry(intent, a)); err != nil {
		return stop(notMade, "the journal could not be written: "+err.Error())
	}
	conn := w.conns[partition(a)]
	var changed []string
	for _, c := range request.Changes {
		changed = append(changed, c.Modification.Type)
	}
	if err := conn.Request("modify", a.DN, changed, func() error { return conn.Conn.Modify(request) }); err != nil {
		return w.find(whole, j, a, conn.Explain(err))
	}
	if o, err = conn.Read(whole, a); err != nil {
		return stop(unclear, "the server accepted the change, but the object could not be read again: "+err.Error())
	}
	if state, why := a.Status(o); state != conflicts.Applied {
		return stop(unclear, append([]string{"the server accepted the change, but the object does not show it"}, why...)...)
	}
	return finish(j, a)
}

// verify says for the last time whether a fix record can be applied to an object as it
// was just read: the plan may have been verified long ago, and since then anybody can
// have taken an address that the plan gives away. When changes are undone, an address
// need not be free, as undo restores a conflict. The error says why the answer is
// unknown.
func (w *Writer) verify(ctx context.Context, a *conflicts.FixRecord, o *conflicts.Object) (conflicts.Verdict, error) {
	now := conflicts.Snapshot{Objects: []*conflicts.Object{o}}
	var err error
	if !a.Restores {
		now.Owners, err = ldapscan.Owners(ctx, w.forest, a.Added())
		now.Incomplete = err != nil
	}
	return conflicts.Verify([]conflicts.FixRecord{*a}, now)[0], err
}

// finish notes that a change was made and confirmed by reading.
func finish(j *Journal, a *conflicts.FixRecord) error {
	if err := j.note(result(done, a, "")); err != nil {
		return &Stop{Record: a, Problem: "the journal could not be written: " + err.Error(), Outcome: wasMade}
	}
	return nil
}

// outdated are the result codes for a change of an object that has changed since.
var outdated = []uint16{ldap.LDAPResultNoSuchAttribute, ldap.LDAPResultAttributeOrValueExists, ldap.LDAPResultNoSuchObject}

// find finds the outcome of a change that the server refused or did not answer. Without
// an answer the change may still come, unless it already shows.
func (w *Writer) find(ctx context.Context, j *Journal, a *conflicts.FixRecord, failure error) error {
	s := &Stop{Record: a, Problem: failure.Error(), Outcome: unclear}
	if e := (*ldapscan.Error)(nil); errors.As(failure, &e) {
		s.Advice = e.Advice
	}
	var answer *ldap.Error
	answered := errors.As(failure, &answer) && answer.ResultCode < ldap.ErrorNetwork
	if s.Stale = answered && slices.Contains(outdated, answer.ResultCode); s.Stale && !j.Undoing() {
		s.Advice = scanAgain
	}
	if !answered {
		w.conns[partition(a)].Close()
		delete(w.conns, partition(a))
	}
	o, err := w.read(ctx, a)
	if err != nil {
		return s
	}
	state, _ := a.Status(o)
	switch {
	case state == conflicts.Applied && answered: // a server that refuses changes nothing
		s.Outcome, s.Advice = byAnother, "" // the others can be continued
		err = j.note(result(another, a, s.Problem))
	case state == conflicts.Applied:
		s.Outcome = wasMade
		err = j.note(result(done, a, s.Problem))
	case answered:
		s.Outcome = notMade
		err = j.note(result(failed, a, s.Problem))
	}
	if err != nil {
		s.Problem += "; the journal could not be written: " + err.Error()
	}
	return s
}
