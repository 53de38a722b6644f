package ldaptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"net"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldif"
)

// Names of extended operations.
const (
	startTLS              = "1.3.6.1.4.1.1466.20037" // RFC 4511 section 4.14
	whoAmI                = ldap.ControlTypeWhoAmI   // RFC 4532
	noticeOfDisconnection = "1.3.6.1.4.1.1466.20036" // RFC 4511 section 4.4.1
)

// Identifier bytes inside extended operations (RFC 4511 section 4.12).
const (
	tagRequestName   = contextual // [0]
	tagResponseName  = contextual | 10
	tagResponseValue = contextual | 11
)

// tagSimple marks a password in a bind (RFC 4511 section 4.2).
const tagSimple = contextual // [0]

// conn is one connection. It answers one request after the other.
type conn struct {
	srv       *Server
	raw       net.Conn
	net       net.Conn // raw, or TLS over it
	r         *bufio.Reader
	encrypted bool
	user      string        // empty while anonymous
	waiting   []pagedSearch // oldest first
}

func newConn(s *Server, raw net.Conn, encrypted bool) *conn {
	c := &conn{srv: s, raw: raw, net: raw, encrypted: encrypted}
	if encrypted {
		c.net = tls.Server(raw, s.tls)
	}
	c.r = bufio.NewReader(c.net)
	return c
}

// serve returns when the client leaves, breaks the protocol or is disconnected by a
// fault.
func (c *conn) serve() {
	defer func() { c.net.Close() }()
	for {
		body, err := readMessage(c.r)
		if errors.Is(err, errMalformed) {
			c.disconnect()
			return
		}
		if err != nil || !c.handle(body) {
			return
		}
	}
}

// write sends messages. It returns false when the connection cannot go on.
func (c *conn) write(id int, messages ...message) bool {
	var out bytes.Buffer
	for _, m := range messages {
		out.Write(m.encode(id))
	}
	_, err := c.net.Write(out.Bytes())
	return err == nil
}

// disconnect tells the client that it broke the protocol. It returns false: the
// connection cannot go on.
func (c *conn) disconnect() bool {
	var name encoder
	name.text(tagResponseName, noticeOfDisconnection)
	c.write(0, response(extendedResponse, result{code: ldap.LDAPResultProtocolError, text: errMalformed.Error()}, name...))
	return false
}

// handle answers one request. It returns false when the connection cannot go on.
func (c *conn) handle(body []byte) bool {
	d := newDecoder(body)
	id := d.integer(tagInteger)
	tag, op := d.next()
	ctl := parseControls(d)
	if *d.malformed || id <= 0 {
		return c.disconnect()
	}
	switch tag {
	case unbindRequest:
		return false
	case abandonRequest:
		return true // its request was answered already
	case bindRequest:
		return c.bind(id, op)
	case extendedRequest:
		return c.extended(id, op)
	case searchRequest:
		return c.search(id, op, ctl)
	case modifyRequest:
		return c.modify(id, op, ctl)
	case addRequest:
		return c.refuseUpdate(id, addResponse)
	case deleteRequest:
		return c.refuseUpdate(id, deleteResponse)
	case renameRequest:
		return c.refuseUpdate(id, renameResponse)
	case compareRequest:
		return c.write(id, response(compareResponse, result{code: ldap.LDAPResultUnwillingToPerform}))
	}
	return c.disconnect()
}

func (c *conn) bind(id int, op []byte) bool {
	d := newDecoder(op)
	version := d.integer(tagInteger)
	name := d.text(tagOctetString)
	method, password := d.next()
	if *d.malformed {
		return c.disconnect()
	}
	c.user = ""
	var done result
	switch want, known := c.srv.password(name); {
	case version != 3:
		done = result{code: ldap.LDAPResultProtocolError}
	case method != tagSimple:
		done = unknownAuthentication
	case len(password) == 0: // anonymous, and so it stays with a name, too (RFC 4513 section 5.1.2)
	case !c.encrypted:
		done = encryptionRequired
	case !known || string(password) != want:
		done = wrongCredentials
	default:
		c.user = name
	}
	c.srv.count(func(n *Counts) {
		n.Binds++
		if method == tagSimple && len(password) > 0 && !c.encrypted {
			n.ClearPasswords++
		}
	})
	return c.write(id, response(bindResponse, done))
}

func (c *conn) extended(id int, op []byte) bool {
	d := newDecoder(op)
	name := d.text(tagRequestName)
	if *d.malformed {
		return c.disconnect()
	}
	switch name {
	case startTLS:
		return c.startTLS(id)
	case whoAmI:
		var identity encoder
		if c.user == "" {
			identity.text(tagResponseValue, "")
		} else {
			identity.text(tagResponseValue, "u:"+c.user)
		}
		return c.write(id, response(extendedResponse, result{}, identity...))
	}
	return c.write(id, response(extendedResponse, unknownExtension))
}

// startTLS refuses a client that did not wait for the answer: the bytes that it has
// already sent were not protected.
func (c *conn) startTLS(id int) bool {
	if c.r.Buffered() > 0 {
		return c.disconnect()
	}
	var name encoder
	name.text(tagResponseName, startTLS)
	if c.encrypted {
		return c.write(id, response(extendedResponse, result{code: ldap.LDAPResultOperationsError, text: "TLS is already on"}, name...))
	}
	if !c.write(id, response(extendedResponse, result{}, name...)) {
		return false
	}
	secured := tls.Server(c.raw, c.srv.tls)
	if secured.Handshake() != nil {
		return false
	}
	c.net, c.encrypted = secured, true
	c.r = bufio.NewReader(secured)
	return true
}

func (c *conn) modify(id int, op []byte, ctl controls) bool {
	d := newDecoder(op)
	dn := d.text(tagOctetString)
	var mods []ldif.Mod
	for list := d.in(tagSequence); list.more(); {
		change := list.in(tagSequence)
		var mod ldif.Mod
		switch change.integer(tagEnumerated) {
		case ldap.AddAttribute:
			mod.Op = ldif.Add
		case ldap.DeleteAttribute:
			mod.Op = ldif.Delete
		case ldap.ReplaceAttribute:
			mod.Op = ldif.Replace
		default:
			list.fail()
		}
		attribute := change.in(tagSequence)
		mod.Name = attribute.text(tagOctetString)
		for values := attribute.in(tagSet); values.more(); {
			mod.Values = append(mod.Values, values.octets(tagOctetString))
		}
		mods = append(mods, mod)
	}
	if *d.malformed {
		return c.disconnect()
	}
	c.srv.count(func(n *Counts) { n.Updates++ })
	var done result
	var fault Fault
	switch {
	case c.user == "":
		done = notBound
	case ctl.critical: // no known control changes a modify
		done = unknownControl
	default:
		if fault = c.srv.faults.ofModify(dn); fault.Kind == Fail {
			done = result{code: fault.Code}
		} else {
			done = c.srv.dir.modify(dn, mods, false)
		}
		if fault.Do != nil {
			fault.Do()
		}
	}
	return c.send(id, []message{response(modifyResponse, done)}, fault)
}

// refuseUpdate answers updates that only [Server.Apply] makes.
func (c *conn) refuseUpdate(id int, tag byte) bool {
	c.srv.count(func(n *Counts) { n.Updates++ })
	return c.write(id, response(tag, result{code: ldap.LDAPResultUnwillingToPerform}))
}
