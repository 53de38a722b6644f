package conflicts

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// GUID is an objectGUID in the byte order in which a directory sends it: the
// first three fields little-endian ([MS-DTYP] 2.3.4.2). The zero GUID means
// that none was read.
type GUID [16]byte

// String returns the usual form with hyphens and without braces, or "" for
// the zero GUID.
func (g GUID) String() string {
	if g == (GUID{}) {
		return ""
	}
	return string(g.Append(make([]byte, 0, len(guidForm))))
}

// guidForm is how a GUID is written.
const guidForm = "00000000-0000-0000-0000-000000000000"

// Append appends the form that String writes, also of a zero GUID.
func (g GUID) Append(text []byte) []byte {
	b := g.written()
	text = hex.AppendEncode(text, b[:4])
	for _, field := range [...][]byte{b[4:6], b[6:8], b[8:10], b[10:]} {
		text = hex.AppendEncode(append(text, '-'), field)
	}
	return text
}

// written returns the bytes in the order in which String writes them.
func (g GUID) written() GUID {
	return GUID{g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]}
}

// compareGUIDs orders them as their text.
func compareGUIDs(a, b GUID) int {
	if x, y := a.fields(), b.fields(); x != y {
		return cmp.Compare(x, y)
	}
	return bytes.Compare(a[8:], b[8:])
}

// fields returns the first three fields, the most significant first.
func (g GUID) fields() uint64 {
	return uint64(binary.LittleEndian.Uint32(g[:]))<<32 | uint64(binary.LittleEndian.Uint16(g[4:]))<<16 | uint64(binary.LittleEndian.Uint16(g[6:]))
}

// ParseGUID reads the form that String writes, with or without braces.
func ParseGUID(s string) (GUID, error) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	var text [len(guidForm)]byte
	digits := text[:0]
	for i := range min(len(s), len(text)) {
		if guidForm[i] != '-' {
			digits = append(digits, s[i])
		} else if s[i] != '-' {
			break
		}
	}
	var g GUID
	if n, err := hex.Decode(g[:], digits); err != nil || n != len(g) || len(s) != len(text) {
		return GUID{}, fmt.Errorf("%q: not a GUID", s)
	}
	return g.written(), nil // its own inverse
}

// A Ref names an object for a second read: by its GUID, which survives
// renames and moves, or by its distinguished name where no GUID could be read.
// Two refs are equal exactly if they name the same object.
type Ref struct {
	GUID GUID
	DN   string // as DNKey writes it; empty if GUID is set
}

// NameRef returns the ref of an object whose GUID is not known.
func NameRef(dn string) Ref { return Ref{DN: DNKey(dn)} }

// Entry is what detection needs to know of an object: the attributes in which
// an address can stand, as stored.
type Entry struct {
	DN                string
	GUID              GUID
	ProxyAddresses    []string
	Mail              string
	UserPrincipalName string
	LegacyExchangeDN  string
	TargetAddress     string
}

// Ref returns the name under which the object is read again.
func (e *Entry) Ref() Ref {
	if e.GUID != (GUID{}) {
		return Ref{GUID: e.GUID}
	}
	return NameRef(e.DN)
}

// Claimed hands over the addresses that an object may own, in no particular order: those
// in proxyAddresses, mail, userPrincipalName and legacyExchangeDN.
func (e *Entry) Claimed() iter.Seq[Address] {
	return func(yield func(Address) bool) {
		for c := range e.claimed() {
			if !yield(c.Parsed()) {
				return
			}
		}
	}
}

// claimed hands over the values with these addresses, without what is told of each.
func (e *Entry) claimed() iter.Seq[Claim] {
	return func(yield func(Claim) bool) {
		for _, v := range e.ProxyAddresses {
			if !yield(Claim{Attribute: ProxyAddresses, Value: v}) {
				return
			}
		}
		if e.Mail != "" && !yield(Claim{Attribute: Mail, Value: e.Mail}) {
			return
		}
		if e.UserPrincipalName != "" && !yield(Claim{Attribute: UserPrincipalName, Value: e.UserPrincipalName}) {
			return
		}
		if e.LegacyExchangeDN != "" {
			yield(Claim{Attribute: LegacyExchangeDN, Value: e.LegacyExchangeDN})
		}
	}
}

