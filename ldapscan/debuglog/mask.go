package debuglog

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// wellKnown are the containers that every forest has, in lower case.
var wellKnown = []string{"configuration", "schema", "partitions", "sites", "services", "windows nt", "directory service", "query-policies",
	"default query policy", "deleted objects"}

var (
	attributeType = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*$`)
	label         = regexp.MustCompile(`^[\pL\pN_-]+$`)
)

// maskDN keeps the parts at the end of a name up to the first that somebody chose, and
// hashes the values of the others.
func maskDN(h hasher, name string) string {
	dn, err := ldap.ParseDN(name)
	if err != nil || strings.HasPrefix(name, "<") { // <GUID=…>
		return h.hash(name)
	}
	rdns := make([]string, len(dn.RDNs))
	told := true
	for i, rdn := range slices.Backward(dn.RDNs) {
		parts := make([]string, len(rdn.Attributes))
		for k, a := range rdn.Attributes {
			if !attributeType.MatchString(a.Type) {
				return h.hash(name)
			}
			domain := strings.EqualFold(a.Type, "DC") && label.MatchString(a.Value)
			container := strings.EqualFold(a.Type, "CN") && slices.Contains(wellKnown, strings.ToLower(a.Value))
			if told = told && len(rdn.Attributes) == 1 && (domain || container); told {
				parts[k] = a.Type + "=" + a.Value
			} else {
				parts[k] = a.Type + "=" + h.hash(a.Value)
			}
		}
		rdns[i] = strings.Join(parts, "+")
	}
	return strings.Join(rdns, ",")
}

// alike are the attributes, in lower case, whose values come from this program or from
// the schema.
var alike = []string{"objectclass", "isdeleted", "ldapdisplayname", "usnchanged"}

// comparison matches an item of a filter (RFC 4515). In its value the characters that
// would end it are escaped.
var comparison = regexp.MustCompile(`\(([\w.;:-]+?)([<>~:]?=)([^()]*)\)`)

// maskFilter hashes the values; in those with asterisks, the parts between them.
func maskFilter(h hasher, filter string) string {
	if strings.Trim(comparison.ReplaceAllString(filter, ""), "(&|!)") != "" {
		return h.hash(filter)
	}
	return comparison.ReplaceAllStringFunc(filter, func(item string) string {
		m := comparison.FindStringSubmatch(item)
		if slices.Contains(alike, strings.ToLower(m[1])) {
			return item
		}
		parts := strings.Split(m[3], "*")
		for i, part := range parts {
			parts[i] = h.hash(unescape(part))
		}
		return "(" + m[1] + m[2] + strings.Join(parts, "*") + ")"
	})
}

var escaped = regexp.MustCompile(`\\[0-9A-Fa-f]{2}`)

// unescape returns a value as it is in a name, so that the hashes agree.
func unescape(value string) string {
	return escaped.ReplaceAllStringFunc(value, func(e string) string {
		b, _ := hex.DecodeString(e[1:])
		return string(b)
	})
}

// diagnostic is how Active Directory and Samba begin a message, for example
// 80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v2580.
var diagnostic = regexp.MustCompile(`^[0-9A-Fa-f]{8}: (?:[A-Za-z]{3,10}Err: DSID-[0-9A-Fa-f]{8}` +
	`(?:, comment: AcceptSecurityContext error)?(?:, problem \d{1,5} \([A-Z_]{1,40}\))?(?:, data -?[0-9A-Fa-f]{1,8})?(?:, v[0-9A-Fa-f]{1,8})?)?`)

// maskMessage keeps that, and hashes the rest, which can have names.
func maskMessage(h hasher, text string) string {
	text = strings.Trim(text, "\x00 \r\n")
	told := diagnostic.FindString(text)
	rest := strings.Trim(text[len(told):], "\x00 \r\n")
	return strings.TrimSpace(told + " " + h.hash(rest))
}
