package ldaptest

import (
	"bytes"

	"github.com/go-ldap/ldap/v3"
)

// Identifier bytes of the protocol operations (RFC 4511 sections 4.2 to 4.12).
const (
	bindRequest           = application | constructed | ldap.ApplicationBindRequest
	bindResponse          = application | constructed | ldap.ApplicationBindResponse
	unbindRequest         = application | ldap.ApplicationUnbindRequest
	searchRequest         = application | constructed | ldap.ApplicationSearchRequest
	searchResultEntry     = application | constructed | ldap.ApplicationSearchResultEntry
	searchResultDone      = application | constructed | ldap.ApplicationSearchResultDone
	modifyRequest         = application | constructed | ldap.ApplicationModifyRequest
	modifyResponse        = application | constructed | ldap.ApplicationModifyResponse
	addRequest            = application | constructed | ldap.ApplicationAddRequest
	addResponse           = application | constructed | ldap.ApplicationAddResponse
	deleteRequest         = application | ldap.ApplicationDelRequest
	deleteResponse        = application | constructed | ldap.ApplicationDelResponse
	renameRequest         = application | constructed | ldap.ApplicationModifyDNRequest
	renameResponse        = application | constructed | ldap.ApplicationModifyDNResponse
	compareRequest        = application | constructed | ldap.ApplicationCompareRequest
	compareResponse       = application | constructed | ldap.ApplicationCompareResponse
	abandonRequest        = application | ldap.ApplicationAbandonRequest
	searchResultReference = application | constructed | ldap.ApplicationSearchResultReference
	extendedRequest       = application | constructed | ldap.ApplicationExtendedRequest
	extendedResponse      = application | constructed | ldap.ApplicationExtendedResponse
)

const (
	controlPaging      = ldap.ControlTypePaging
	controlShowDeleted = ldap.ControlTypeMicrosoftShowDeleted
	controlDomainScope = "1.2.840.113556.1.4.1339"
)

// tagControls marks the controls of a message (RFC 4511 section 4.1.1).
const tagControls = contextual | constructed // [0]

// message is an outgoing message without its id.
type message struct {
	op       []byte
	controls []byte
	wrongID  bool
	garbage  bool
}

// response is a message with the components of an LDAPResult, and more after them.
func response(tag byte, r result, extra ...byte) message {
	var e encoder
	op := e.open(tag)
	r.append(&e)
	e = append(e, extra...)
	e.close(op)
	return message{op: e}
}

func (m message) encode(id int) []byte {
	if m.garbage {
		return bytes.Repeat([]byte{0xFF}, 16)
	}
	if m.wrongID {
		id ^= 1 << 30
	}
	var e encoder
	envelope := e.open(tagSequence)
	e.integer(tagInteger, id)
	e = append(e, m.op...)
	e = append(e, m.controls...)
	e.close(envelope)
	return e
}

// pagingControl writes the controls of a result with a cookie (RFC 2696 section 2). The
// estimate of the total is unknown.
func pagingControl(cookie []byte) []byte {
	var value encoder
	seq := value.open(tagSequence)
	value.integer(tagInteger, 0)
	value.octets(tagOctetString, cookie)
	value.close(seq)

	var e encoder
	list := e.open(tagControls)
	control := e.open(tagSequence)
	e.text(tagOctetString, controlPaging)
	e.octets(tagOctetString, value)
	e.close(control)
	e.close(list)
	return e
}

// controls are those of a request.
type controls struct {
	any         bool // there are some
	critical    bool // one of them must be obeyed
	unknown     bool // that one is not among those below
	paged       bool
	pageSize    int
	cookie      []byte
	showDeleted bool
	domainScope bool
}

// parseControls reads the controls at the end of a message, if there are any.
func parseControls(d *decoder) (c controls) {
	if !d.more() {
		return c
	}
	for list := d.in(tagControls); list.more(); {
		c.any = true
		control := list.in(tagSequence)
		oid := control.text(tagOctetString)
		critical := control.is(tagBoolean) && control.boolean(tagBoolean)
		c.critical = c.critical || critical
		switch oid {
		case controlPaging:
			value := &decoder{rest: control.octets(tagOctetString), malformed: d.malformed}
			seq := value.in(tagSequence)
			c.paged, c.pageSize, c.cookie = true, seq.integer(tagInteger), seq.octets(tagOctetString)
		case controlShowDeleted:
			c.showDeleted = true
		case controlDomainScope:
			c.domainScope = true
		default:
			c.unknown = c.unknown || critical
		}
	}
	return c
}
