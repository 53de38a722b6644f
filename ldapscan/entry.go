package ldapscan

import (
	"strconv"
	"strings"
	"time"

	"proxyaddr/conflicts"
)

// filter finds every object in which an address can stand, also without proxyAddresses.
// Active Directory indexes all five attributes; targetAddress, which comes with
// Exchange's schema, has the searchFlags 1 there (ms-Exch-Target-Address).
const filter = "(|(proxyAddresses=*)(mail=*)(userPrincipalName=*)(targetAddress=*)(legacyExchangeDN=*))"

// sweepAttributes are what an Entry is made of, inspectAttributes an Object.
var (
	sweepAttributes   = []string{"objectGUID", "proxyAddresses", "mail", "userPrincipalName", "targetAddress", "legacyExchangeDN"}
	inspectAttributes = append([]string{"objectClass", "displayName", "givenName", "sn", "sAMAccountName", "mailNickname",
		"msExchRecipientTypeDetails", "homeMDB", "msExchMailboxGuid", "userAccountControl", "isCriticalSystemObject", "whenCreated",
		"replPropertyMetaData", "msExchPoliciesExcluded", "msExchPoliciesIncluded", "msDS-ExternalDirectoryObjectId",
		"mS-DS-ConsistencyGuid", "member;range=0-" + strconv.Itoa(countedMembers-1)}, sweepAttributes...)
)

// countedMembers is up to where the members of a group are counted.
const countedMembers = 100

// attributes gives the values of an attribute by its name in lower case,
// without options.
type attributes map[string][][]byte

func (a attributes) add(name string, values ...[]byte) {
	key := keyOf(name)
	a[key] = append(a[key], values...)
}

func keyOf(name string) string {
	key, _, _ := strings.Cut(strings.ToLower(name), ";")
	return key
}

// value returns the first value of an attribute, nil if there is none.
func (a attributes) value(name string) []byte {
	if vs := a[name]; len(vs) > 0 {
		return vs[0]
	}
	return nil
}

func (a attributes) first(name string) string { return string(a.value(name)) }

func (a attributes) all(name string) []string {
	values := make([]string, 0, len(a[name]))
	for _, v := range a[name] {
		values = append(values, string(v))
	}
	return values
}

func (a attributes) number(name string) int64 {
	n, _ := strconv.ParseInt(a.first(name), 10, 64)
	return n
}

func (a attributes) entry(dn string) conflicts.Entry {
	e := conflicts.Entry{DN: dn}
	var room [8]text
	a.fill(&e, room[:0])
	return e
}

// fill sets an entry but for its name, and other texts with it.
func (a attributes) fill(e *conflicts.Entry, texts []text) {
	if values := a["objectguid"]; len(values) > 0 {
		e.GUID = guidOf(values[0])
	}
	addresses := a["proxyaddresses"]
	e.ProxyAddresses = make([]string, len(addresses))
	texts = append(texts, text{&e.Mail, a.value("mail")}, text{&e.UserPrincipalName, a.value("userprincipalname")},
		text{&e.LegacyExchangeDN, a.value("legacyexchangedn")}, text{&e.TargetAddress, a.value("targetaddress")})
	pack(e.ProxyAddresses, addresses, texts)
}

// A text is a string and what it is made of.
type text struct {
	to    *string
	value []byte
}

// pack sets a list to the strings of values, and other texts to theirs, all in one piece of memory.
// An audit holds many strings, and each garbage collection looks at each piece.
func pack(list []string, values [][]byte, texts []text) {
	size := 0
	for _, v := range values {
		size += len(v)
	}
	for _, t := range texts {
		size += len(t.value)
	}
	var b strings.Builder
	b.Grow(size)
	for _, v := range values {
		b.Write(v)
	}
	for _, t := range texts {
		b.Write(t.value)
	}
	rest := b.String()
	for i, v := range values {
		list[i], rest = rest[:len(v)], rest[len(v):]
	}
	for _, t := range texts {
		*t.to, rest = rest[:len(t.value)], rest[len(t.value):]
	}
}

// guidOf reads a value of objectGUID, which some exports write as text. What it
// cannot read is the zero GUID.
func guidOf(value []byte) (g conflicts.GUID) {
	if len(value) == len(g) {
		return conflicts.GUID(value)
	}
	g, _ = conflicts.ParseGUID(string(value))
	return g
}

// policyOptOut in msExchPoliciesExcluded takes a recipient out of all
// e-mail address policies.
const policyOptOut = "{26491cfc-9e50-4857-861b-0cb8df22b5d7}"

const accountDisabled = 0x2 // ADS_UF_ACCOUNTDISABLE of userAccountControl

func (a attributes) object(dn string) *conflicts.Object {
	o := &conflicts.Object{
		Entry:        conflicts.Entry{DN: dn},
		Partition:    conflicts.Partition(dn),
		Recipient:    conflicts.Recipient(a.number("msexchrecipienttypedetails")),
		Mailbox:      a.first("homemdb") != "" || a.first("msexchmailboxguid") != "",
		Disabled:     a.number("useraccountcontrol")&accountDisabled != 0,
		Created:      conflicts.InstantOf(generalizedTime(a.first("whencreated"))),
		Written:      a.stamp(addressStamp),
		Remains:      conflicts.RestoredAt(a.restored()),
		Members:      min(len(a["member"]), countedMembers),
		Synchronized: a.first("msds-externaldirectoryobjectid") != "" || a.first("ms-ds-consistencyguid") != "",
		Deleted:      strings.EqualFold(a.first("isdeleted"), "TRUE"),
	}
	var room [16]text
	texts := append(room[:0], text{&o.DisplayName, a.value("displayname")}, text{&o.GivenName, a.value("givenname")}, text{&o.Surname, a.value("sn")},
		text{&o.SAMAccountName, a.value("samaccountname")}, text{&o.MailNickname, a.value("mailnickname")})
	if classes := a["objectclass"]; len(classes) > 0 {
		texts = append(texts, text{&o.Class, classes[len(classes)-1]})
	}
	a.fill(&o.Entry, texts)
	if o.Deleted {
		o.Remains = &conflicts.Remains{Changed: generalizedTime(a.first("whenchanged")), LastParent: a.first("lastknownparent"), Restored: o.Restored()}
	}
	if len(a["sdrightseffective"]) > 0 { // always there if the directory tells what the account may write
		o.Rights = &conflicts.Rights{}
		for _, name := range a.all("allowedattributeseffective") {
			for _, known := range []string{conflicts.ProxyAddresses.String(), conflicts.Mail.String()} {
				if strings.EqualFold(name, known) {
					o.Rights.Writable = append(o.Rights.Writable, known)
				}
			}
		}
	}
	excluded, included := a.all("msexchpoliciesexcluded"), a.all("msexchpoliciesincluded")
	o.PolicyKnown = len(excluded)+len(included) > 0
	o.PolicyExcluded = strings.Contains(strings.ToLower(strings.Join(excluded, ",")), policyOptOut)
	switch {
	case strings.EqualFold(a.first("iscriticalsystemobject"), "TRUE"):
		o.Fixed = "critical system object"
	case o.Partition != "" && !conflicts.DomainPartition(o.Partition):
		o.Fixed = "lies outside the domain partitions"
	}
	return o
}

// generalizedTime reads the form in which Active Directory writes times
// (RFC 4517 section 3.3.13, always UTC). What it cannot read is the zero time.
func generalizedTime(s string) time.Time {
	for _, layout := range []string{"20060102150405.0Z", "20060102150405Z", "20060102150405.000Z"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
