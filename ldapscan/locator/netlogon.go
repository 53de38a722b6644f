package locator

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Operation codes of [MS-ADTS] 6.3.1.3.
const (
	samLogonResponseEx = 23
	samPauseResponseEx = 24
	samUserUnknownEx   = 25
)

// parseNetlogon reads NETLOGON_SAM_LOGON_RESPONSE_EX ([MS-ADTS] 6.3.1.9) without
// the optional address and next closest site.
func parseNetlogon(b []byte) (Controller, error) {
	const (
		names   = 24 // operation code, flags and GUID of the domain stand before them
		trailer = 8  // version and tokens
	)
	if len(b) < names {
		return Controller{}, errDamaged
	}
	switch binary.LittleEndian.Uint16(b) {
	case samLogonResponseEx, samUserUnknownEx:
	case samPauseResponseEx:
		return Controller{}, errPaused
	default:
		return Controller{}, errDamaged
	}
	c := Controller{Flags: Flags(binary.LittleEndian.Uint32(b[4:]))}
	if !c.Is(directory) {
		return Controller{}, errNotServed
	}
	var netbiosDomain, netbiosHost, user string
	at, err := names, error(nil)
	for _, field := range []*string{&c.Forest, &c.Domain, &c.Host, &netbiosDomain, &netbiosHost, &user, &c.Site, &c.ClientSite} {
		if *field, at, err = parseName(b, at); err != nil {
			return Controller{}, err
		}
	}
	if len(b) < at+trailer {
		return Controller{}, errDamaged
	}
	for _, name := range []*string{&c.Forest, &c.Domain, &c.Host} {
		var ok bool
		if *name, ok = HostName(*name); !ok {
			return Controller{}, errDamaged
		}
	}
	for _, site := range []string{c.Site, c.ClientSite} {
		if !utf8.ValidString(site) || strings.ContainsFunc(site, foreign) {
			return Controller{}, errDamaged
		}
	}
	return c, nil
}

// foreign reports whether a character is not allowed in the name of a site, which goes
// into DNS queries.
func foreign(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(`/\@:`, r) }

// parseName reads a name with the compression of RFC 1035 section 4.1.4, whose
// pointers count from the start of b, and returns where the next one begins. A
// pointer must lead back to before the labels that it continues, as any
// compressor writes it: so a name cannot loop.
func parseName(b []byte, at int) (name string, next int, err error) {
	const maxName = 255
	var labels []string
	size := 0
	for start := at; at < len(b); {
		n := int(b[at])
		switch n & 0xC0 {
		case 0xC0:
			if at+2 > len(b) {
				return "", 0, errDamaged
			}
			if next == 0 {
				next = at + 2
			}
			at = int(binary.BigEndian.Uint16(b[at:]) & 0x3FFF)
			if at >= start {
				return "", 0, errDamaged
			}
			start = at
		case 0:
			at++
			if n == 0 {
				if next == 0 {
					next = at
				}
				return strings.Join(labels, "."), next, nil
			}
			size += n + 1
			if at+n > len(b) || size > maxName {
				return "", 0, errDamaged
			}
			labels = append(labels, string(b[at:at+n]))
			at += n
		default:
			return "", 0, errDamaged
		}
	}
	return "", 0, errDamaged
}
