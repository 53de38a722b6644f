package kerberos

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// acceptor is an LDAP server with the server's side of a Kerberos bind. It
// answers every search with one entry.
type acceptor struct {
	keytab *keytab.Keytab
	offer  byte   // security layers; 0 means all
	buffer int    // size in bytes of the largest token it takes; 0 means 65536
	hash   []byte // the channel binding it demands, or nil

	subkey  bool // chooses the key itself
	shape   shape
	payload int // of a token, in bytes; 0 means 60000
	reply   int // size of the value of a search's entry

	apRep     func([]byte) []byte            // replaces the AP-REP; nil ends the bind
	offerData func(*wrapper) ([]byte, error) // replaces the offer's token; nil ends the bind
	token     func(n int, token []byte) []byte
	behind    []byte // follows the result of the bind, unprotected

	filters chan string // of the searches, if not nil
}

// shape is how a server may lay out a Wrap token.
type shape struct {
	ec   int  // bytes of filler in a sealed token
	rrc  int  // bytes of rotation
	kile bool // rotates by RRC + EC
}

// wrap is the token of w in another shape.
func (s shape) wrap(w *wrapper, payload []byte, seal bool) ([]byte, error) {
	token, err := w.wrap(payload, seal)
	if err != nil {
		return nil, err
	}
	rotate := s.rrc
	if seal && s.ec > 0 {
		seq := binary.BigEndian.Uint64(token[8:])
		text := append(bytes.Clone(payload), make([]byte, s.ec)...)
		text = header(text, token[2], uint16(s.ec), 0, seq)
		_, sealed, err := w.etype.EncryptMessage(w.key.KeyValue, text, usage(w.acceptor))
		if err != nil {
			return nil, err
		}
		token = append(header(nil, token[2], uint16(s.ec), 0, seq), sealed...)
		if s.kile {
			rotate += s.ec
		}
	}
	binary.BigEndian.PutUint16(token[6:], uint16(s.rrc))
	body := token[headerSize:]
	k := len(body) - rotate%len(body)
	return append(bytes.Clone(token[:headerSize]), append(bytes.Clone(body[k:]), body[:k]...)...), nil
}

func (a *acceptor) start(t testing.TB, tc *tls.Config) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if tc != nil {
		l = tls.NewListener(l, tc)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				(&session{acceptor: a, conn: c}).serve()
			}()
		}
	}()
	return l.Addr().String()
}

// A session is one connection of an acceptor.
type session struct {
	*acceptor
	conn    net.Conn
	wrapper *wrapper
	layer   byte
	plain   bytes.Buffer
	step    int // of the bind
	sent    int // tokens
}

// Read unwraps what the client sends.
func (s *session) Read(p []byte) (int, error) {
	if s.layer <= layerNone {
		return s.conn.Read(p)
	}
	for s.plain.Len() == 0 {
		var size [4]byte
		if _, err := io.ReadFull(s.conn, size[:]); err != nil {
			return 0, err
		}
		n := int(binary.BigEndian.Uint32(size[:]))
		if n > cmp.Or(s.buffer, 65536) {
			return 0, fmt.Errorf("token of %d bytes", n)
		}
		token := make([]byte, n)
		if _, err := io.ReadFull(s.conn, token); err != nil {
			return 0, err
		}
		payload, err := s.wrapper.unwrap(token, s.layer == layerSeal)
		if err != nil {
			return 0, err
		}
		s.plain.Write(payload)
	}
	return s.plain.Read(p)
}

func (s *session) Write(p []byte) (int, error) {
	if s.layer <= layerNone {
		return s.conn.Write(p)
	}
	for b := p; len(b) > 0; {
		n := min(len(b), cmp.Or(s.payload, 60000))
		token, err := s.shape.wrap(s.wrapper, b[:n], s.layer == layerSeal)
		if err != nil {
			return 0, err
		}
		if s.token != nil {
			token = s.token(s.sent, token)
		}
		s.sent++
		if token != nil {
			size := binary.BigEndian.AppendUint32(nil, uint32(len(token)))
			if _, err := s.conn.Write(append(size, token...)); err != nil {
				return 0, err
			}
		}
		b = b[n:]
	}
	return len(p), nil
}

func (s *session) serve() {
	for {
		req, err := ber.ReadPacket(s)
		if err != nil || len(req.Children) < 2 {
			return
		}
		id, op := req.Children[0].Value.(int64), req.Children[1]
		switch op.Tag {
		case ldap.ApplicationBindRequest:
			if !s.bind(id, op) {
				return
			}
		case ldap.ApplicationSearchRequest:
			if s.filters != nil {
				f, _ := ldap.DecompileFilter(op.Children[6])
				s.filters <- f
			}
			value := strings.Repeat("v", s.reply)
			s.Write(append(entry(id, "CN=x", "description", value), result(id, ldap.ApplicationSearchResultDone, 0, "", nil)...))
		default:
			return
		}
	}
}

