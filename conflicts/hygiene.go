package conflicts

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Attributes are what the rules of hygiene on request look at, besides the addresses of an object.
type Attributes struct {
	Entry
	DisplayName, MailNickname, SAMAccountName string
	Recipient                                 Recipient
	// User says that it is an account of a person or a program, and no group.
	User bool
	// SIPAddress is msRTCSIP-PrimaryUserAddress, Shadow msExchShadowProxyAddresses.
	SIPAddress string
	Shadow     []string
	// Partial says that some of its values may be elsewhere.
	Partial bool
}

// What Entra ID takes of attributes: characters, with the type of an address. The names of users
// come from Active Directory, and the alias from Exchange (Microsoft, "Prepare for directory
// synchronization to Microsoft 365", "Set-Mailbox").
const (
	maxDisplayName = 256
	maxAlias       = 64
	maxAccount     = 20
	maxTarget      = 256
	maxUPN         = 113
	maxUPNLocal    = 64
	maxUPNDomain   = 48
)

// The characters that the same page calls invalid. The apostrophe that it has among those of
// sAMAccountName is none of those that the schema of Active Directory names.
const (
	refusedInUPN     = `\%&*+/=?{}|<>();:,[]"`
	refusedInAccount = `[\"|,/:<>+=;?*]`
	refusedInTarget  = `\<>();,[]"`
	refusedInAlias   = `"(),:;<>@[\]`
)

// Findings returns what the rules of hygiene on request say of one object, in a fixed order. Those
// that need no more than an Entry are in [Findings].
func (a *Attributes) Findings() []Finding {
	var found []Finding
	add := func(kind FindingKind, value, other string, count int) {
		found = append(found, Finding{Kind: kind, DN: a.DN, GUID: a.GUID, Value: value, Other: other, Count: count})
	}
	check := func(attribute, value string, faults []string) {
		if len(faults) > 0 {
			add(EntraAttribute, value, attribute+": "+strings.Join(faults, "; "), 0)
		}
	}
	if !a.Recipient.system() {
		check("displayName", a.DisplayName, displayNameFaults(a.DisplayName))
		check("mailNickname", a.MailNickname, aliasFaults(a.MailNickname))
		if a.User && a.UserPrincipalName == "" {
			check("sAMAccountName", a.SAMAccountName, textFaults(a.SAMAccountName, maxAccount, refusedInAccount))
		}
		check(TargetAddress.String(), a.TargetAddress, targetFaults(a.TargetAddress))
		check(UserPrincipalName.String(), a.UserPrincipalName, upnFaults(a.UserPrincipalName))
	}
	if !a.Partial {
		if n, value := differing(a.Shadow, a.ProxyAddresses); n > 0 {
			add(ShadowDiffers, value, "", n)
		}
		if other := a.otherSIP(); other != "" {
			add(SIPDiffers, a.SIPAddress, other, 0)
		}
	}
	slices.SortStableFunc(found, compareFindings)
	return found
}

// system reports whether Exchange made the mailbox for itself. Those are not synchronized.
func (r Recipient) system() bool {
	const attendant, system, exchange, arbitration, plan, discovery = 8192, 16384, 4194304, 8388608, 16777216, 536870912
	switch r {
	case attendant, system, exchange, arbitration, plan, discovery:
		return true
	}
	return false
}

// textFaults says what is wrong with a value of at most so many characters, of which some are
// refused.
func textFaults(value string, most int, refused string) (faults []string) {
	if n := utf8.RuneCountInString(value); n > most {
		faults = append(faults, fmt.Sprintf("%d characters, %d are allowed", n, most))
	}
	var bad []string
	for _, r := range value {
		if strings.ContainsRune(refused, r) || unicode.IsControl(r) {
			bad = append(bad, fmt.Sprintf("%q", r))
		}
	}
	if slices.Sort(bad); len(bad) > 0 {
		faults = append(faults, "has "+strings.Join(slices.Compact(bad), " "))
	}
	return faults
}

func spaceFaults(value string) []string {
	if strings.ContainsFunc(value, unicode.IsSpace) {
		return []string{"has white space"}
	}
	return nil
}

func displayNameFaults(name string) []string {
	if name != "" && strings.TrimSpace(name) == "" {
		return []string{"is blank"}
	}
	return textFaults(name, maxDisplayName, "")
}

func aliasFaults(alias string) []string {
	faults := append(textFaults(alias, maxAlias, refusedInAlias), spaceFaults(alias)...)
	if dotAtom(alias) != alias {
		faults = append(faults, "has a dot at an end, or two in a row")
	}
	return faults
}

