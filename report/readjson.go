package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"proxyaddr/conflicts"
)

// ReadJSON reads what [JSON] wrote. All outputs make the same bytes of the result as of the
// audit that was written. Rules have a name and a sentence only.
//
// A document of schema version 1 has sentences and no codes, and tells less of an object: its
// kind of recipient is in its class. It serves for [Fix], [Rollback] and the change request.
//
// Fields that it does not know are passed over. An unknown class, kind, risk or
// attribute, a change of an object that is no owner of the conflict, and counts
// that are not those of the elements are errors, as is anything behind the
// document.
func ReadJSON(r io.Reader) (*conflicts.Audit, error) {
	d := &jsonReader{dec: json.NewDecoder(r), audit: &conflicts.Audit{}, head: map[string]json.RawMessage{},
		objects: map[conflicts.Ref]*conflicts.Object{}}
	if err := d.object(d.field); err != nil {
		return nil, fmt.Errorf("at byte %d: %w", d.dec.InputOffset(), err)
	}
	if _, err := d.dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("at byte %d: more than one document", d.dec.InputOffset())
	}
	if err := d.complete(); err != nil {
		return nil, err
	}
	return d.audit, nil
}

// A jsonReader takes a document apart element by element.
type jsonReader struct {
	dec   *json.Decoder
	audit *conflicts.Audit
	// version is that of the schema.
	version int
	// head has the fields that were met. Those of the elements are null.
	head map[string]json.RawMessage
	// objects are the owners, each once.
	objects map[conflicts.Ref]*conflicts.Object
	// about has the IDs of the conflicts of each event.
	about [][]string
	// proposals are those of the document.
	proposals []proposalJSON
}

// object hands the fields of an object to each, which reads their values.
func (d *jsonReader) object(each func(name string) error) error {
	if err := d.delimiter('{'); err != nil {
		return err
	}
	for d.dec.More() {
		name, err := d.dec.Token()
		if err != nil {
			return err
		}
		if err := each(name.(string)); err != nil {
			return err
		}
	}
	return d.delimiter('}')
}

func (d *jsonReader) delimiter(want json.Delim) error {
	switch got, err := d.dec.Token(); {
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	case got != want:
		return fmt.Errorf("%v where %v belongs", got, want)
	}
	return nil
}

// field reads a field of the document: elements one by one, the rest for complete. The
// schema version is checked here, as [JSON] writes it before all elements.
func (d *jsonReader) field(name string) error {
	if _, ok := d.head[name]; ok {
		return fmt.Errorf("%q twice", name)
	}
	d.head[name] = nil
	if slices.Contains(elements, name) && d.version == 0 {
		return fmt.Errorf("\"schema_version\" is missing before %q", name)
	}
	switch name {
	case "events":
		return readArray(d, d.event)
	case "conflicts":
		return readArray(d, d.conflict)
	case "changes":
		return readArray(d, d.change)
	case "proposals":
		return readArray(d, d.proposal)
	case "findings":
		return readArray(d, d.finding)
	}
	var value json.RawMessage
	if err := d.dec.Decode(&value); err != nil {
		return err
	}
	d.head[name] = value
	if name == "schema_version" {
		if err := json.Unmarshal(value, &d.version); err != nil || d.version < 1 || d.version > schemaVersion {
			return fmt.Errorf("schema version %s: this program reads versions up to %d", value, schemaVersion)
		}
	}
	return nil
}

// elements are the fields whose elements are read one by one.
var elements = []string{"events", "conflicts", "changes", "proposals", "findings"}

// readArray hands the elements of an array to each.
func readArray[T any](d *jsonReader, each func(*T) error) error {
	if err := d.delimiter('['); err != nil {
		return err
	}
	for d.dec.More() {
		var element T
		if err := d.dec.Decode(&element); err != nil {
			return err
		}
		if err := each(&element); err != nil {
			return err
		}
	}
	return d.delimiter(']')
}

// complete reads the head, and finds the objects of the changes.
func (d *jsonReader) complete() error {
	for _, name := range []string{"schema_version", "conflicts", "changes", "findings"} {
		if _, ok := d.head[name]; !ok {
			return fmt.Errorf("%q is missing", name)
		}
	}
	if _, ok := d.head["proposals"]; !ok && d.version > 1 {
		return fmt.Errorf("\"proposals\" is missing")
	}
	for _, name := range elements {
		delete(d.head, name)
	}
	head, err := json.Marshal(d.head)
	if err != nil {
		return err
	}
	var j auditJSON
	if err := json.Unmarshal(head, &j); err != nil {
		return err
	}
	j.restore(d.audit)
	if d.audit.Remembered, err = j.Remembered.read(); err != nil {
		return err
	}
	if j.Complete != d.audit.Complete() {
		return fmt.Errorf("complete is %t, with %d reasons why not", j.Complete, len(j.IncompleteReasons))
	}
	if a := d.audit; j.Counts.Conflicts != len(a.Conflicts) || j.Counts.Changes != len(a.Changes) || j.Counts.Findings != len(a.Findings) {
		return fmt.Errorf("%d conflicts, %d changes and %d findings are here, %d, %d and %d were counted",
			len(a.Conflicts), len(a.Changes), len(a.Findings), j.Counts.Conflicts, j.Counts.Changes, j.Counts.Findings)
	}
	return d.link()
}

