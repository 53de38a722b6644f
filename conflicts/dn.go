package conflicts

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Within reports whether the object dn lies in the subtree of base, base itself
// included. Names compare as Active Directory does for this purpose: without
// regard to case, spaces around separators and the way a character is escaped
// (RFC 4514 section 2.4).
func Within(dn, base string) bool {
	if tame(dn) && tame(base) {
		cut := len(dn) - len(base)
		return base != "" && cut >= 0 && strings.EqualFold(dn[cut:], base) && (cut == 0 || dn[cut-1] == ',')
	}
	return within(splitDN(dn), splitDN(base))
}

func within(dn, base []string) bool {
	cut := len(dn) - len(base)
	return len(base) > 0 && cut >= 0 && slices.Equal(dn[cut:], base)
}

// tame reports whether a name can be compared as it is written: all of it is
// ASCII, and there is no escape and no space beside a separator.
func tame(dn string) bool {
	separated := true
	for i := 0; i < len(dn); i++ {
		c := dn[i]
		switch {
		case c >= utf8.RuneSelf || c == '\\' || c == ' ' && separated:
			return false
		case c == ',' || c == '=':
			if i > 0 && dn[i-1] == ' ' {
				return false
			}
			separated = true
		default:
			separated = false
		}
	}
	return !strings.HasSuffix(dn, " ")
}

// DNKey decides whether two distinguished names are the same, as Within compares
// them. It is itself a name of the object, in lower case and written in one way, so
// that a directory can be asked for it.
func DNKey(dn string) string {
	if tame(dn) {
		return strings.ToLower(dn)
	}
	return strings.Join(splitDN(dn), ",")
}

// RDNKey decides whether two objects have the same relative distinguished name, as
// DNKey compares. That of a deleted object is the one that it had ([MS-ADTS]
// 3.1.1.5.5.1.1).
func RDNKey(dn string) string {
	rdn, _, _ := cutRDN(dn)
	key, _, _ := strings.Cut(DNKey(rdn), `\0adel:`)
	return key
}

// Domain returns the DNS name that the DC parts at the end of a distinguished
// name spell, or "" if there are none.
func Domain(dn string) string {
	var labels []string
	for _, rdn := range splitDN(dn) {
		if label, ok := strings.CutPrefix(rdn, "dc="); ok {
			labels = append(labels, unescape(label))
		} else {
			labels = nil
		}
	}
	return strings.Join(labels, ".")
}

// splitDN returns the RDNs of a name in a form in which equal ones compare equal:
// "type=value" in lower case. Only what needs an escape has one, of the form \2c.
func splitDN(dn string) []string {
	if strings.TrimSpace(dn) == "" {
		return nil
	}
	if tame(dn) {
		return strings.Split(strings.ToLower(dn), ",")
	}
	var rdns []string
	for more := true; more; {
		var rdn string
		rdn, dn, more = cutRDN(dn)
		rdns = append(rdns, keyOfRDN(rdn))
	}
	return rdns
}

func keyOfRDN(rdn string) string {
	if tame(rdn) {
		return strings.ToLower(rdn)
	}
	var b strings.Builder
	for i := 0; i < len(rdn); i++ {
		switch c := rdn[i]; {
		case c == '\\' && i+2 < len(rdn) && isHex(rdn[i+1:i+3]):
			escaped, _ := hex.DecodeString(rdn[i+1 : i+3])
			writeEscaped(&b, escaped[0])
			i += 2
		case c == '\\' && i+1 < len(rdn):
			i++
			writeEscaped(&b, rdn[i])
		default:
			b.WriteByte(c)
		}
	}
	typ, value, assigned := strings.Cut(strings.Trim(b.String(), " "), "=")
	key := lowerName(strings.TrimRight(typ, " "))
	if assigned {
		key += "=" + lowerName(unescapeInside(strings.TrimLeft(value, " ")))
	}
	return key
}

// writeEscaped writes a character of a value that was escaped, as it has to stay if it
// is not to become a separator (RFC 4514 section 2.4).
func writeEscaped(b *strings.Builder, c byte) {
	if c < ' ' || c == 0x7f || strings.IndexByte(` #"+,;<>\`, c) >= 0 {
		fmt.Fprintf(b, `\%02x`, c)
		return
	}
	b.WriteByte(c)
}

// unescapeInside takes back escapes inside a value, of spaces and "#": spaces need one
// at its ends alone, and "#" at its beginning.
func unescapeInside(value string) string {
	const space, number = `\20`, `\23`
	if !strings.Contains(value, `\`) {
		return value
	}
	before, after := "", ""
	for strings.HasPrefix(value, space) {
		before, value = before+space, value[len(space):]
	}
	if before == "" && strings.HasPrefix(value, number) {
		before, value = number, value[len(number):]
	}
	for strings.HasSuffix(value, space) {
		after, value = after+space, value[:len(value)-len(space)]
	}
	return before + strings.NewReplacer(space, " ", number, "#").Replace(value) + after
}

// lowerName takes the case out of a name; what is left still names the
// object to a directory: ß does not become ss.
func lowerName(s string) string {
	if !utf8.ValidString(s) {
		return fold(s)
	}
	return norm.NFC.String(strings.ToLower(norm.NFC.String(s)))
}

// unescape returns a value without the escapes of splitDN.
func unescape(value string) string {
	before, rest, ok := strings.Cut(value, `\`)
	if !ok || len(rest) < 2 {
		return value
	}
	b, err := hex.DecodeString(rest[:2])
	if err != nil {
		return value
	}
	return before + string(b) + unescape(rest[2:])
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil
}

// Partition returns the naming context in which a directory keeps an object,
// judged by the shape of its distinguished name: the DC parts at its end, with
// CN=Configuration or CN=Schema,CN=Configuration in front of them where the name
// has these ([MS-ADTS] 3.1.1.1.5). It returns "" for a name without DC parts.
func Partition(dn string) string {
	rdns := splitDN(dn)
	first := len(rdns)
	for first > 0 && strings.HasPrefix(rdns[first-1], "dc=") {
		first--
	}
	if first == len(rdns) {
		return ""
	}
	if first > 0 && rdns[first-1] == "cn=configuration" {
		first--
		if first > 0 && rdns[first-1] == "cn=schema" {
			first--
		}
	}
	for range first {
		_, dn, _ = cutRDN(dn)
	}
	return strings.TrimLeft(dn, " ")
}

// DomainPartition tells partitions in which recipients are managed from the
// configuration, the schema and the DNS zones, which also end in DC parts.
func DomainPartition(partition string) bool {
	first, _, _ := cutRDN(partition)
	key := keyOfRDN(first)
	return strings.HasPrefix(key, "dc=") && key != "dc=domaindnszones" && key != "dc=forestdnszones"
}

// ParentDN returns the name of what an object is in, "" for none.
func ParentDN(dn string) string {
	_, parent, _ := cutRDN(dn)
	return strings.TrimLeft(parent, " ")
}

// cutRDN parts a name at its first comma that is not escaped.
func cutRDN(dn string) (rdn, rest string, ok bool) {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			return dn[:i], dn[i+1:], true
		}
	}
	return dn, "", false
}