// targetFaults judges addresses of the type SMTP alone: others have characters of their own.
func targetFaults(target string) []string {
	a := ParseAddress(target).OrSMTP()
	if target == "" || !a.SMTP() {
		return nil
	}
	if why := a.Unusable(); why != "" {
		return []string{why}
	}
	return append(textFaults(target, maxTarget, refusedInTarget), spaceFaults(target)...)
}

func upnFaults(upn string) (faults []string) {
	if upn == "" {
		return nil
	}
	say := func(applies bool, fault string) {
		if applies {
			faults = append(faults, fault)
		}
	}
	local, domain, ok := splitAt(upn)
	say(!ok, `no "@"`)
	say(ok && local == "", `nothing before the "@"`)
	say(strings.Contains(local, "@"), `more than one "@"`)
	faults = append(append(faults, textFaults(upn, maxUPN, refusedInUPN)...), spaceFaults(upn)...)
	say(utf8.RuneCountInString(local) > maxUPNLocal, fmt.Sprintf(`more than %d characters before the "@"`, maxUPNLocal))
	say(utf8.RuneCountInString(domain) > maxUPNDomain, fmt.Sprintf(`more than %d characters behind the "@"`, maxUPNDomain))
	say(strings.ContainsFunc(upn, marked), "has a letter with a diacritical mark")
	say(strings.HasSuffix(local, "."), `a dot before the "@"`)
	say(ok && !routable(domain), "the domain cannot be verified in Entra ID")
	return faults
}

// unroutable are the last labels of names that nobody can register: of Multicast DNS (RFC 6762
// section 3 and appendix G), and .internal, which is reserved for private use.
var unroutable = []string{"local", "localdomain", "lan", "internal", "intranet", "private", "corp", "home"}

func routable(domain string) bool {
	labels := strings.Split(DomainKey(domain), ".")
	return len(labels) > 1 && hostName(domain) && !slices.Contains(unroutable, labels[len(labels)-1])
}

// differing counts the addresses that only one of two lists has, and returns the first of them.
func differing(shadow, addresses []string) (n int, first string) {
	if len(shadow) == 0 {
		return 0, ""
	}
	held := map[Key]int{}
	of := func(list []string, bit int) {
		for _, v := range list {
			held[ParseAddress(v).LooseKey()] |= bit
		}
	}
	of(shadow, 1)
	of(addresses, 2)
	for _, v := range slices.Sorted(slices.Values(slices.Concat(shadow, addresses))) {
		if k := ParseAddress(v).LooseKey(); held[k] != 3 {
			held[k] = 3 // counted
			if n++; first == "" {
				first = v
			}
		}
	}
	return n, first
}

// otherSIP returns a SIP address of proxyAddresses if none is the SIPAddress.
func (a *Attributes) otherSIP() (other string) {
	if a.SIPAddress == "" {
		return ""
	}
	want := ParseAddress(a.SIPAddress).LooseKey()
	for _, v := range slices.Sorted(slices.Values(a.ProxyAddresses)) {
		switch address := ParseAddress(v); {
		case !strings.EqualFold(address.Type, "sip"):
		case address.LooseKey() == want:
			return ""
		case other == "":
			other = v
		}
	}
	return other
}

// Names returns the alias and the account name as addresses of types of their own, so that they
// compare as addresses do.
func (a *Attributes) Names() []string { return names(a.MailNickname, a.SAMAccountName) }

const aliasType, accountType = "alias:", "account:"

func names(alias, account string) (list []string) {
	if alias != "" {
		list = append(list, aliasType+alias)
	}
	if account != "" {
		list = append(list, accountType+account)
	}
	return list
}

// RepeatedNames returns a finding for each object that has its mailNickname or sAMAccountName with
// another of its forest.
func RepeatedNames(objects []*Object, opt *Options) []Finding {
	objects = distinct(objects)
	type named struct {
		forest string
		key    Key
	}
	same := map[named][]*Object{}
	for _, o := range objects {
		for _, name := range names(o.MailNickname, o.SAMAccountName) {
			k := named{o.Forest, ParseAddress(name).LooseKey()}
			same[k] = append(same[k], o)
		}
	}
	var found []Finding
	for k, sharers := range same {
		for i, o := range sharers {
			if len(sharers) < 2 || !opt.Reports(o.DN) {
				continue
			}
			f := Finding{Kind: RepeatedAlias, DN: o.DN, GUID: o.GUID, Value: o.MailNickname, Other: sharers[(i+1)%len(sharers)].DN, Count: len(sharers)}
			if k.key.Type()+":" == accountType {
				f.Kind, f.Value = RepeatedAccount, o.SAMAccountName
			}
			found = append(found, f)
		}
	}
	return SortFindings(found)
}
