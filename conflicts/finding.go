package conflicts

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// FindingKind is a rule of hygiene. Rules never decide what is a duplicate.
type FindingKind string

const (
	// MalformedValue is a value that is not an address.
	MalformedValue FindingKind = "malformed-value"
	// PaddedValue has white space around the address, which look-ups do not ignore.
	PaddedValue FindingKind = "padded-value"
	// SeveralPrimaries and NoPrimary are about SMTP: exactly one value should
	// be written in capitals.
	SeveralPrimaries FindingKind = "several-primaries"
	NoPrimary        FindingKind = "no-primary"
	// MailDiffers is a mail attribute that is not the primary SMTP address.
	MailDiffers FindingKind = "mail-differs"
	// TooLong exceeds 64 bytes before the "@", 254 in all, or 256 characters with the
	// type.
	TooLong FindingKind = "too-long"
	// EntraCharacter is a character that synchronization to Entra ID refuses.
	EntraCharacter FindingKind = "entra-character"
	// DoubledAddress is one address in two values of one object.
	DoubledAddress FindingKind = "doubled-address"
	// RepeatedTarget is a targetAddress of several objects: information, as it
	// is legitimate.
	RepeatedTarget FindingKind = "repeated-target"
	// Pointer is a contact or mail user whose targetAddress is an address of a mailbox in
	// another forest: information, as it has to be so.
	Pointer FindingKind = "pointer"

	// The rest is found on request only.

	// EntraAttribute is a value of displayName, mailNickname, sAMAccountName, targetAddress or
	// userPrincipalName that Entra ID refuses or changes.
	EntraAttribute FindingKind = "entra-attribute"
	// RepeatedAlias and RepeatedAccount are a mailNickname and a sAMAccountName of several objects.
	RepeatedAlias   FindingKind = "repeated-alias"
	RepeatedAccount FindingKind = "repeated-account"
	// ShadowDiffers is a difference between msExchShadowProxyAddresses and proxyAddresses.
	ShadowDiffers FindingKind = "shadow-differs"
	// SIPDiffers is a msRTCSIP-PrimaryUserAddress that is not the SIP address of proxyAddresses.
	SIPDiffers FindingKind = "sip-differs"
)

// FindingKinds lists every kind in the order of the outputs.
var FindingKinds = []FindingKind{MalformedValue, PaddedValue, SeveralPrimaries, NoPrimary, MailDiffers, TooLong,
	EntraCharacter, DoubledAddress, RepeatedTarget, Pointer, EntraAttribute, RepeatedAlias, RepeatedAccount, ShadowDiffers, SIPDiffers}

// Title returns the kind as a heading.
func (k FindingKind) Title() string {
	switch k {
	case MalformedValue:
		return "Value is not an address"
	case PaddedValue:
		return "White space around the address"
	case SeveralPrimaries:
		return "Several primary SMTP addresses"
	case NoPrimary:
		return "No primary SMTP address"
	case MailDiffers:
		return "mail is not the primary address"
	case TooLong:
		return "Address is too long"
	case EntraCharacter:
		return "Character that Entra ID refuses"
	case DoubledAddress:
		return "Address twice on one object"
	case RepeatedTarget:
		return "targetAddress of several objects"
	case Pointer:
		return "Points to a mailbox in another forest"
	case EntraAttribute:
		return "Attribute that Entra ID refuses"
	case RepeatedAlias:
		return "mailNickname of several objects"
	case RepeatedAccount:
		return "sAMAccountName of several objects"
	case ShadowDiffers:
		return "Shadow addresses differ"
	case SIPDiffers:
		return "SIP address is not that of proxyAddresses"
	}
	return string(k)
}

// What an address may have at most: bytes before the "@" and in all (RFC 5321 section
// 4.5.3.1 and erratum 1690), and characters with the type (Entra ID).
const (
	maxLocal = 64
	maxSMTP  = 254
	maxEntra = 256
)

// Name returns what people call the object: the value of its relative distinguished name.
func (f *Finding) Name() string { return rdnValue(part(f.DN, 0)) }

// Detail says what is wrong: its code is the kind of the finding.
func (f *Finding) Detail() Statement {
	if f.Verbatim != "" {
		return Statement{Code: Verbatim, Value: f.Verbatim}
	}
	s := Statement{Code: StatementCode(f.Kind), Value: f.Other, Count: f.Count}
	switch a := ParseAddress(f.Value); f.Kind {
	case MalformedValue:
		s.Value = a.Malformed()
	case TooLong:
		s.Value = tooLong(a)
	case EntraCharacter:
		s.Value = refusedByEntra(a)
	}
	return s
}

