package conflicts

import (
	"encoding/hex"
	"strings"
)

// Within reports whether the object dn lies in the subtree of base, base itself
// included. Names compare as Active Directory does for this purpose: without
// regard to case, spaces around separators and the way a character is escaped
// (RFC 4514 section 2.4).
func Within(dn, base string) bool {
	d, b := splitDN(dn), splitDN(base)
	if len(b) == 0 || len(d) < len(b) {
		return false
	}
	for i := range b {
		if d[len(d)-len(b)+i] != b[i] {
			return false
		}
	}
	return true
}

// Domain returns the DNS name that the DC parts at the end of a distinguished
// name spell, or "" if there are none.
func Domain(dn string) string {
	var labels []string
	for _, rdn := range splitDN(dn) {
		if label, ok := strings.CutPrefix(rdn, "dc="); ok {
			labels = append(labels, label)
		} else {
			labels = nil
		}
	}
	return strings.Join(labels, ".")
}

// splitDN returns the RDNs of a name in a form in which equal ones compare
// equal: unescaped and in lower case, "type=value".
func splitDN(dn string) []string {
	if strings.TrimSpace(dn) == "" {
		return nil
	}
	var rdns []string
	var rdn strings.Builder
	kept := 0 // length of rdn up to which spaces belong to the value
	flush := func() {
		typ, value, _ := strings.Cut(rdn.String()[:max(kept, len(strings.TrimRight(rdn.String(), " ")))], "=")
		rdns = append(rdns, fold(strings.TrimSpace(typ)+"="+strings.TrimLeft(value, " ")))
		rdn.Reset()
		kept = 0
	}
	for i := 0; i < len(dn); i++ {
		switch c := dn[i]; {
		case c == ',':
			flush()
		case c == '\\' && i+2 < len(dn) && isHex(dn[i+1:i+3]):
			b, _ := hex.DecodeString(dn[i+1 : i+3])
			rdn.Write(b)
			kept = rdn.Len()
			i += 2
		case c == '\\' && i+1 < len(dn):
			i++
			rdn.WriteByte(dn[i])
			kept = rdn.Len()
		default:
			rdn.WriteByte(c)
		}
	}
	flush()
	return rdns
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil
}
