package locator

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/neterr"
)

const (
	ldapPort    = 389
	maxDatagram = 64 << 10
)

// waits is how long to wait for an answer before the ping is sent again, and at the end
// before giving up.
var waits = [...]time.Duration{400 * time.Millisecond, 600 * time.Millisecond, time.Second}

// ping sends the LDAP ping of [MS-ADTS] 6.3.3 over UDP. The socket is connected, so the
// system drops datagrams from other addresses; ping drops those that have another message
// id or cannot be read.
func (l *Locator) ping(ctx context.Context, addr netip.Addr, domain string) (Controller, error) {
	conn, err := l.dialContext(ctx, "udp", netip.AddrPortFrom(addr, ldapPort).String())
	if err != nil {
		return Controller{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	// An attacker who cannot see the ping has to guess this id, and the port, which the
	// system draws.
	id := 1 + rand.Int64N(math.MaxInt32)
	request := pingRequest(id, domain)
	answer := make([]byte, maxDatagram)
	failure := errSilent
	for _, wait := range waits {
		conn.SetDeadline(time.Now().Add(wait))
		if ctx.Err() != nil { // the deadline of ctx may have come first
			break
		}
		if _, err := conn.Write(request); err != nil {
			return Controller{}, err
		}
		for {
			n, err := conn.Read(answer)
			if neterr.TimedOut(err) {
				break
			} else if err != nil {
				return Controller{}, err
			}
			c, err := parseAnswer(answer[:n], id)
			if !errors.Is(err, errDamaged) {
				return c, err
			}
			failure = err
		}
	}
	return Controller{}, failure
}

// pingRequest is a search of the root DSE for its netlogon attribute. The filter
// (&(DnsDomain=…)(NtVer=…)) asks for the answer NETLOGON_SAM_LOGON_RESPONSE_EX.
func pingRequest(id int64, domain string) []byte {
	const version = "\x06\x00\x00\x00" // NETLOGON_NT_VERSION_5 and 5EX, [MS-ADTS] 6.3.1.1
	octets := func(s string) *ber.Packet {
		return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
	}
	number := func(tag ber.Tag, n int64) *ber.Packet {
		return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, tag, n, "")
	}
	constructed := func(class ber.Class, tag ber.Tag, children ...*ber.Packet) *ber.Packet {
		p := ber.Encode(class, ber.TypeConstructed, tag, nil, "")
		for _, c := range children {
			p.AppendChild(c)
		}
		return p
	}
	equal := func(attribute, value string) *ber.Packet {
		return constructed(ber.ClassContext, ldap.FilterEqualityMatch, octets(attribute), octets(value))
	}
	filter := constructed(ber.ClassContext, ldap.FilterAnd)
	if domain != "" {
		filter.AppendChild(equal("DnsDomain", domain))
	}
	filter.AppendChild(equal("NtVer", version))
	search := constructed(ber.ClassApplication, ldap.ApplicationSearchRequest,
		octets(""),
		number(ber.TagEnumerated, ldap.ScopeBaseObject),
		number(ber.TagEnumerated, ldap.NeverDerefAliases),
		number(ber.TagInteger, 0), // no limit of size
		number(ber.TagInteger, 0), // or time
		ber.NewLDAPBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""),
		filter,
		constructed(ber.ClassUniversal, ber.TagSequence, octets("Netlogon")))
	return constructed(ber.ClassUniversal, ber.TagSequence, number(ber.TagInteger, id), search).Bytes()
}

// parseAnswer reads a datagram that answers the ping with the given message id.
// A server that does not serve the domain says that its search found nothing
// ([MS-ADTS] 6.3.3.3).
func parseAnswer(b []byte, id int64) (Controller, error) {
	message, err := ber.DecodePacketErr(b)
	if err != nil || len(message.Children) < 2 || message.Children[0].Value != any(id) {
		return Controller{}, errDamaged
	}
	op := message.Children[1]
	switch {
	case op.ClassType == ber.ClassApplication && op.Tag == ldap.ApplicationSearchResultDone:
		return Controller{}, errNotServed
	case op.ClassType != ber.ClassApplication || op.Tag != ldap.ApplicationSearchResultEntry || len(op.Children) != 2:
		return Controller{}, errDamaged
	}
	for _, attribute := range op.Children[1].Children {
		if len(attribute.Children) != 2 || !strings.EqualFold(attribute.Children[0].Data.String(), "netlogon") {
			continue
		}
		if values := attribute.Children[1].Children; len(values) == 1 {
			return parseNetlogon(values[0].Data.Bytes())
		}
	}
	return Controller{}, errNotServed
}