// detail says in full what is wrong.
func (s Statement) detail() string {
	switch FindingKind(s.Code) {
	case MalformedValue, TooLong:
		return s.Value
	case PaddedValue:
		return "white space around the address or its type"
	case SeveralPrimaries:
		return fmt.Sprintf("%d values are written SMTP: %s", s.Count, s.Value)
	case NoPrimary:
		return "no value is written SMTP:, so Exchange has no address to send from"
	case MailDiffers:
		return "the primary address is " + s.Value
	case EntraCharacter:
		return "Entra ID refuses " + s.Value
	case DoubledAddress:
		return "the same address as " + s.Value
	case RepeatedTarget:
		return fmt.Sprintf("%d objects forward to it, among them %s", s.Count, s.Value)
	case Pointer:
		return "leads to " + s.Value + ", which has the address in another forest: no conflict"
	case EntraAttribute:
		return s.Value
	case RepeatedAlias, RepeatedAccount:
		return fmt.Sprintf("%d objects have it, among them %s", s.Count, s.Value)
	case ShadowDiffers:
		return fmt.Sprintf("only one of msExchShadowProxyAddresses and proxyAddresses has it; in all they differ in %d", s.Count)
	case SIPDiffers:
		return "msRTCSIP-PrimaryUserAddress; proxyAddresses has " + s.Value
	}
	return ""
}

// Findings returns what the hygiene rules say of one object, in a fixed order.
func Findings(e *Entry) []Finding {
	var found []Finding
	add := func(kind FindingKind, value, other string, count int) {
		found = append(found, Finding{Kind: kind, DN: e.DN, GUID: e.GUID, Value: value, Other: other, Count: count})
	}
	values := slices.Sorted(slices.Values(e.ProxyAddresses))
	first := make(map[Key]string, len(values))
	var primaries []string
	smtp := false
	for _, v := range values {
		a := ParseAddress(v)
		smtp = smtp || a.SMTP()
		if a.SMTP() && a.Primary() {
			primaries = append(primaries, v)
		}
		if a.Malformed() != "" {
			add(MalformedValue, v, "", 0)
		}
		if a.Padded() {
			add(PaddedValue, v, "", 0)
		}
		if a.SMTP() {
			if tooLong(a) != "" {
				add(TooLong, v, "", 0)
			}
			if refusedByEntra(a) != "" && a.Malformed() == "" {
				add(EntraCharacter, v, "", 0)
			}
		}
		key := a.LooseKey()
		if twin := first[key]; twin != "" {
			add(DoubledAddress, v, twin, 0)
		} else {
			first[key] = v
		}
	}
	switch {
	case len(primaries) > 1:
		add(SeveralPrimaries, primaries[0], strings.Join(primaries, ", "), len(primaries))
	case smtp && len(primaries) == 0:
		add(NoPrimary, "", "", 0)
	case len(primaries) == 1 && e.Mail != "":
		if p := ParseAddress(primaries[0]); p.Key() != MailKey(e.Mail) {
			add(MailDiffers, e.Mail, p.Trimmed(), 0)
		}
	}
	slices.SortStableFunc(found, compareFindings)
	return found
}

func tooLong(a Address) string {
	local, _, _ := splitAt(a.Trimmed())
	switch {
	case len(local) > maxLocal:
		return fmt.Sprintf("%d bytes before the @, %d are allowed", len(local), maxLocal)
	case len(a.Trimmed()) > maxSMTP:
		return fmt.Sprintf("%d bytes, %d are allowed", len(a.Trimmed()), maxSMTP)
	case utf8.RuneCountInString(a.Raw) > maxEntra:
		return fmt.Sprintf("%d characters with the type, Entra ID takes %d", utf8.RuneCountInString(a.Raw), maxEntra)
	}
	return ""
}

const refusedMarks = `<>();,[]":`

// refusedByEntra lists the characters behind the type that Entra Connect does
// not synchronize: white space, < > ( ) ; , [ ] ", letters with diacritical marks
// and a second colon. Apostrophes and the other marks of RFC 5322 are legal.
func refusedByEntra(a Address) string {
	if spotless(a.Trimmed()) {
		return ""
	}
	var bad []string
	for _, r := range norm.NFC.String(a.Trimmed()) {
		switch {
		case unicode.IsSpace(r):
			bad = append(bad, "white space")
		case strings.ContainsRune(refusedMarks, r):
			bad = append(bad, string(r))
		case marked(r):
			bad = append(bad, string(r))
		}
	}
	slices.Sort(bad)
	return strings.Join(slices.Compact(bad), " ")
}

// strokes are letters whose stroke or ligature Unicode does not decompose.
const strokes = "øłđðħŧƀɨıĸæœþ"

// marked reports whether a character of a composed string (NFC) is a letter with a
// diacritical mark, or such a mark. "Letters with diacritical marks, such as umlauts,
// accents, and tildes, are invalid characters" (Microsoft, "Prepare for directory
// synchronization to Microsoft 365"). That is inferred to mean Latin and Greek letters
// and marks that any letter can have. й and が are letters of their alphabets, though
// Unicode can write them as a letter and a mark, and the vowels of Thai are marks to
// Unicode alone.
func marked(r rune) bool {
	switch {
	case r <= unicode.MaxASCII:
		return false
	case unicode.Is(unicode.Mn, r):
		return unicode.Is(unicode.Inherited, r)
	case !unicode.In(r, unicode.Latin, unicode.Greek):
		return false
	}
	s := string(r)
	return strings.ContainsFunc(norm.NFD.String(s), func(r rune) bool { return unicode.Is(unicode.Mn, r) }) ||
		strings.Contains(strokes, fold(s))
}
