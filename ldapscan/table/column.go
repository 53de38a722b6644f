package table

import (
	"regexp"
	"strings"
)

// A field is what a column tells of an object.
type field int

const (
	unknown field = iota
	proxyField
	kindField    // addresses of one type, often without it
	primaryField // the primary SMTP address
	mailField
	upnField
	targetField
	guidField
	idField     // an objectGUID in most programs and something else in others
	anchorField // from which a cloud directory knows the object of the forest
	consistencyField
	dnField
	nameField
	classField
	recipientField
	createdField
	enabledField
	disabledField
	policyField
	mailboxGUIDField
	syncedField
	shadowField
	legacyField
	plainField // the attribute of the name, as it is
	domainField
	domainTypeField
)

// A column is a column of CSV or a name in JSON.
type column struct {
	name      string // as written
	field     field
	attribute string // of the record, for a plainField
	typ       string // of the addresses of a kindField
}

// names are the known columns, in lower case and without spaces, hyphens, dots and underscores.
var names = map[string]column{}

func init() {
	for field, list := range map[field]string{
		proxyField:       "proxyaddresses proxyaddress emailaddresses",
		shadowField:      "msexchshadowproxyaddresses",
		primaryField:     "primarysmtpaddress primarysmtp primaryemailaddress",
		mailField:        "mail emailaddress email windowsemailaddress",
		upnField:         "userprincipalname upn windowsliveid microsoftonlineservicesid",
		targetField:      "targetaddress externalemailaddress",
		guidField:        "objectguid guid",
		idField:          "objectid id",
		anchorField:      "immutableid onpremisesimmutableid sourceanchor",
		consistencyField: "msdsconsistencyguid",
		dnField:          "dn distinguishedname",
		nameField:        "name cn",
		classField:       "objectclass",
		recipientField:   "msexchrecipienttypedetails recipienttypedetails",
		createdField:     "whencreated created whencreatedutc createtimestamp",
		enabledField:     "enabled accountenabled",
		disabledField:    "accountdisabled blockcredential",
		policyField:      "emailaddresspolicyenabled",
		mailboxGUIDField: "msexchmailboxguid exchangeguid",
		syncedField:      "isdirsynced onpremisessyncenabled dirsyncenabled",
		domainField:      "domainname",
		domainTypeField:  "domaintype",
	} {
		for _, name := range strings.Fields(list) {
			names[name] = column{field: field}
		}
	}
	for attribute, list := range map[string]string{
		"displayName":                    "displayname",
		"givenName":                      "givenname firstname",
		"sn":                             "sn surname lastname",
		"sAMAccountName":                 "samaccountname",
		"sAMAccountType":                 "samaccounttype",
		"msRTCSIP-PrimaryUserAddress":    "msrtcsipprimaryuseraddress",
		"mailNickname":                   "mailnickname alias",
		"homeMDB":                        "homemdb database",
		"userAccountControl":             "useraccountcontrol",
		"isCriticalSystemObject":         "iscriticalsystemobject",
		"isDeleted":                      "isdeleted deleted",
		"msExchPoliciesExcluded":         "msexchpoliciesexcluded",
		"msExchPoliciesIncluded":         "msexchpoliciesincluded",
		"msDS-ExternalDirectoryObjectId": "msdsexternaldirectoryobjectid externaldirectoryobjectid",
		"msExchAcceptedDomainName":       "msexchaccepteddomainname",
		"replPropertyMetaData":           "replpropertymetadata",
		"invocationId":                   "invocationid",
	} {
		for _, name := range strings.Fields(list) {
			names[name] = column{field: plainField, attribute: attribute}
		}
	}
	names["legacyexchangedn"] = column{field: legacyField, attribute: "legacyExchangeDN"}
	for typ, list := range map[string]string{
		"smtp": "smtp smtpaddress smtpaddresses secondarysmtpaddress secondarysmtpaddresses",
		"X500": "x500 x500address x500addresses",
		"X400": "x400 x400address x400addresses",
		"sip":  "sip sipaddress sipaddresses",
		"EUM":  "eum eumaddress eumaddresses",
	} {
		for _, name := range strings.Fields(list) {
			names[name] = column{field: kindField, typ: typ}
		}
	}
}

var (
	separatorsInNames = strings.NewReplacer(" ", "", "_", "", "-", "", ".", "")
	numbered          = regexp.MustCompile(`^(.+?)[ _.\-\[(]*\d+[\])]?$`)
)

// columnOf returns the column of a name. Addresses may have a column each, whose name ends in a
// number.
func columnOf(name string) column {
	name = strings.TrimSpace(strings.TrimPrefix(name, string(mark)))
	lower := strings.ToLower(name)
	c := names[separatorsInNames.Replace(lower)]
	if c.field == unknown {
		if parts := numbered.FindStringSubmatch(lower); parts != nil {
			if one := names[separatorsInNames.Replace(parts[1])]; one.field == proxyField || one.field == kindField || one.field == shadowField {
				c = one
			}
		}
	}
	c.name = name
	return c
}

// holdsAddress reports whether a column has what objects are compared by.
func (c column) holdsAddress() bool {
	switch c.field {
	case proxyField, kindField, primaryField, mailField, upnField, targetField, legacyField:
		return true
	}
	return false
}

// ofCloud reports whether a table with this column is one of a cloud directory, unless it has
// names of a forest.
func (c column) ofCloud() bool {
	return c.field == anchorField || strings.HasPrefix(strings.ToLower(c.name), "onpremises")
}