// PrimarySMTP returns the primary SMTP address without its type, the first if there are
// several, or "".
func (e *Entry) PrimarySMTP() string {
	var first Address
	for _, v := range e.ProxyAddresses {
		if a := ParseAddress(v); a.SMTP() && a.Primary() && (first.Raw == "" || a.Raw < first.Raw) {
			first = a
		}
	}
	return first.Trimmed()
}

// primaries returns the primary SMTP addresses, of which there should be one, in a
// fixed order.
func (e *Entry) primaries() []Address {
	var list []Address
	for _, v := range e.ProxyAddresses {
		if a := ParseAddress(v); a.SMTP() && a.Primary() {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b Address) int { return cmp.Compare(a.Raw, b.Raw) })
	return list
}

// Object is an Entry with all that a judgment needs. What the directory did
// not give is the zero value: the rules treat it as unknown.
type Object struct {
	Entry
	// Partition is the distinguished name of the naming context that holds it.
	Partition string
	// Forest is the name of its forest where several are read as one name space.
	Forest string
	// Fixed says why the object cannot be changed, or is empty if it can:
	// it lies outside the domain partitions or is a critical system object.
	Fixed string
	// Class is the most specific object class.
	Class       string
	DisplayName string
	GivenName   string
	Surname     string
	// SAMAccountName and MailNickname are the logon name before Windows 2000 and
	// the Exchange alias.
	SAMAccountName string
	MailNickname   string
	Recipient      Recipient
	Created        Instant
	// Written is the stamp of proxyAddresses.
	Written Stamp
	// Unreachable says that no LDIF file reaches the object: a table does not give its
	// distinguished name, or it lies in a cloud directory.
	Unreachable bool
	// Mailbox says that a mailbox is attached (homeMDB or msExchMailboxGuid).
	Mailbox bool
	// Disabled is the flag ACCOUNTDISABLE, 0x2, of userAccountControl ([MS-ADTS] 2.2.16).
	Disabled bool
	// PolicyExcluded says that Exchange's address policies leave the object alone;
	// PolicyKnown, that the directory told either way.
	PolicyExcluded, PolicyKnown bool
	// Synchronized says that a cloud directory holds a copy of the object.
	Synchronized bool
	// Deleted says that the object was deleted, and is what its directory kept.
	Deleted bool
	// Members is the number of direct members of a group, at most as many as
	// one answer of the directory holds.
	Members int
	// Remains tell more of an object that is deleted or once was; nil for any other.
	Remains *Remains
	// Rights are nil if the directory does not tell what the account may write.
	Rights *Rights
}

// Remains are what only an object has that is deleted or once was.
type Remains struct {
	// Changed is when a deleted object was last changed, most often by deleting it, and
	// LastParent where it stood until then.
	Changed    time.Time
	LastParent string
	// Restored is when the object was last brought back.
	Restored time.Time
}

// Restored is when the object was last brought back after it had been deleted.
func (o *Object) Restored() time.Time {
	if o.Remains == nil {
		return time.Time{}
	}
	return o.Remains.Restored
}

// RestoredAt returns the remains of an object that was brought back then, nil for the zero time.
func RestoredAt(t time.Time) *Remains {
	if t.IsZero() {
		return nil
	}
	return &Remains{Restored: t}
}

// Rights say what the account may do to an object.
type Rights struct {
	// Writable are the attributes out of proxyAddresses and mail that it may write.
	Writable []string
}

// Name returns what people call the object: its display name or the value of
// its relative distinguished name.
func (o *Object) Name() string {
	if o.DisplayName != "" {
		return o.DisplayName
	}
	return rdnValue(part(o.DN, 0))
}

