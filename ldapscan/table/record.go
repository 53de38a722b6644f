package table

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// Unchangeable is the attribute of a record that says why no LDIF file can change its object. No
// directory has it.
const Unchangeable = "x-unchangeable"

// Values of Unchangeable.
const (
	Nameless = "no-name" // the table does not give the distinguished name
	InCloud  = "cloud"   // the object lies in a cloud directory
)

var (
	errLost      = errors.New("the name of a list, and not its values: the export lost the addresses")
	errShortened = errors.New("a list that PowerShell shortened: the export lost addresses")
	errFormula   = errors.New("a formula, and not an address, name or GUID")
	errReplaced  = errors.New("a character that could not be decoded")
	errTruth     = errors.New("neither True nor False, so not used")
	errName      = errors.New("not a distinguished name")
	errUnclear   = errors.New("it is not clear where one address ends and the next begins")
	errSeveral   = errors.New("several addresses, and this column is for one")
)

// A cell is what one row has in one column.
type cell struct {
	column
	text string
	list []string // the values, if JSON has them one by one
	wrong
}

// wrong returns an error with the place of a cell.
type wrong func(error) error

// A builder makes records of rows.
type builder struct {
	Summary
	Options
	csvde bool
	cloud bool // the row has a column that tables of a cloud directory have
	seed  maphash.Seed
	rows  int
	unit  string // what the rows are numbered by: "line", or "object" as JSON may have all on one line

	// Of rows with a made-up name and without an objectGUID:
	known     map[uint64]struct{} // hashes of their names and attributes
	namesakes map[uint64]int      // how many of them differ and have the name of the hash
	equal     int                 // how many were known

	unclear   int
	first     string // of them, and what to do about it
	advice    string
	open      int // cells that are not used
	firstOpen string
	unjoined  int
	nameless  int
	elsewhere int                       // objects that do not lie in a cloud directory
	passed    map[string]bool           // names of unknown columns with an address
	columns   [domainTypeField + 1]bool // those that the table has
	has       [plainField + 1]bool      // the columns with a value
	asks      bool                      // an address or a name has a question mark, which may stand for a letter
	foreign   int                       // addresses with letters outside ASCII
	cells     []cell
}

// record returns the record of a row, or nil if the row has nothing that counts.
func (b *builder) record(cells []cell, number int) (*ldif.Record, error) {
	r := row{builder: b, number: number, rec: &ldif.Record{}}
	for i := range cells {
		if err := r.take(&cells[i]); err != nil {
			return nil, cells[i].wrong(err)
		}
	}
	r.accepted()
	for _, value := range r.addressList() {
		r.add("proxyAddresses", value)
	}
	if len(r.rec.Attributes) == 0 {
		return nil, nil
	}
	if b.Beside && r.synced && r.anchor == (conflicts.GUID{}) {
		b.unjoined++
		return nil, nil
	}
	if r.identify() {
		return nil, nil
	}
	return r.rec, nil
}

// A row is a record that is being made.
type row struct {
	*builder
	number  int // among the units
	rec     *ldif.Record
	dn      string
	name    string
	guid    conflicts.GUID // of the object in its own directory
	anchor  conflicts.GUID
	synced  bool
	proxies []string
	primary []string
	single  map[field]bool
	domain  string // of a list of accepted domains
}

func (r *row) add(name, value string) {
	if value != "" {
		r.rec.Attributes = append(r.rec.Attributes, ldif.Attribute{Name: name, Value: []byte(value)})
	}
}

// value returns the attribute of the record.
func (r *row) value(name string) string {
	for _, a := range r.rec.Attributes {
		if a.Name == name {
			return string(a.Value)
		}
	}
	return ""
}

// first returns the only or first value of a cell as text.
func (c *cell) first() string {
	if len(c.list) > 0 {
		return c.list[0]
	}
	return c.text
}

