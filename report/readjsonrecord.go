package report

import (
	"fmt"
	"slices"
	"time"

	"proxyaddr/conflicts"
)

// exactly returns a string as it was before it became JSON.
func exactly(fields map[string][]byte, name string, written text) string {
	if b, ok := fields[name]; ok {
		return string(b)
	}
	return string(written)
}

func exactlyList(fields map[string][]byte, name string, written []text) []string {
	var list []string
	for i, s := range written {
		list = append(list, exactly(fields, elementName(name, i), s))
	}
	return list
}

// readKey returns the key that was written as a type and an address.
func readKey(typ, address text, exact map[string][]byte) conflicts.Key {
	return conflicts.Key(string(typ) + ":" + exactly(exact, "address", address))
}

func readGUID(s string) (g conflicts.GUID, err error) {
	if s != "" {
		g, err = conflicts.ParseGUID(s)
	}
	return g, err
}

func readTime(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// event reads an event, but not which objects its names stood for.
func (d *jsonReader) event(j *eventJSON) error {
	in := conflicts.TracedEvent{Explanation: string(j.Outcome), Resolved: j.State == resolved}
	in.ID, in.Message, in.Count, in.Address = j.Event, conflicts.Message(j.Message), j.Count, exactly(j.Base64, "address", j.Address)
	in.First.Text, in.Last.Text = string(j.First), string(j.Last)
	for _, name := range j.Computers {
		in.Computers = append(in.Computers, string(name))
	}
	d.audit.Events, d.about = append(d.audit.Events, in), append(d.about, j.Conflicts)
	return nil
}

func (d *jsonReader) conflict(j *conflictJSON) error {
	if !conflictID.MatchString(j.ID) {
		return fmt.Errorf("%q: not the ID of a conflict", j.ID)
	}
	if !slices.Contains(conflicts.Classes, j.Class) {
		return fmt.Errorf("%s: unknown class %q", j.ID, j.Class)
	}
	if len(j.Owners) == 0 {
		return fmt.Errorf("%s: a conflict without owners", j.ID)
	}
	c := conflicts.Conflict{
		ID: j.ID, Class: j.Class, Key: readKey(j.Type, j.Address, j.Base64),
		Owners: make([]conflicts.Owner, len(j.Owners)),
	}
	var err error
	if c.Standing, err = j.Standing.read(); err != nil {
		return fmt.Errorf("%s: %w", j.ID, err)
	}
	for i := range j.Owners {
		if c.Owners[i], err = d.owner(&j.Owners[i]); err != nil {
			return fmt.Errorf("%s: %w", j.ID, err)
		}
	}
	if err := d.judgment(j, &c); err != nil {
		return fmt.Errorf("%s: %w", j.ID, err)
	}
	d.audit.Conflicts = append(d.audit.Conflicts, c)
	return nil
}

// judgment reads why the keeper keeps the address, how the owners came to share it, and what
// stands against the changes. Documents of schema version 1 have sentences alone.
func (d *jsonReader) judgment(j *conflictJSON, c *conflicts.Conflict) (err error) {
	if c.Cause, err = j.Cause.read(); err != nil {
		return err
	}
	if d.version == 1 {
		c.Verbatim, c.Cause.Verbatim = string(j.Reason), string(j.Cause.Because)
		if j.Unresolved != "" {
			c.Unresolved = []conflicts.Statement{{Code: conflicts.Verbatim, Value: string(j.Unresolved)}}
		}
		return nil
	}
	for i := range j.Reasons {
		s := &j.Reasons[i]
		switch {
		case s.Code == conflicts.Verbatim:
			c.Verbatim = s.value()
			continue
		case s.Code == conflicts.ByReview:
			c.Verbatim = s.value()
		case !slices.Contains(conflicts.ReasonCodes, s.Code):
			return fmt.Errorf("unknown reason %q", s.Code)
		}
		c.Kept = append(c.Kept, s.Code)
	}
	for i := range j.Obstacles {
		read, err := d.statement(&j.Obstacles[i])
		if err != nil {
			return err
		}
		c.Unresolved = append(c.Unresolved, read)
	}
	if j.Cause.Evidence == nil {
		return nil
	}
	evidence, err := d.statement(j.Cause.Evidence)
	if evidence.Code == conflicts.Verbatim {
		c.Cause.Verbatim = evidence.Value
	} else {
		c.Cause.Code, c.Cause.Earlier, c.Cause.Later = evidence.Code, evidence.Object, evidence.Other
	}
	return err
}

// read returns the cause without its evidence; documents of before it was judged have none.
func (j *causeJSON) read() (conflicts.Cause, error) {
	c := conflicts.Cause{Kind: j.Kind}
	if j.Kind != "" && j.Kind != conflicts.UnknownCause && !slices.Contains(conflicts.CauseKinds, j.Kind) {
		return c, fmt.Errorf("unknown cause %q", j.Kind)
	}
	for _, c.Certainty = range []conflicts.Certainty{conflicts.Likely, conflicts.Possible, conflicts.NotKnown} {
		if c.Certainty.String() == j.Certainty {
			return c, nil
		}
	}
	if j.Certainty != "" {
		return c, fmt.Errorf("unknown certainty %q", j.Certainty)
	}
	return c, nil
}

func (j *stampJSON) read() (conflicts.Stamp, error) {
	if j == nil {
		return conflicts.Stamp{}, nil
	}
	invocation, err := readGUID(j.Invocation)
	origin := conflicts.NewOrigin(invocation, exactly(j.Base64, "server", j.Server), exactly(j.Base64, "site", j.Site))
	return conflicts.Stamp{Time: j.Time, Version: j.Version, Origin: origin}, err
}

// change leaves the object to complete, as the conflicts may come later.
func (d *jsonReader) change(j *changeJSON) error {
	guid, err := readGUID(j.GUID)
	if err != nil {
		return err
	}
	c := conflicts.Change{
		Conflict: j.Conflict, Key: readKey(j.Type, j.Address, j.Base64),
		Object:    &conflicts.Object{Entry: conflicts.Entry{DN: exactly(j.Base64, "dn", j.DN), GUID: guid}},
		Attribute: conflicts.AttributeNamed(j.Attribute), Old: exactly(j.Base64, "old", j.Old), New: exactly(j.Base64, "new", j.New),
	}
	c.Verbatim = d.verbatim(string(j.RiskReason), j.Risks)
	if c.Attribute != conflicts.ProxyAddresses && c.Attribute != conflicts.Mail {
		return fmt.Errorf("%s: a change of %q: only proxyAddresses and mail may be changed", j.Conflict, j.Attribute)
	}
	for _, risk := range []conflicts.Risk{conflicts.Low, conflicts.Medium, conflicts.High} {
		if risk.String() == j.Risk {
			c.Risk = risk
			d.audit.Changes = append(d.audit.Changes, c)
			return nil
		}
	}
	return fmt.Errorf("%s: unknown risk %q", j.Conflict, j.Risk)
}

func (d *jsonReader) finding(j *findingJSON) error {
	guid, err := readGUID(j.GUID)
	if err != nil {
		return err
	}
	if !slices.Contains(conflicts.FindingKinds, j.Kind) {
		return fmt.Errorf("unknown kind of finding %q", j.Kind)
	}
	f := conflicts.Finding{Kind: j.Kind, DN: exactly(j.Base64, "dn", j.DN), GUID: guid, Value: exactly(j.Base64, "value", j.Value)}
	var details []statementJSON
	if j.Details != nil {
		details = append(details, *j.Details)
	}
	f.Verbatim = d.verbatim(exactly(j.Base64, "detail", j.Detail), details)
	if s := j.Details; s != nil && f.Verbatim == "" && f.Detail().Value == "" { // else it follows from the value
		f.Other, f.Count = s.value(), s.Count
	}
	d.audit.Findings = append(d.audit.Findings, f)
	return nil
}

// verbatim returns a sentence for which there are no codes.
func (d *jsonReader) verbatim(sentence string, codes []statementJSON) string {
	if d.version == 1 {
		return sentence
	}
	for _, s := range codes {
		if s.Code == conflicts.Verbatim {
			return s.value()
		}
	}
	return ""
}