func (s *session) bind(id int64, op *ber.Packet) bool {
	var creds []byte
	if auth := op.Children[2]; len(auth.Children) > 1 {
		creds = auth.Children[1].Data.Bytes()
	}
	reply := func(code int64, text string, creds []byte) bool {
		b := result(id, ldap.ApplicationBindResponse, code, text, creds)
		if code == 0 {
			b = append(b, s.behind...)
		}
		_, err := s.conn.Write(b)
		return err == nil
	}
	s.step++
	switch s.step {
	case 1:
		rep, err := s.accept(creds)
		if err != nil {
			return reply(ldap.LDAPResultInvalidCredentials, err.Error(), nil)
		}
		if s.apRep != nil {
			rep = s.apRep(rep)
		}
		if rep == nil {
			s.step-- // as often as the client asks
			return reply(0, "", nil)
		}
		return reply(ldap.LDAPResultSaslBindInProgress, "", rep)
	case 2:
		offer := uint32(cmp.Or(s.offer, layerNone|layerSign|layerSeal))<<24 | uint32(cmp.Or(s.buffer, 65536))
		token, err := s.shape.wrap(s.wrapper, binary.BigEndian.AppendUint32(nil, offer), false)
		if s.offerData != nil {
			token, err = s.offerData(s.wrapper)
		}
		if token == nil {
			return reply(0, "", nil)
		}
		return err == nil && reply(ldap.LDAPResultSaslBindInProgress, "", token)
	}
	choice, err := s.wrapper.unwrap(creds, false)
	if err != nil || len(choice) < 4 {
		return reply(ldap.LDAPResultInvalidCredentials, fmt.Sprint("choice of layer: ", err), nil)
	}
	if !reply(0, "", nil) {
		return false
	}
	s.layer = choice[0]
	return true
}

// accept verifies an initial token and returns the AP-REP.
func (s *session) accept(token []byte) ([]byte, error) {
	_, body, err := openToken(token)
	if err != nil {
		return nil, err
	}
	var req messages.APReq
	if err := req.Unmarshal(body); err != nil {
		return nil, err
	}
	if ok, err := req.Verify(s.keytab, 5*time.Minute, types.HostAddress{}, nil); !ok {
		return nil, err
	}
	auth := req.Authenticator
	sum := auth.Cksum.Checksum
	if auth.Cksum.CksumType != 0x8003 || len(sum) != 24 {
		return nil, errors.New("no GSS checksum")
	}
	if s.hash != nil && !bytes.Equal(sum[4:20], s.hash) {
		return nil, errors.New("80090346: LdapErr: DSID-0C090711, comment: AcceptSecurityContext error, data 35b, v1db1")
	}
	const seq = 1<<32 - 2 // the counter has to go on past 32 bits
	session := req.Ticket.DecryptedEncPart.Key
	part := struct {
		CTime  time.Time           `asn1:"generalized,explicit,tag:0"`
		Cusec  int                 `asn1:"explicit,tag:1"`
		Subkey types.EncryptionKey `asn1:"optional,explicit,tag:2"`
		Seq    int64               `asn1:"explicit,tag:3"`
	}{CTime: auth.CTime, Cusec: auth.Cusec, Seq: seq}
	key := auth.SubKey
	if s.subkey {
		et, err := crypto.GetEtype(session.KeyType)
		if err != nil {
			return nil, err
		}
		if part.Subkey, err = types.GenerateEncryptionKey(et); err != nil {
			return nil, err
		}
		key = part.Subkey
	}
	if s.wrapper, err = newWrapper(key, s.subkey, seq, uint64(auth.SeqNumber)); err != nil {
		return nil, err
	}
	s.wrapper.acceptor = true

	b, err := asn1.Marshal(part)
	if err != nil {
		return nil, err
	}
	enc, err := crypto.GetEncryptedData(asn1tools.AddASNAppTag(b, asnAppTag.EncAPRepPart), session, keyusage.AP_REP_ENCPART, 0)
	if err != nil {
		return nil, err
	}
	if b, err = asn1.Marshal(messages.APRep{PVNO: 5, MsgType: 15, EncPart: enc}); err != nil {
		return nil, err
	}
	return frame(tokenAPRep, asn1tools.AddASNAppTag(b, asnAppTag.APREP)), nil
}

func frame(id string, body []byte) []byte {
	return asn1tools.AddASNAppTag(append([]byte(mechanism+id), body...), 0)
}

func message(id int64, op *ber.Packet) []byte {
	m := ber.NewSequence("")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	m.AppendChild(op)
	return m.Bytes()
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func result(id int64, tag ber.Tag, code int64, text string, creds []byte) []byte {
	r := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	r.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	r.AppendChild(octets(""))
	r.AppendChild(octets(text))
	if creds != nil {
		r.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 7, string(creds), ""))
	}
	return message(id, r)
}

func entry(id int64, dn, attr, value string) []byte {
	values := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
	values.AppendChild(octets(value))
	a := ber.NewSequence("")
	a.AppendChild(octets(attr))
	a.AppendChild(values)
	attrs := ber.NewSequence("")
	attrs.AppendChild(a)
	e := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	e.AppendChild(octets(dn))
	e.AppendChild(attrs)
	return message(id, e)
}

// dial connects to an LDAP port without TLS, as a caller of the package does.
func dial(t testing.TB, addr string) (*ldap.Conn, *Conn) {
	t.Helper()
	tcp, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	wire := NewConn(tcp)
	conn := ldap.NewConn(wire, false)
	conn.Start()
	conn.SetTimeout(20 * time.Second)
	t.Cleanup(func() { conn.Close() })
	return conn, wire
}

func (a *acceptor) bind(t testing.TB, c *Client) (*ldap.Conn, error) {
	t.Helper()
	conn, wire := dial(t, a.start(t, nil))
	return conn, c.Bind(context.Background(), conn, wire, Service{Host: testHost})
}

// search returns the value of the entry that an acceptor answers with.
func search(conn *ldap.Conn, filter string) (string, error) {
	res, err := conn.Search(ldap.NewSearchRequest("DC=x", ldap.ScopeWholeSubtree, 0, 0, 0, false, filter, nil, nil))
	if err != nil {
		return "", err
	}
	return res.Entries[0].GetAttributeValue("description"), nil
}