// take adds what a cell tells.
func (r *row) take(c *cell) error {
	text := c.first()
	if r.csvde {
		text, _ = unhex(text)
	}
	trimmed := strings.TrimSpace(text)
	if c.field == unknown || trimmed == "" && len(c.list) == 0 {
		return nil
	}
	if err := r.suspicious(c, trimmed); err != nil {
		return err
	}
	r.has[min(c.field, plainField)] = true
	switch c.field {
	case proxyField, kindField, primaryField:
		return r.addresses(c)
	case shadowField:
		r.shadow(c)
	case mailField:
		r.one(c, "mail", trimmed)
	case upnField:
		r.one(c, "userPrincipalName", trimmed)
	case targetField:
		r.one(c, "targetAddress", targetOf(trimmed))
	case guidField, idField, anchorField, consistencyField:
		return r.identity(c, text)
	case dnField:
		if !strings.Contains(trimmed, "=") {
			return errName
		}
		if r.dn == "" {
			r.dn = trimmed
		}
		r.asks = r.asks || strings.Contains(trimmed, "?")
	case nameField:
		if r.name == "" {
			r.name = trimmed
		}
	case classField:
		r.classes(c, trimmed)
	case recipientField:
		if number, ok := recipientTypes[strings.ToLower(trimmed)]; ok {
			trimmed = number
		}
		r.once(c.field, "msExchRecipientTypeDetails", trimmed)
	case createdField:
		r.once(c.field, "whenCreated", moment(trimmed))
	case enabledField, disabledField:
		if is, ok := r.truth(c, trimmed); ok {
			control := "512"
			if is == (c.field == disabledField) {
				control = "514" // with ACCOUNTDISABLE
			}
			r.once(enabledField, "userAccountControl", control)
		}
	case policyField:
		attribute := "msExchPoliciesExcluded"
		is, ok := r.truth(c, trimmed)
		if is {
			attribute = "msExchPoliciesIncluded"
		}
		if ok {
			r.add(attribute, "{26491cfc-9e50-4857-861b-0cb8df22b5d7}")
		}
	case mailboxGUIDField:
		if g, err := guid(text); err == nil && g != (conflicts.GUID{}) {
			r.once(c.field, "msExchMailboxGuid", string(g[:]))
		}
	case syncedField:
		is, ok := r.truth(c, trimmed)
		r.synced = r.synced || is || !ok // else it may be a conflict with itself
	case domainField:
		r.domain = trimmed
	case domainTypeField:
		r.once(c.field, "objectClass", "msExchAcceptedDomain")
	case plainField, legacyField:
		if !lost.MatchString(trimmed) {
			r.plain(c, text)
		}
	}
	return nil
}

// truth returns what a cell says in English or as a number. Other languages leave it open.
func (r *row) truth(c *cell, text string) (is, ok bool) {
	is, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		r.leave(c, errTruth)
	}
	return is, err == nil
}

// leave counts a cell that is not used.
func (r *row) leave(c *cell, why error) {
	if r.open++; r.open == 1 {
		r.firstOpen = fmt.Sprintf("%v", c.wrong(why))
	}
}

// passOver notes an unknown column if an address is in it. Those of ForwardingSmtpAddress are of others.
func (b *builder) passOver(c column, text []byte) {
	if len(text) > 0 && strings.IndexByte(" {sSxX", text[0]) >= 0 && len(b.passed) < MaxColumns && !b.passed[c.name] &&
		plainlyTyped.Match(text) && !strings.EqualFold(c.name, "ForwardingSmtpAddress") {
		b.passed[c.name] = true
	}
}

// once adds the first value that a field has in a row.
func (r *row) once(f field, name, value string) {
	if r.single == nil {
		r.single = map[field]bool{}
	}
	if !r.single[f] && value != "" {
		r.single[f] = true
		r.add(name, value)
	}
}

// one adds the value of an attribute that has one. A text with several addresses is kept as it is.
func (r *row) one(c *cell, name, value string) {
	several := len(c.list) > 1
	if strings.Count(value, "@") > 1 {
		pieces, clear := split(value, r.csvde)
		several = several || len(pieces) > 1 || !clear
	}
	if several {
		r.doubt(c, errSeveral, "export them in a column proxyAddresses")
	}
	r.once(c.field, name, value)
}

// doubt counts a cell that can be read in several ways.
func (r *row) doubt(c *cell, why error, advice string) {
	if r.unclear++; r.unclear == 1 {
		r.first, r.advice = fmt.Sprintf("%v", c.wrong(why)), advice
	}
}

func (r *row) plain(c *cell, text string) {
	if len(c.list) > 0 {
		for _, value := range c.list {
			r.add(c.attribute, value)
		}
		return
	}
	r.add(c.attribute, text)
}

// targetOf returns an address with a type: Exchange Online leaves it out.
func targetOf(text string) string {
	if typed.MatchString(text) {
		return text
	}
	return "SMTP:" + text
}

// suspicious reports what no export writes into a column that tells an object or its addresses.
func (r *row) suspicious(c *cell, text string) error {
	switch c.field {
	case proxyField, kindField, primaryField, mailField, upnField, targetField, guidField, dnField, anchorField:
	default:
		return nil
	}
	for _, text := range append(c.list, text) {
		switch {
		case lost.MatchString(text):
			return errLost
		case strings.HasPrefix(text, "="), strings.HasPrefix(text, "@"):
			return errFormula
		case strings.ContainsRune(text, '\ufffd'):
			return errReplaced
		}
	}
	return nil
}

func (r *row) classes(c *cell, text string) {
	list := c.list
	if list == nil {
		list = strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(";,| \n", c) })
	}
	if lost.MatchString(text) {
		return
	}
	for _, class := range list {
		r.add("objectClass", class)
	}
}
