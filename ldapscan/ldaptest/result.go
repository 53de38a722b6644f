package ldaptest

import (
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// result is an LDAPResult (RFC 4511 section 4.1.9). The zero result is success.
type result struct {
	code      int
	matchedDN string
	text      string
	referral  string // URL, for the code referral
}

func (r result) ok() bool { return r.code == ldap.LDAPResultSuccess }

// append writes the components that all responses share.
func (r result) append(e *encoder) {
	e.integer(tagEnumerated, r.code)
	e.text(tagOctetString, r.matchedDN)
	e.text(tagOctetString, r.text)
	if r.referral != "" {
		urls := e.open(contextual | constructed | 3)
		e.text(tagOctetString, r.referral)
		e.close(urls)
	}
}

// Results with diagnostic messages like those of Windows Server, where the digits after
// DSID- differ between versions.
var (
	notBound = result{code: ldap.LDAPResultOperationsError, text: "000004DC: LdapErr: DSID-0C090A5C, comment: " +
		"In order to perform this operation a successful bind must be completed on the connection., data 0, v4563"}
	wrongCredentials = result{code: ldap.LDAPResultInvalidCredentials, text: "80090308: LdapErr: DSID-0C09044E, comment: " +
		"AcceptSecurityContext error, data 52e, v2580"}
	encryptionRequired = result{code: ldap.LDAPResultStrongAuthRequired, text: "00002028: LdapErr: DSID-0C090259, comment: " +
		"The server requires binds to turn on integrity checking if SSL\\TLS are not already active on the connection, data 0, v4563"}
	unknownAuthentication = result{code: ldap.LDAPResultAuthMethodNotSupported, text: "00002027: LdapErr: DSID-0C0905F2, comment: " +
		"Invalid Authentication method, data 0, v4563"}
	unknownExtension = result{code: ldap.LDAPResultProtocolError, text: "0000203D: LdapErr: DSID-0C090E6B, comment: " +
		"Unknown extended request OID, data 0, v4563"}
	unknownControl = result{code: ldap.LDAPResultUnavailableCriticalExtension, text: "00002040: LdapErr: DSID-0C090986, comment: " +
		"Error processing control, data 0, v4563"}
	unknownCookie = result{code: ldap.LDAPResultUnwillingToPerform, text: "00000057: LdapErr: DSID-0C090A40, comment: " +
		"Error processing control, data 0, v4563"}
	badName = result{code: ldap.LDAPResultInvalidDNSyntax, text: "0000208F: NameErr: DSID-03100225, problem 2006 (BAD_NAME), data 8350, " +
		"best match of:\n\t''\n"}
	rangeBeyondEnd = result{code: ldap.LDAPResultOperationsError, text: "000020D6: SvcErr: DSID-031007DF, problem 5012 (DIR_ERROR), data 0\n"}
)

func noSuchObject(nearest string) result {
	return result{
		code:      ldap.LDAPResultNoSuchObject,
		matchedDN: nearest,
		text:      fmt.Sprintf("0000208D: NameErr: DSID-03100241, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'%s'\n", nearest),
	}
}

// referral points to the server of a naming context that is not held here.
func referral(dn string) result {
	return result{
		code:     ldap.LDAPResultReferral,
		text:     fmt.Sprintf("0000202B: RefErr: DSID-03100835, data 0, 1 access points\n\tref 1: '%s'\n", domainName(dn)),
		referral: contextURL(dn),
	}
}

// contextURL returns the LDAP URL (RFC 4516) with which a domain controller refers to a
// name elsewhere.
func contextURL(dn string) string {
	return "ldap://" + domainName(dn) + "/" + urlEscaper.Replace(dn)
}

// urlEscaper escapes what may not stand in the DN of an LDAP URL.
var urlEscaper = strings.NewReplacer("%", "%25", " ", "%20", "?", "%3F", "#", "%23", "\\", "%5C", "\"", "%22", "<", "%3C", ">", "%3E")
