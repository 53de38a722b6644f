package report

import (
	"fmt"
	"slices"
	"time"

	"proxyaddr/conflicts"
)

type ownerJSON struct {
	DN        text   `json:"dn"`
	GUID      string `json:"guid"`
	Partition text   `json:"partition"`
	Name      text   `json:"name"`
	Kind      text   `json:"kind"`
	claimJSON
	// Also are the other values of the object that hold the address.
	Also []claimJSON `json:"also"`
	// What is not known is left out. Written is about proxyAddresses.
	Created  *time.Time `json:"created,omitempty"`
	Written  *stampJSON `json:"written,omitempty"`
	Restored *time.Time `json:"restored,omitempty"`
	// Writers are those that an audit log names.
	Writers []writerJSON `json:"writers,omitempty"`
	factsJSON
	Base64 map[string][]byte `json:"base64,omitempty"`
}

// writerJSON is who wrote a value.
type writerJSON struct {
	Attribute string            `json:"attribute"`
	Value     text              `json:"value"`
	Account   text              `json:"account"`
	Server    text              `json:"server"`
	Time      text              `json:"time"`
	Replaced  text              `json:"replaced,omitempty"`
	Base64    map[string][]byte `json:"base64,omitempty"`
}

func newWriterJSON(w *conflicts.Writer) writerJSON {
	return writerJSON{w.Attribute, newText(w.Value), newText(w.Account), newText(w.Computer), newText(w.Logged), newText(w.Replaced),
		exact("value", w.Value, "account", w.Account, "server", w.Computer, "time", w.Logged, "replaced", w.Replaced)}
}

// read is the inverse of newWriterJSON.
func (j *writerJSON) read() conflicts.Writer {
	get := func(name string, written text) string { return exactly(j.Base64, name, written) }
	return conflicts.Writer{Attribute: j.Attribute, Value: get("value", j.Value), Account: get("account", j.Account),
		Computer: get("server", j.Server), Logged: get("time", j.Time), Replaced: get("replaced", j.Replaced)}
}

// factsJSON are what an object is and has besides the address in conflict. Documents of
// schema version 1 have none of them.
type factsJSON struct {
	Addresses []text `json:"addresses"`
	// PrimaryAddress is that of SMTP, without its type.
	PrimaryAddress    text `json:"primary_address"`
	Mail              text `json:"mail,omitempty"`
	UserPrincipalName text `json:"user_principal_name,omitempty"`
	LegacyExchangeDN  text `json:"legacy_exchange_dn,omitempty"`
	TargetAddress     text `json:"target_address,omitempty"`
	Forest            text `json:"forest,omitempty"`
	// Fixed says why the object cannot be changed.
	Fixed         text                `json:"fixed,omitempty"`
	Class         text                `json:"class"`
	RecipientType conflicts.Recipient `json:"recipient_type,omitempty"`
	Alias         text                `json:"alias,omitempty"`
	Mailbox       bool                `json:"mailbox"`
	Live          bool                `json:"live"`
	Disabled      bool                `json:"disabled"`
	Policy        policyJSON          `json:"policy"`
	Synchronized  bool                `json:"synchronized"`
	Members       int                 `json:"members,omitempty"`
}

// policyJSON says whether address policies apply to an object.
type policyJSON string

const (
	policyApplies  policyJSON = "applies"
	policyExcluded policyJSON = "excluded"
	policyUnknown  policyJSON = "unknown"
)

func newPolicyJSON(o *conflicts.Object) policyJSON {
	switch {
	case !o.PolicyKnown:
		return policyUnknown
	case o.PolicyExcluded:
		return policyExcluded
	}
	return policyApplies
}

