package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Event 5136 of the Security log (Directory Service Changes) tells that a value was added to an
// attribute of an object, or deleted.
const changeEvent = 5136

// maxWrites is how many writes of an input are kept.
const maxWrites = 1_000_000

// A Write is what an event 5136 tells.
type Write struct {
	// GUID is the objectGUID of the object, in lower case without braces. It is empty if the input
	// shows a name instead.
	GUID, DN         string
	Attribute, Value string // the attribute as the caller spells it
	Added            bool   // else deleted
	Operation        string // the same for all writes of one request
	Account          string // DOMAIN\name
	Computer         string // the domain controller that was written to
	Logged           Time
}

// An AuditLog is what an export of the Security log tells of some attributes.
type AuditLog struct {
	Writes []Write // in the order of the input
	Events int     // 5136, also those of other attributes
	// Damaged are the unreadable places of the input. If there are any, writes may be missing.
	Damaged []Damage
}

const hintAudit = `export the Security log of a domain controller: wevtutil epl Security dc1.evtx "/q:*[System[(EventID=5136)]]"`

// ErrNoChange says that an input is a log of events, and that no event 5136 was found in it.
var ErrNoChange = errors.New("no event 5136")

// ReadAudit reads an export of the Security log, in any format that [Read] knows. It keeps the writes
// of those attributes.
//
// An error is an [*Error]: the input cannot be read, or has no event 5136.
func ReadAudit(name string, r io.Reader, attributes []string) (*AuditLog, error) {
	return readAudit(name, r, attributes, maxWrites)
}

func readAudit(name string, r io.Reader, attributes []string, bound int) (*AuditLog, error) {
	log := new(AuditLog)
	var dates calendar
	var logged []moment // of the writes
	records, exceeded, foreign := 0, false, false
	var damaged damages
	in, err := each(name, r, changesText, func(r record) {
		records++
		dates.see(r.logged)
		if r.id == 0 && strings.Contains(r.message, changeLine) { // as of Select-Object TimeCreated, Message
			r.id = changeEvent
		}
		if r.id != changeEvent || r.provider != "" && !strings.Contains(r.provider, "Security") {
			return
		}
		log.Events++
		w, err := r.write()
		known := slices.IndexFunc(attributes, func(name string) bool { return strings.EqualFold(name, w.Attribute) })
		switch {
		case known < 0 && w.Attribute != "": // of no interest
		case err != nil:
			damaged.add(r.line, err.Error())
		case len(log.Writes) < bound:
			w.Attribute = attributes[known]
			w.detach()
			log.Writes = append(log.Writes, w)
			foreign = foreign || strings.ContainsFunc(w.DN+w.Value+w.Account, func(c rune) bool { return c >= utf8.RuneSelf })
			r.logged.text = strings.Clone(r.logged.text)
			logged = append(logged, r.logged)
		case !exceeded:
			exceeded = true
			damaged.add(r.line, fmt.Sprintf("only the first %d events of these attributes are read", bound))
		}
	}, damaged.add)
	if in.guessed && foreign {
		damaged.add(0, "it is not in Unicode, and letters outside ASCII are a guess")
	}
	log.Damaged = damaged.all()
	var unusable *Error
	switch {
	case errors.As(err, &unusable) && unusable.Advice == hintInput:
		unusable.Advice = hintAudit
		return nil, err
	case err != nil:
		return nil, err
	case log.Events == 0:
		absent := &Error{Subject: name, Problem: fmt.Sprintf("no event 5136 of the Security log in it (events read as %s: %d)", in.format, records), Advice: hintAudit}
		if len(log.Damaged) > 0 {
			absent.Problem = fmt.Sprintf("no event 5136 that can be read: %v", log.Damaged[0])
		}
		if in.format != textName {
			absent.Err = ErrNoChange
		}
		return nil, absent
	}
	for i := range log.Writes {
		log.Writes[i].Logged = resolve(logged[i], dates)
	}
	return log, nil
}

// detach copies the fields, which are parts of a whole event.
func (w *Write) detach() {
	for _, field := range []*string{&w.GUID, &w.DN, &w.Value, &w.Operation, &w.Account, &w.Computer} {
		*field = strings.Clone(*field)
	}
}

// resolve returns a moment, for which the order of its date may have to be certain.
func resolve(m moment, dates calendar) Time {
	order, certain := dates.order()
	if !certain && m.at[monthFirst] != m.at[dayFirst] {
		return Time{Text: m.text}
	}
	return m.time(order)
}

// changeFields are the names of the strings of event 5136, in their order.
var changeFields = []string{"OpCorrelationID", "AppCorrelationID", "SubjectUserSid", "SubjectUserName", "SubjectDomainName", "SubjectLogonId",
	"DSName", "DSType", "ObjectDN", "ObjectGUID", "ObjectClass", "AttributeLDAPDisplayName", "AttributeSyntaxOID", "AttributeValue", "OperationType"}

// shownFields are the same in the order of the event's text, in which each has a line.
var shownFields = []string{"SubjectUserSid", "SubjectUserName", "SubjectDomainName", "SubjectLogonId", "DSName", "DSType", "ObjectDN", "ObjectGUID",
	"ObjectClass", "AttributeLDAPDisplayName", "AttributeSyntaxOID", "AttributeValue", "OperationType", "OpCorrelationID", "AppCorrelationID"}

