package company

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"proxyaddr/conflicts"
)

// The values of msExchRecipientTypeDetails that are in use.
const (
	userMailbox       conflicts.Recipient = 1
	sharedMailbox     conflicts.Recipient = 4
	roomMailbox       conflicts.Recipient = 16
	equipmentMailbox  conflicts.Recipient = 32
	mailContact       conflicts.Recipient = 64
	mailUser          conflicts.Recipient = 128
	distributionGroup conflicts.Recipient = 256
	securityGroup     conflicts.Recipient = 1024
	dynamicGroup      conflicts.Recipient = 2048
	publicFolder      conflicts.Recipient = 4096
	systemAttendant   conflicts.Recipient = 8192
	arbitration       conflicts.Recipient = 8388608
	remoteMailbox     conflicts.Recipient = 2147483648
)

// Values of userAccountControl ([MS-ADTS] 2.2.16).
const (
	enabledAccount  = "512"
	disabledAccount = "514"
	serviceAccount  = "66048" // its password does not expire
)

const (
	cloudDomain  = "northwind.cloud.example" // routes to the moved mailboxes
	policyOptOut = "{26491cfc-9e50-4857-861b-0cb8df22b5d7}"
	defaultStamp = "{3f0b4d1e-6c57-4f0a-9a55-0d8f5e2b7c11}," + policyOptOut // the default policy, and that policies apply
)

// recipient makes the entry an Exchange recipient.
func (e *entry) recipient(kind conflicts.Recipient, alias string, addresses ...string) {
	e.set("mailNickname", alias)
	e.set("msExchRecipientTypeDetails", strconv.FormatInt(int64(kind), 10))
	random := newGUID("legacyExchangeDN of " + e.dn) // as Exchange 2010 and later make them
	e.set("legacyExchangeDN", fmt.Sprintf("/o=Northwind/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=%x-%s", random[:], alias))
	e.set("msExchPoliciesIncluded", defaultStamp)
	switch kind {
	case userMailbox, sharedMailbox, roomMailbox, equipmentMailbox, arbitration:
		guid := newGUID("mailbox of " + e.dn)
		near := databases
		if strings.HasSuffix(addresses[0], "@"+asiaDomain) {
			near = asianDatabases
		}
		e.set("homeMDB", near[int(guid[0])%len(near)].dn())
		e.set("msExchMailboxGuid", string(guid[:]))
	}
	e.addresses(addresses...)
}

// addresses replaces the proxy addresses, and mail by the first one if it is primary.
func (e *entry) addresses(values ...string) {
	e.set("proxyAddresses", values...)
	if first, ok := strings.CutPrefix(values[0], "SMTP:"); ok {
		e.set("mail", strings.TrimSpace(first))
	}
}

// also adds proxy addresses.
func (e *entry) also(values ...string) {
	e.set("proxyAddresses", append(e.values("proxyAddresses"), values...)...)
}

// ungoverned takes the entry out of the e-mail address policies.
func (e *entry) ungoverned() {
	e.set("msExchPoliciesIncluded")
	e.set("msExchPoliciesExcluded", policyOptOut)
}

// employ creates the account and the mailbox of a person, with the addresses that fit the
// site and the year.
func (d *directory) employ(s *site, ou string, given, surname name, hired time.Time) *entry {
	e := d.account(s, ou, given, surname, hired)
	local, sam := d.free(given.latin+"."+surname.latin, "@"), e.values("sAMAccountName")[0]
	e.set("userPrincipalName", local+"@"+Domain)
	addresses := []string{"SMTP:" + local + "@" + s.domain}
	if s.domain != Domain {
		addresses = append(addresses, "smtp:"+local+"@"+Domain)
	}
	if s.formerDomain != "" && hired.Year() < s.joined {
		addresses = append(addresses, "smtp:"+local+"@"+s.formerDomain)
	}
	if s.formerOrg != "" && hired.Year() < s.joined {
		addresses = append(addresses, "X500:/o="+s.formerOrg+"/ou=First Administrative Group/cn=Recipients/cn="+sam)
	}
	if hired.Year() < 2022 {
		addresses = append(addresses, "sip:"+local+"@"+s.domain)
	}
	if s.moved {
		e.recipient(remoteMailbox, sam, append(addresses, "smtp:"+local+"@"+cloudDomain)...)
		e.set("targetAddress", "SMTP:"+local+"@"+cloudDomain)
		e.set("mS-DS-ConsistencyGuid", e.values("objectGUID")...)
		return e
	}
	e.recipient(userMailbox, sam, addresses...)
	return e
}