// set makes it the record of an owner, in the memory of another.
func (j *ownerJSON) set(o *conflicts.Owner, room *jsonRoom) {
	addresses := append(room.addresses[:0], o.ProxyAddresses...)
	slices.Sort(addresses) // as a server can send them in any order
	room.addresses = addresses
	primary := o.PrimarySMTP()
	*j = ownerJSON{
		DN: newText(o.DN), GUID: room.guid(o.GUID), Partition: newText(o.Partition), Name: newText(o.Name()), Kind: newText(o.Kind()),
		claimJSON: newClaimJSON(o.Claims[0]),
		Also:      again(j.Also),
		Created:   room.time(o.Created.Time()), Written: newStampJSON(room, o.Written), Restored: room.time(o.Restored()),
		factsJSON: factsJSON{
			Addresses: appendTexts(again(j.Addresses), addresses), PrimaryAddress: newText(primary), Mail: newText(o.Mail), UserPrincipalName: newText(o.UserPrincipalName),
			LegacyExchangeDN: newText(o.LegacyExchangeDN), TargetAddress: newText(o.TargetAddress), Forest: newText(o.Forest), Fixed: newText(o.Fixed), Class: newText(o.Class),
			RecipientType: o.Recipient, Alias: newText(o.MailNickname), Mailbox: o.Mailbox, Live: o.Live(), Disabled: o.Disabled,
			Policy: newPolicyJSON(o.Object), Synchronized: o.Synchronized, Members: o.Members,
		},
		Base64: exact("dn", o.DN, "partition", o.Partition, "name", o.Name(), "kind", o.Kind(), "value", o.Claims[0].Value,
			"primary_address", primary, "mail", o.Mail, "user_principal_name", o.UserPrincipalName,
			"legacy_exchange_dn", o.LegacyExchangeDN, "target_address", o.TargetAddress,
			"forest", o.Forest, "fixed", o.Fixed, "class", o.Class, "alias", o.MailNickname),
	}
	for _, claim := range o.Claims[1:] {
		j.Also = append(j.Also, newClaimJSON(claim))
	}
	for _, w := range o.WrittenBy() {
		j.Writers = append(j.Writers, newWriterJSON(&w))
	}
	j.Base64 = exactList(j.Base64, "addresses", addresses)
}

// owner is the inverse of set.
func (d *jsonReader) owner(j *ownerJSON) (conflicts.Owner, error) {
	guid, err := readGUID(j.GUID)
	if err != nil {
		return conflicts.Owner{}, err
	}
	written, err := j.Written.read()
	if err != nil {
		return conflicts.Owner{}, err
	}
	read := &conflicts.Object{
		Entry:     conflicts.Entry{DN: exactly(j.Base64, "dn", j.DN), GUID: guid},
		Partition: exactly(j.Base64, "partition", j.Partition), Class: exactly(j.Base64, "kind", j.Kind),
		DisplayName: exactly(j.Base64, "name", j.Name), Created: conflicts.InstantOf(readTime(j.Created)), Written: written, Remains: conflicts.RestoredAt(readTime(j.Restored)),
	}
	o := d.objects[read.Ref()]
	if o == nil {
		o = read
		d.objects[read.Ref()] = o
		if d.version > 1 {
			if err := j.facts(o); err != nil {
				return conflicts.Owner{}, err
			}
		}
	}
	first := j.claimJSON
	first.Base64 = j.Base64
	owner := conflicts.Owner{Object: o, Claims: make([]conflicts.Claim, 1+len(j.Also))}
	for i, claim := range append([]claimJSON{first}, j.Also...) {
		attribute := conflicts.AttributeNamed(claim.Attribute)
		if !slices.Contains(attributes, attribute) {
			return owner, fmt.Errorf("unknown attribute %q", claim.Attribute)
		}
		owner.Claims[i] = conflicts.Claim{Attribute: attribute, Value: exactly(claim.Base64, "value", claim.Value),
			Primary: claim.Primary, Padded: claim.Padded, Loose: claim.Loose}
	}
	if len(j.Writers) > 0 {
		writers := make([]conflicts.Writer, len(j.Writers))
		for i := range j.Writers {
			writers[i] = j.Writers[i].read()
		}
		owner.Writers = &writers
	}
	return owner, nil
}

// attributes are those in which an owner can hold an address.
var attributes = []conflicts.Attribute{conflicts.ProxyAddresses, conflicts.Mail, conflicts.UserPrincipalName, conflicts.LegacyExchangeDN}

// facts reads what documents of schema version 1 do not have.
func (j *ownerJSON) facts(o *conflicts.Object) error {
	f := &j.factsJSON
	o.ProxyAddresses = exactlyList(j.Base64, "addresses", f.Addresses)
	get := func(name string, written text) string { return exactly(j.Base64, name, written) }
	o.Mail, o.UserPrincipalName = get("mail", f.Mail), get("user_principal_name", f.UserPrincipalName)
	o.LegacyExchangeDN = get("legacy_exchange_dn", f.LegacyExchangeDN)
	o.TargetAddress, o.Forest, o.Fixed = get("target_address", f.TargetAddress), get("forest", f.Forest), get("fixed", f.Fixed)
	o.Class, o.Recipient, o.MailNickname = get("class", f.Class), f.RecipientType, get("alias", f.Alias)
	o.Mailbox, o.Disabled, o.Synchronized, o.Members = f.Mailbox, f.Disabled, f.Synchronized, f.Members
	switch f.Policy {
	case policyApplies:
		o.PolicyKnown = true
	case policyExcluded:
		o.PolicyKnown, o.PolicyExcluded = true, true
	case policyUnknown:
	default:
		return fmt.Errorf("%s: unknown policy %q", o.DN, f.Policy)
	}
	return nil
}