// link finds the conflicts of the changes and of the events. An ID alone may be that
// of several.
func (d *jsonReader) link() error {
	type ownership struct {
		conflict conflicts.Key
		object   conflicts.Ref
	}
	owners, known := make(map[ownership]*conflicts.Owner), make(map[conflicts.Key]*conflicts.Conflict)
	named := make(map[string][]conflicts.Key)
	for i := range d.audit.Conflicts {
		c := &d.audit.Conflicts[i]
		if known[c.Key] != nil {
			return fmt.Errorf("%s: a second conflict over %s", c.ID, c.Key)
		}
		known[c.Key] = c
		named[c.ID] = append(named[c.ID], c.Key)
		for n := range c.Owners {
			owners[ownership{c.Key, c.Owners[n].Ref()}] = &c.Owners[n]
		}
	}
	for i := range d.audit.Changes {
		c := &d.audit.Changes[i]
		ref := c.Object.Ref()
		if c.Key == unaddressed {
			c.Key = keyOf(c, named[c.Conflict], func(k conflicts.Key) *conflicts.Owner { return owners[ownership{k, ref}] })
		}
		if !slices.Contains(named[c.Conflict], c.Key) || owners[ownership{c.Key, ref}] == nil {
			return fmt.Errorf("%s: a change of %s, which is no owner", c.Conflict, c.Object.DN)
		}
		c.Object = d.objects[ref]
	}
	if d.version == 1 {
		d.audit.ProposeChanges()
	} else if err := d.propose(func(id string, k conflicts.Key, object conflicts.Ref) (*conflicts.Conflict, *conflicts.Owner) {
		if !slices.Contains(named[id], k) {
			return nil, nil
		}
		return known[k], owners[ownership{k, object}]
	}); err != nil {
		return err
	}
	for i, ids := range d.about {
		for n := range d.audit.Conflicts {
			if c := &d.audit.Conflicts[n]; slices.Contains(ids, c.ID) {
				d.audit.Events[i].Conflicts = append(d.audit.Events[i].Conflicts, c.Key)
			}
		}
	}
	return nil
}

// unaddressed is the key of a change in a document that does not tell its address.
const unaddressed conflicts.Key = ":"

// keyOf returns the key of the conflict, out of those with one ID, in which the
// object of a change owns the address: by the old value of the change, if it can.
func keyOf(c *conflicts.Change, keys []conflicts.Key, owner func(conflicts.Key) *conflicts.Owner) conflicts.Key {
	found := unaddressed
	for _, k := range keys {
		o := owner(k)
		switch {
		case o == nil:
		case slices.ContainsFunc(o.Claims, func(claim conflicts.Claim) bool { return claim.Attribute == c.Attribute && claim.Value == c.Old }):
			return k
		default:
			found = k
		}
	}
	return found
}

// restore is the inverse of newAuditJSON.
func (j *auditJSON) restore(a *conflicts.Audit) {
	a.Version, a.Command = string(j.Version), string(j.Command)
	a.Problems, a.Notes = exactlyList(j.Base64, "incomplete_reasons", j.IncompleteReasons), exactlyList(j.Base64, "notes", j.Notes)
	a.Scope = conflicts.Scope{
		Source: untexts(j.Scope.Source), Identity: string(j.Scope.Identity), Connection: string(j.Scope.Connection),
		Base: untexts(j.Scope.Base), Exclude: untexts(j.Scope.Exclude), AcceptedDomains: untexts(j.Scope.AcceptedDomains), PrimaryDomains: untexts(j.Scope.PrimaryDomains),
	}
	for _, s := range j.Scope.Servers {
		a.Scope.Servers = append(a.Scope.Servers, conflicts.Server{URL: string(s.URL), Host: string(s.Host), Site: string(s.Site),
			Transport: string(s.Transport), Mechanism: string(s.Mechanism), Protection: string(s.Protection),
			Identity: string(s.Identity), Level: string(s.Level), Missing: untexts(s.Missing)})
	}
	for _, c := range j.Coverage {
		a.Coverage = append(a.Coverage, conflicts.Coverage{Partition: string(c.Partition), Objects: c.Objects, Values: c.Values,
			Pages: c.Pages, Referrals: c.Referrals, Deleted: c.Deleted, Problem: string(c.Problem)})
	}
	for _, r := range j.Rules {
		a.Rules = append(a.Rules, conflicts.Rule{Name: r.Name, About: r.About})
	}
}

func untexts(list []text) []string {
	var out []string
	for _, t := range list {
		out = append(out, string(t))
	}
	return out
}
