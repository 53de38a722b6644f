package table

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"proxyaddr/conflicts"
)

// lost is what PowerShell writes for a list instead of its values.
var lost = regexp.MustCompile(`^(?:System|Microsoft|Deserialized)\.[\w.]+(?:\[\]|` + "`" + `\d.*)?$`)

// typed is the beginning of an address with its type.
var typed = regexp.MustCompile(`^\s*[A-Za-z][A-Za-z0-9]{0,15} *:`)

// joints are what joins addresses.
const joints = ";,|+\n "

// blanks are what may stand before an address, as \s in the patterns.
const blanks = " \t\n\f\r"

// commonType is the beginning of an address of a type that Exchange makes itself.
var commonType = regexp.MustCompile(`(?i)^\s*(?:smtp|x500|x400|sip|eum|spo|notes|ccmail|msmail|ms|fax|mrs|gwise) *:`)

// plainlyTyped is the beginning of a text with addresses, and of nothing else.
var plainlyTyped = regexp.MustCompile(`(?i)^[\s{]*(?:smtp|sip|x500):\s*[^\s]`)

// split returns the addresses that were joined to one text. It is not clear where one ends if
// they are joined in several ways, if an address seems to go on behind its end, or if another
// seems to have an unusual type.
func split(text string, csvde bool) (values []string, clear bool) {
	joint, clear := byte(0), true
	start := 0
	add := func(piece string) {
		piece = strings.TrimLeft(strings.TrimSuffix(piece, "\r"), " ")
		parts, ok := divide(piece, csvde)
		clear = clear && ok
		values = append(values, parts...)
	}
	behind, isTyped, isCommon := 0, false, false // the text behind the blanks after i, once for all of them
	for i := range len(text) {
		c := text[i]
		if strings.IndexByte(joints, c) < 0 {
			continue
		}
		if behind <= i {
			rest := strings.TrimLeft(text[i+1:], blanks)
			behind, isTyped, isCommon = len(text)-len(rest), typed.MatchString(rest), commonType.MatchString(rest)
		}
		switch {
		case !isTyped:
			continue
		case (c == ' ' || c == '+') && !isCommon:
			continue // as a text may have it
		case csvde && c != ';':
			clear = false
			continue
		case c == ' ' && i > 0 && strings.IndexByte(joints, text[i-1]) >= 0:
			continue // belongs to the joint before it
		case c == ';' && ofType(text[start:i], "x400") && ofType(text[i+1:], "dda"):
			continue // a domain-defined attribute
		}
		clear = clear && (joint == 0 || joint == c) && isCommon && !(csvde && i > 0 && text[i-1] == '\\')
		joint = c
		add(text[start:i])
		start = i + 1
	}
	add(text[start:])
	return values, clear
}

func ofType(piece, typ string) bool {
	before, _, ok := strings.Cut(piece, ":")
	return ok && strings.EqualFold(strings.TrimSpace(before), typ)
}

// divide returns the parts of a piece that has a type at most at its beginning. What stands behind
// a domain may be another address. X.400, EUM and other addresses have semicolons before names of
// their own.
func divide(piece string, csvde bool) (parts []string, clear bool) {
	if csvde && strings.Contains(piece, `\;`) {
		return []string{strings.ReplaceAll(piece, `\;`, ";")}, true
	}
	switch {
	case piece == "":
		return nil, true
	case ofType(piece, "x500"):
		parts = cutBefore(piece, nextOrganization)
		return parts, len(parts) == 1 && (csvde || !bareAddress.MatchString(piece))
	case ofType(piece, "smtp"), ofType(piece, "sip"), !typed.MatchString(piece):
		parts = divideMail(piece, csvde)
	default:
		_, behind, _ := strings.Cut(piece, ";")
		foreign := func(part string) bool { return strings.TrimSpace(part) != "" && !strings.Contains(part, "=") }
		return []string{piece}, !slices.ContainsFunc(strings.Split(behind, ";"), foreign) && (csvde || !bareAddress.MatchString(piece))
	}
	return parts, len(parts) == 1
}

// bareAddress finds a mail address without a type behind another address.
var bareAddress = regexp.MustCompile(`[;,|\s][^;,|\s/=:@]+@[\w.-]+(?:[;,|\s]|$)`)

// divideMail returns what may be several mail addresses.
func divideMail(piece string, csvde bool) []string {
	at := atSign(piece)
	if at < 0 || csvde && !strings.Contains(piece[at:], ";") {
		return []string{piece}
	}
	end := strings.IndexFunc(piece[at+1:], func(c rune) bool {
		return !unicode.In(c, unicode.L, unicode.M, unicode.N) && !strings.ContainsRune(".-_@", c)
	})
	if end < 0 {
		return []string{piece}
	}
	domain, behind := piece[:at+1+end], piece[at+1+end:]
	if !strings.ContainsAny(behind, ";,|\n") && !strings.Contains(behind, "@") {
		return []string{piece}
	}
	between := func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(";,|/&", c) }
	return append([]string{domain}, strings.FieldsFunc(strings.TrimPrefix(behind, "+"), between)...)
}

// atSign returns where the "@" of a mail address is, which quotes may stand before.
func atSign(piece string) int {
	at := strings.IndexByte(piece, '@')
	if quote := strings.IndexByte(piece, '"'); quote >= 0 && quote < at {
		if closing := strings.Index(piece[quote:], `"@`); closing > 0 {
			return quote + closing + 1
		}
	}
	return at
}