// account creates the logon account of a person, without a userPrincipalName.
func (d *directory) account(s *site, ou string, given, surname name, hired time.Time) *entry {
	d.hires++
	number := strconv.Itoa(200000 + 7*d.hires)
	display := s.language.join(given.native, surname.native)
	cn := display
	if d.byDN["CN="+escape(cn)+","+ou] != nil {
		cn += " (" + number + ")"
	}
	e := d.add("user", cn, ou, hired)
	e.set("displayName", display)
	e.set("givenName", given.native)
	e.set("sn", surname.native)
	stem := given.latin[:1] + strings.ReplaceAll(surname.latin, "-", "")
	e.set("sAMAccountName", d.free(stem[:min(len(stem), 17)], `\`))
	e.set("userAccountControl", enabledAccount)
	e.set("employeeNumber", number)
	e.set("l", s.name)
	e.set("company", s.company)
	return e
}

// leaver marks an account as that of a person who left.
func (e *entry) leaver() *entry {
	e.set("userAccountControl", disabledAccount)
	e.set("msExchHideFromAddressLists", "TRUE")
	return e
}

// resource creates a shared, room or equipment mailbox with its disabled account.
func (d *directory) resource(kind conflicts.Recipient, name, ou string, created time.Time, addresses ...string) *entry {
	e := d.add("user", name, ou, created)
	e.set("displayName", name)
	alias := d.free(aliasOf(addresses[0]), "@")
	e.set("sAMAccountName", d.free(alias[:min(len(alias), 17)], `\`))
	e.set("userPrincipalName", alias+"@"+Domain)
	e.set("userAccountControl", disabledAccount)
	e.recipient(kind, alias, addresses...)
	return e
}

// group creates a distribution or security group.
func (d *directory) group(kind conflicts.Recipient, name, ou string, created time.Time, members []*entry, addresses ...string) *entry {
	e := d.add("group", name, ou, created)
	e.set("displayName", name)
	e.set("sAMAccountName", d.free(name, `\`))
	e.set("groupType", "8") // universal
	if kind == securityGroup {
		e.set("groupType", "-2147483640")
	}
	var dns []string
	for _, m := range members {
		dns = append(dns, m.dn)
	}
	e.set("member", dns...)
	if len(addresses) > 0 {
		e.recipient(kind, aliasOf(addresses[0]), addresses...)
	}
	return e
}

// contact creates a mail contact of a partner, who gets mail at target.
func (d *directory) contact(name, target string, created time.Time, addresses ...string) *entry {
	e := d.add("contact", name, contactsOU, created)
	e.set("displayName", name)
	if len(addresses) == 0 {
		addresses = []string{"SMTP:" + target}
	}
	e.recipient(mailContact, aliasOf(addresses[0]), addresses...)
	e.set("targetAddress", "SMTP:"+target)
	return e
}

// guest creates a mail user: a person with a logon here and a mailbox elsewhere.
func (d *directory) guest(name, ou, target string, created time.Time, addresses ...string) *entry {
	e := d.add("user", name, ou, created)
	e.set("displayName", name)
	alias := aliasOf(addresses[0])
	sam := d.free("x-"+alias[:min(len(alias), 15)], `\`)
	e.set("sAMAccountName", sam)
	e.set("userPrincipalName", sam+"@"+Domain)
	e.set("userAccountControl", enabledAccount)
	e.recipient(mailUser, alias, addresses...)
	e.set("targetAddress", "SMTP:"+target)
	return e
}

// folder creates the directory object of a mail-enabled public folder.
func (d *directory) folder(name string, created time.Time, addresses ...string) *entry {
	e := d.add("publicFolder", name, systemObjectsDN, created)
	e.set("displayName", name)
	e.recipient(publicFolder, aliasOf(addresses[0]), addresses...)
	return e
}

// dynamic creates a dynamic distribution group.
func (d *directory) dynamic(name, filter string, created time.Time, addresses ...string) *entry {
	e := d.add("msExchDynamicDistributionList", name, groupsOU, created)
	e.set("displayName", name)
	e.set("msExchDynamicDLFilter", filter)
	e.set("msExchDynamicDLBaseDN", BaseDN)
	e.recipient(dynamicGroup, aliasOf(addresses[0]), addresses...)
	return e
}

// aliasOf returns the local part of a proxy address.
func aliasOf(address string) string {
	a := conflicts.ParseAddress(address)
	alias, _, _ := strings.Cut(a.Trimmed(), "@")
	return alias
}