var (
	// shownField begins a line of the event's text in any language.
	shownField = regexp.MustCompile(`^[ \t]+\pL[^:\n]{0,60}:[ \t\x{A0}]*`)
	// onOneLine is the event's text whose lines an agent joined.
	onOneLine = regexp.MustCompile(`(?s)Account Name:\s*(.*?)\s+Account Domain:\s*(.*?)\s+Logon ID:.*?Object:\s+DN:\s*(.*?)\s+GUID:\s*(.*?)\s+Class:.*?` +
		`LDAP Display Name:\s*(\S+)\s+Syntax \(OID\):\s*\S+\s+Value:\s*(.*?)\s+Operation:\s+Type:\s*(.*?)\s+Correlation ID:\s*(\S*)`)
	objectGUID = regexp.MustCompile(`^\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?$`)
	// added and deleted match what happened to the value: the code that the log stores, or a word
	// in one of several languages.
	added   = regexp.MustCompile(`(?i)%%14674|added|hinzugef|ajout|agregad|aggiunt`)
	deleted = regexp.MustCompile(`(?i)%%14675|delet|gel.sch|supprim|elimin`)
)

// write returns what an event 5136 tells.
func (r record) write() (Write, error) {
	field := r.named
	if field["AttributeLDAPDisplayName"] == "" {
		field = r.changeFields()
	}
	if field == nil {
		return Write{}, fmt.Errorf("event 5136 lacks some of its %d fields", len(changeFields))
	}
	w := Write{
		DN: field["ObjectDN"], Attribute: field["AttributeLDAPDisplayName"], Value: field["AttributeValue"],
		Operation: strings.ToLower(field["OpCorrelationID"]), Account: field["SubjectUserName"], Computer: r.computer,
	}
	if w.Operation == "-" {
		w.Operation = ""
	}
	if domain := field["SubjectDomainName"]; domain != "" && domain != "-" {
		w.Account = domain + `\` + w.Account
	}
	if guid := objectGUID.FindStringSubmatch(field["ObjectGUID"]); guid != nil {
		w.GUID = strings.ToLower(guid[1])
	}
	switch operation := field["OperationType"]; {
	case added.MatchString(operation):
		w.Added = true
	case !deleted.MatchString(operation):
		return w, fmt.Errorf("event 5136 has the unknown operation %.40q", operation)
	}
	return w, nil
}

// changeFields returns the strings of an event 5136 by name if the input does not name them.
func (r record) changeFields() map[string]string {
	if len(r.inserted) == len(changeFields) {
		return byName(changeFields, r.inserted)
	}
	var values []string
	within := false
	for line := range strings.Lines(r.message) {
		line = strings.TrimRight(line, "\r\n")
		label := shownField.FindString(line)
		switch {
		case label != "":
			values = append(values, line[len(label):])
		case within && strings.TrimSpace(line) != "" && !strings.HasSuffix(line, ":"): // a program wrapped the line above
			values[len(values)-1] += line
			continue
		}
		within = label != ""
	}
	for i := range values {
		values[i] = strings.TrimRight(values[i], " \t")
	}
	if len(values) == len(shownFields) {
		return byName(shownFields, values)
	}
	if found := onOneLine.FindStringSubmatch(r.message); found != nil {
		return byName([]string{"SubjectUserName", "SubjectDomainName", "ObjectDN", "ObjectGUID", "AttributeLDAPDisplayName", "AttributeValue",
			"OperationType", "OpCorrelationID"}, found[1:])
	}
	return nil
}

func byName(names, values []string) map[string]string {
	m := make(map[string]string, len(names))
	for i, name := range names {
		m[name] = values[i]
	}
	return m
}

// changesText is text that has events 5136 as Event Viewer, wevtutil and Format-List show them.
var changesText = format{name: textName, split: splitChange, parse: func(text string) ([]record, error) {
	if isList([]byte(text)) {
		return parseList(text)
	}
	if !mentions(text, changeEvent) && !strings.Contains(text, changeLine) {
		return nil, nil
	}
	r := record{id: changeEvent, message: uncited(text)}
	if at := strings.Index(text, "DN:"); at >= 0 {
		text = text[:at]
	}
	r.describe(text)
	return []record{r}, nil
}}

// changeLine stands in the text of an event 5136 alone.
const changeLine = "LDAP Display Name:"

// changeEnd stands in the last line of an event's text.
const changeEnd = "Application Correlation ID:"

// changeBegin is the first line of an event's text.
var changeBegin = regexp.MustCompile(`^(?:Event\[\d+\]|[^:\n]{1,40}:[ \t\x{A0}]*Security[ \t\r]*$)`)

// splitChange finds the text up to the end of an event or the beginning of the next.
func splitChange(data []byte, eof bool) (start, end int) {
	for start < len(data) && strings.IndexByte(" \t\r\n", data[start]) >= 0 {
		start++
	}
	if isList(data[start:]) {
		return splitList(data, start, eof)
	}
	return splitLines(data, start, eof, func(at int, line []byte) int {
		switch {
		case at > start && changeBegin.Match(line):
			return at
		case bytes.Contains(line, []byte(changeEnd)):
			return at + len(line)
		}
		return 0
	})
}

// splitLines finds the event that begins at start: endOf tells of a line, and of where it begins, at
// which place the event ends, or 0 if it goes on.
func splitLines(data []byte, start int, eof bool, endOf func(at int, line []byte) int) (int, int) {
	for at := start; at < len(data); {
		n := bytes.IndexByte(data[at:], '\n')
		if n < 0 && !eof {
			break
		}
		line := data[at:]
		if n >= 0 {
			line = line[:n]
		}
		if end := endOf(at, line); end > 0 {
			return start, end
		}
		at += len(line) + 1
	}
	if eof || len(data)-start >= maxRecord/2 { // no event is as long
		return start, len(data)
	}
	return start, 0
}