// nextOrganization is what joins X.500 addresses, each of which begins with an organization.
var nextOrganization = regexp.MustCompile(`(?i)[;,|\n]\s*/o=`)

// cutBefore cuts a text at everything that a pattern finds, whose first character is left out.
func cutBefore(text string, pattern *regexp.Regexp) (parts []string) {
	for loc := pattern.FindStringIndex(text); loc != nil; loc = pattern.FindStringIndex(text) {
		parts = append(parts, text[:loc[0]])
		text = text[loc[0]+1:]
	}
	return append(parts, text)
}

// ofKind returns the addresses in a column of one type, with that type.
func ofKind(text, typ string) (values []string, clear bool) {
	var pieces []string
	clear = true
	switch strings.ToLower(typ) {
	case "x400":
		pieces = []string{text}
	case "smtp", "sip":
		if typed.MatchString(text) {
			pieces, clear = split(text, false)
			break
		}
		pieces = strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("; ,|\r\n", c) })
		clear = len(pieces) < 2 || !slices.ContainsFunc(pieces, func(s string) bool { return strings.Count(s, "@") != 1 })
	case "x500":
		if typed.MatchString(text) {
			pieces, clear = split(text, false)
			break
		}
		pieces = cutBefore(text, nextOrganization)
	default:
		pieces, clear = split(text, false)
	}
	for _, piece := range pieces {
		switch piece = strings.TrimSpace(piece); {
		case piece == "":
		case typed.MatchString(piece):
			values = append(values, piece)
		default:
			values = append(values, typ+":"+piece)
		}
	}
	return values, clear
}

// braces takes a list out of the form in which PowerShell shows it. It is false if the list was
// shortened.
func braces(text string) (list string, whole bool) {
	inner, opened := strings.CutPrefix(text, "{")
	inner, closed := strings.CutSuffix(inner, "}")
	if !opened || !closed {
		return text, true
	}
	return inner, !strings.HasSuffix(inner, "...") && !strings.HasSuffix(inner, "…")
}

// unhex returns the bytes that csvde writes in hexadecimal digits.
func unhex(text string) (string, bool) {
	digits, ok := strings.CutPrefix(text, "X'")
	if digits, ok = cutSuffix(digits, "'", ok); !ok {
		return text, false
	}
	b, err := hex.DecodeString(digits)
	return string(b), err == nil
}

func cutSuffix(s, suffix string, ok bool) (string, bool) {
	if !ok {
		return s, false
	}
	return strings.CutSuffix(s, suffix)
}

var errGUID = errors.New("not a GUID")

// guid reads a GUID as text, in base64 as Entra Connect writes it, or in bytes.
func guid(text string) (conflicts.GUID, error) {
	if b, ok := unhex(text); ok {
		text = b
	}
	if len(text) == len(conflicts.GUID{}) {
		return conflicts.GUID([]byte(text)), nil
	}
	text = strings.TrimSpace(text)
	if g, err := conflicts.ParseGUID(text); err == nil {
		return g, nil
	}
	if b, err := base64.StdEncoding.DecodeString(text); err == nil && len(b) == len(conflicts.GUID{}) {
		return conflicts.GUID(b), nil
	}
	return conflicts.GUID{}, errGUID
}

// guidOfBytes reads a GUID that ConvertTo-Json wrote as a list of its bytes.
func guidOfBytes(list []string) (conflicts.GUID, error) {
	var g conflicts.GUID
	if len(list) != len(g) {
		return g, errGUID
	}
	for i, text := range list {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return conflicts.GUID{}, errGUID
		}
		g[i] = byte(n)
	}
	return g, nil
}

var milliseconds = regexp.MustCompile(`^/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/$`)

// moment returns a time in the form of Active Directory, or "" for one that depends on the
// language or the zone of a computer.
func moment(text string) string {
	const generalized = "20060102150405.0Z"
	if _, err := time.Parse(generalized, text); err == nil {
		return text
	}
	if m := milliseconds.FindStringSubmatch(text); m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		return time.UnixMilli(n).UTC().Format(generalized)
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC().Format(generalized)
	}
	return ""
}

// recipientTypes are the values of msExchRecipientTypeDetails under the names that Exchange
// shows.
var recipientTypes = map[string]string{
	"usermailbox": "1", "linkedmailbox": "2", "sharedmailbox": "4", "legacymailbox": "8", "roommailbox": "16",
	"equipmentmailbox": "32", "mailcontact": "64", "mailuser": "128", "mailuniversaldistributiongroup": "256",
	"mailnonuniversalgroup": "512", "mailuniversalsecuritygroup": "1024", "dynamicdistributiongroup": "2048",
	"publicfolder": "4096", "systemattendantmailbox": "8192", "systemmailbox": "16384", "mailforestcontact": "32768",
	"disableduser": "2097152", "microsoftexchange": "4194304", "arbitrationmailbox": "8388608", "mailboxplan": "16777216",
	"linkeduser": "33554432", "roomlist": "268435456", "discoverymailbox": "536870912", "remoteusermailbox": "2147483648",
	"remoteroommailbox": "8589934592", "remoteequipmentmailbox": "17179869184", "remotesharedmailbox": "34359738368",
}