// rdnValue returns the value of a relative distinguished name for people.
func rdnValue(rdn string) string {
	rdn, _, _ = strings.Cut(rdn, `\0ADEL:`) // behind it, the GUID of a deleted object
	if _, v, ok := strings.Cut(rdn, "="); ok {
		return strings.ReplaceAll(v, `\`, "")
	}
	return rdn
}

// Kind returns what sort of recipient the object is, in words: from
// msExchRecipientTypeDetails where Exchange set it, else from the class.
func (o *Object) Kind() string {
	if s := o.Recipient.String(); s != "" {
		return s
	}
	return o.Class
}

// aKind is Kind with its article.
func (o *Object) aKind() string {
	kind := cmp.Or(o.Kind(), "object of unknown kind")
	if strings.ContainsRune("aeioAEIO", rune(kind[0])) { // "u" as in user
		return "an " + kind
	}
	return "a " + kind
}

// compareObjects orders by GUID, objects without one behind, by name.
func compareObjects(a, b *Object) int {
	if a.GUID != b.GUID {
		if a.GUID == (GUID{}) {
			return 1
		}
		if b.GUID == (GUID{}) {
			return -1
		}
		return compareGUIDs(a.GUID, b.GUID)
	}
	return cmp.Or(strings.Compare(strings.ToLower(a.DN), strings.ToLower(b.DN)), strings.Compare(a.DN, b.DN))
}

// retired reports whether the account is disabled though its kind of recipient
// has an account that people log on with. Exchange disables those of shared,
// linked, room, equipment, arbitration and discovery mailboxes itself.
func (o *Object) retired() bool {
	const userMailbox, mailUser, disabledUser, remoteUser = 1, 128, 2097152, 2147483648
	switch o.Recipient {
	case 0, userMailbox, mailUser, disabledUser, remoteUser:
		return o.Disabled
	}
	return false
}

// Recipient is a value of msExchRecipientTypeDetails; 0 is unknown.
type Recipient int64

var recipients = map[Recipient]struct {
	name string
	rank int
}{
	1:           {"user mailbox", mailboxRank},
	2:           {"linked mailbox", mailboxRank},
	4:           {"shared mailbox", mailboxRank},
	8:           {"legacy mailbox", mailboxRank},
	16:          {"room mailbox", mailboxRank},
	32:          {"equipment mailbox", mailboxRank},
	64:          {"mail contact", contactRank},
	128:         {"mail user", mailUserRank},
	256:         {"distribution group", groupRank},
	512:         {"non-universal group", groupRank},
	1024:        {"security group", groupRank},
	2048:        {"dynamic distribution group", groupRank},
	4096:        {"public folder", groupRank},
	8192:        {"system attendant", mailboxRank},
	16384:       {"system mailbox", mailboxRank},
	32768:       {"forest contact", contactRank},
	2097152:     {"disabled user", plainRank},
	4194304:     {"Exchange recipient", mailboxRank},
	8388608:     {"arbitration mailbox", mailboxRank},
	16777216:    {"mailbox plan", plainRank},
	33554432:    {"linked user", plainRank},
	268435456:   {"room list", groupRank},
	536870912:   {"discovery mailbox", mailboxRank},
	2147483648:  {"remote mailbox", mailboxRank},
	8589934592:  {"remote room mailbox", mailboxRank},
	17179869184: {"remote equipment mailbox", mailboxRank},
	34359738368: {"remote shared mailbox", mailboxRank},
}

// String returns the name of the type in words, or "" if it is not known.
func (r Recipient) String() string { return recipients[r].name }

// The order in which kinds of recipients have a claim to an address: who
// receives mail in a live mailbox first.
const (
	mailboxRank = iota
	mailUserRank
	groupRank
	contactRank
	plainRank
)

func (o *Object) rank() int {
	if r, ok := recipients[o.Recipient]; ok {
		return r.rank
	}
	switch {
	case o.Mailbox:
		return mailboxRank
	case strings.EqualFold(o.Class, "contact"):
		return contactRank
	case strings.EqualFold(o.Class, "group"),
		strings.EqualFold(o.Class, "publicFolder"),
		strings.EqualFold(o.Class, "msExchDynamicDistributionList"):
		return groupRank
	case o.TargetAddress != "", strings.EqualFold(o.Class, "user"), strings.EqualFold(o.Class, "inetOrgPerson"):
		return mailUserRank
	}
	return plainRank
}
