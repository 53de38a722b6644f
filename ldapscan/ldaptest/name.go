package ldaptest

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// name is a distinguished name in the form in which equal names are equal strings, and names
// below a name have it as their prefix: RDNs root first, each with a comma at the end,
// without case, with escapes written in one way.
type name struct {
	key       string
	parentLen int
	rdn       *ldap.RelativeDN // as written
}

func (n name) parentKey() string { return n.key[:n.parentLen] }

// parseName reads the string form of RFC 4514. The empty name is not a name.
func parseName(dn string) (name, error) {
	parsed, err := ldap.ParseDN(dn)
	if err != nil {
		return name{}, err
	}
	if len(parsed.RDNs) == 0 {
		return name{}, errors.New("empty name")
	}
	n := name{rdn: parsed.RDNs[0]}
	var key strings.Builder
	for _, rdn := range slices.Backward(parsed.RDNs) {
		n.parentLen = key.Len()
		folded := ldap.RelativeDN{}
		for _, a := range rdn.Attributes {
			folded.Attributes = append(folded.Attributes, &ldap.AttributeTypeAndValue{Type: a.Type, Value: string(fold([]byte(a.Value)))})
		}
		key.WriteString(folded.String())
		key.WriteByte(',')
	}
	n.key = key.String()
	return n, nil
}

// splitDN cuts a DN as written after its first RDN.
func splitDN(dn string) (rdn, parent string) {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',', ';':
			return dn[:i], dn[i+1:]
		}
	}
	return dn, ""
}

// domainName turns the DC components of a DN into the DNS name of the domain it lies in.
func domainName(dn string) string {
	parsed, err := ldap.ParseDN(dn)
	if err != nil {
		return ""
	}
	var labels []string
	for _, rdn := range parsed.RDNs {
		if a := rdn.Attributes[0]; strings.EqualFold(a.Type, "DC") {
			labels = append(labels, a.Value)
		}
	}
	return strings.Join(labels, ".")
}

type guid [16]byte

// parseGUIDName reads a DN of the form <GUID=…> ([MS-ADTS] 3.1.1.3.1.2.4): 32 hexadecimal
// digits are the bytes as stored; the dashed form has its first three groups in reverse
// order. It returns false for a DN of another form.
func parseGUIDName(dn string) (g guid, ok bool, err error) {
	const prefix = "<GUID="
	if len(dn) < len(prefix) || !strings.EqualFold(dn[:len(prefix)], prefix) {
		return g, false, nil
	}
	digits, closed := strings.CutSuffix(dn[len(prefix):], ">")
	groups := strings.Split(digits, "-")
	raw, err := hex.DecodeString(strings.Join(groups, ""))
	if err != nil || !closed || len(raw) != len(g) {
		return g, true, errors.New("malformed GUID")
	}
	copy(g[:], raw)
	switch {
	case len(groups) == 1:
		return g, true, nil
	case len(groups) != 5 || len(groups[0]) != 8 || len(groups[1]) != 4 || len(groups[2]) != 4 || len(groups[3]) != 4:
		return g, true, errors.New("malformed GUID")
	}
	binary.LittleEndian.PutUint32(g[0:], binary.BigEndian.Uint32(raw[0:]))
	binary.LittleEndian.PutUint16(g[4:], binary.BigEndian.Uint16(raw[4:]))
	binary.LittleEndian.PutUint16(g[6:], binary.BigEndian.Uint16(raw[6:]))
	return g, true, nil
}
