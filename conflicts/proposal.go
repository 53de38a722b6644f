package conflicts

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// A Pattern makes the address of a proposal from what is known of the object,
// for example "{given}.{sn}{n}@{domain}". The fields are {given}, {sn},
// {local} (the local part in conflict), {alias} (mailNickname), {sam}
// (sAMAccountName), {domain}, and {n}: nothing at first, then 2, 3 and so on.
// The zero Pattern counts the local part in conflict up, as Exchange does:
// carola, carola2; roger.svensson2, roger.svensson3.
type Pattern struct{ text string }

var patternFields = []string{"{given}", "{sn}", "{local}", "{alias}", "{sam}", "{domain}", "{n}"}

// ParsePattern checks a template. Without {n} the number is put in front of
// the "@". An empty text is the zero Pattern.
func ParsePattern(text string) (Pattern, error) {
	if text == "" {
		return Pattern{}, nil
	}
	local, domain, ok := strings.Cut(text, "@")
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") {
		return Pattern{}, fmt.Errorf("pattern %q: must be of the form local@domain, for example {given}.{sn}{n}@{domain}", text)
	}
	rest := text
	for _, f := range patternFields {
		rest = strings.ReplaceAll(rest, f, "")
	}
	if strings.ContainsAny(rest, "{}") {
		return Pattern{}, fmt.Errorf("pattern %q: unknown field; the fields are %s", text, strings.Join(patternFields, " "))
	}
	if strings.Contains(domain, "{n}") {
		return Pattern{}, fmt.Errorf("pattern %q: {n} belongs before the @", text)
	}
	example := strings.NewReplacer("{domain}", "example.com", "{n}", "").Replace(text)
	for _, f := range patternFields {
		example = strings.ReplaceAll(example, f, "x")
	}
	if why := improper(mailAddress(example)); why != "" {
		return Pattern{}, fmt.Errorf("pattern %q: would make %s: %s", text, example, why)
	}
	if !strings.Contains(local, "{n}") {
		text = local + "{n}@" + domain
	}
	return Pattern{text}, nil
}

// attempts bounds the search for a free number; a million addresses that
// differ in a number only are no directory that anybody has.
const attempts = 1 << 20

// replacement returns a free address to take the place of old on o, and claims
// it, or says why there is none.
func (p *proposer) replacement(o *Object, old Address) (Address, error) {
	local, domain, err := old.stem()
	if err == nil {
		domain, err = p.domain(o, domain)
	}
	if err != nil {
		return Address{}, fmt.Errorf("%s: %w", old.Raw, err)
	}
	obstacle := "nothing before the @ can be kept"
	for i, s := range []series{p.fromPattern(o, local, domain), countUp(local, domain)} {
		if i == 1 {
			if a, ok := p.personal(o, old, domain); ok {
				return a, nil
			}
		}
		if s.at == nil {
			continue
		}
		var a Address
		if a, obstacle = p.first(old.Type, s); obstacle == "" {
			p.claim(a)
			return a, nil
		}
	}
	return Address{}, fmt.Errorf("%s: no replacement: %s", old.Raw, obstacle)
}

// personal returns a free address that people would accept, if o is the account of somebody: the
// logon name, or the name.
func (p *proposer) personal(o *Object, old Address, domain string) (a Address, ok bool) {
	if !o.person() || !old.SMTP() {
		return a, false
	}
	candidates := []string{localPart(o.SAMAccountName)}
	if local, at, _ := splitAt(o.UserPrincipalName); DomainKey(at) == domain {
		candidates = slices.Insert(candidates, 0, local)
	}
	if given, sn := localPart(o.GivenName), localPart(o.Surname); given != "" && sn != "" {
		candidates = append(candidates, dotAtom(given+"."+sn))
	}
	for _, local := range candidates {
		a = ParseAddress(old.Type + ":" + local + "@" + domain)
		if local != "" && p.opt.improper(a) == "" && p.freeFor(o, a) {
			p.claim(a)
			return a, true
		}
	}
	return a, false
}

// person reports whether the object is somebody's account.
func (o *Object) person() bool {
	const userMailbox, linkedMailbox, legacyMailbox, mailUser, disabledUser, linkedUser, remoteMailbox = 1, 2, 8, 128, 2097152, 33554432, 2147483648
	switch o.Recipient {
	case 0, userMailbox, linkedMailbox, legacyMailbox, mailUser, disabledUser, linkedUser, remoteMailbox:
		return (o.GivenName != "" || o.Surname != "") && (strings.EqualFold(o.Class, "user") || strings.EqualFold(o.Class, "inetOrgPerson"))
	}
	return false
}

// first returns the first address of a series that is free, or says why there is none.
func (p *proposer) first(typ string, s series) (a Address, obstacle string) {
	used := p.used[s.name]
	if used == nil {
		used = &numbers{}
		p.used[s.name] = used
	}
	for n := used.after(s.first); n < s.first+attempts; n = used.after(n) {
		text := s.at(n)
		if text == "" {
			return a, fmt.Sprintf("the domain leaves no room before the @, as an address may have %d bytes", maxProposal)
		}
		a = ParseAddress(typ + ":" + text)
		if why := p.opt.improper(a); why != "" {
			return a, a.Raw + ": " + why // the pattern is to blame, or what is left of the old address
		}
		used.add(n)
		if p.free(a) {
			return a, ""
		}
	}
	return a, fmt.Sprintf("all of %d numbers are taken", attempts)
}

// Alternatives yields what is proposed in place of an SMTP address, in order:
// whether one is free is for the caller to find out. There are none for other
// types and for what is no address.
func (a Address) Alternatives() iter.Seq[Address] {
	return func(yield func(Address) bool) {
		local, domain, err := a.stem()
		if err != nil || !a.SMTP() {
			return
		}
		s := countUp(local, domain)
		for n := s.first; s.at != nil && n < s.first+attempts; n++ {
			next := ParseAddress(a.Type + ":" + s.at(n))
			if improper(next) != "" || !yield(next) {
				return
			}
		}
	}
}

// stem returns the parts of an address from which others are made.
func (a Address) stem() (local, domain string, err error) {
	text := a.Trimmed()
	if a.shapeless() != "" { // perhaps only written in full-width letters
		text = width.Fold.String(text)
		if why := mailAddress(text).shapeless(); why != "" {
			return "", "", errors.New(why)
		}
	}
	local, domain, _ = splitAt(text)
	return plain(local), DomainKey(domain), nil
}

// improper says why an address must not be proposed, or "": it is proper, and in a domain that
// Exchange accepts mail for.
func (opt *Options) improper(a Address) string {
	if why := improper(a); why != "" {
		return why
	}
	if _, domain, _ := splitAt(a.Text); !opt.accepts(domain) {
		return opt.refuses(domain)
	}
	return ""
}

// improper says why an address should not be given to anybody, or "": it is well formed and
// within the limits.
func improper(a Address) string {
	local, _, _ := splitAt(a.Text)
	switch {
	case a.Unusable() != "":
		return a.Unusable()
	case tooLong(a) != "":
		return tooLong(a)
	case quoted(local):
		return ""
	case refusedByEntra(a) != "":
		return "Entra ID refuses " + refusedByEntra(a)
	}
	return ""
}

// plain returns the local part of a proposal without what Entra ID refuses: without
// diacritical marks, white space and brackets, unless it is quoted, and without dots
// where they may not stand.
func plain(local string) string {
	if quoted(local) {
		return local
	}
	if spotless(local) {
		return dotAtom(local)
	}
	if l := baseLetters(local); !isASCII(local) && isASCII(l) {
		local = l
	}
	var b strings.Builder
	for _, r := range norm.NFC.String(local) {
		switch {
		case unicode.IsSpace(r), strings.ContainsRune(refusedMarks, r):
		case marked(r):
			b.WriteString(baseLetters(string(r))) // nothing, if it is a mark
		default:
			b.WriteRune(r)
		}
	}
	return dotAtom(b.String())
}

// baseLetters returns a string without marks, ligatures and other forms of letters (Unicode
// NFKD), also where they count for Active Directory.
func baseLetters(s string) string {
	return strings.ReplaceAll(loosen(norm.NFKD.String(s)), "ŧ", "t")
}

// dotAtom leaves out dots at the ends and next to another one (RFC 5322 section 3.2.3).
func dotAtom(s string) string {
	for strings.Contains(s, "..") {
		s = strings.ReplaceAll(s, "..", ".")
	}
	return strings.Trim(s, ".")
}

// domain returns the domain of a proposal: the one in use where Exchange
// accepts mail for it, else that of a primary address of the object that is
// accepted. An address elsewhere would be somebody else's.
func (p *proposer) domain(o *Object, domain string) (string, error) {
	if p.opt.accepts(domain) && hostName(domain) {
		return domain, nil
	}
	for _, primary := range o.primaries() {
		if d := primary.Domain(); p.opt.accepts(d) && hostName(d) {
			return DomainKey(d), nil
		}
	}
	if !hostName(domain) {
		return "", fmt.Errorf("%s is not a host name", domain)
	}
	return "", errors.New(p.opt.refuses(domain))
}

// countUp returns candidates with 2, 3 … behind the local part, or, if that
// ends in a number of up to nine digits, with the numbers that follow it.
// Leading zeros keep the width. There is no series if nothing is left of the local part.
func countUp(local, domain string) series {
	if local == "" {
		return series{}
	}
	open, shut := "", ""
	if quoted(local) {
		open, shut, local = `"`, `"`, local[1:len(local)-1]
	}
	stem := strings.TrimRight(local, "0123456789")
	digits := local[len(stem):]
	from := 1
	if digits != "" && len(digits) <= 9 {
		from, _ = strconv.Atoi(digits)
	} else {
		stem, digits = local, ""
	}
	return series{
		name:  fmt.Sprintf("%s%0*d%s@%s", open+stem, len(digits), 0, shut, domain),
		first: from + 1,
		at: func(number int) string {
			return fit(open, stem, fmt.Sprintf("%0*d", len(digits), number)+shut, domain)
		},
	}
}

// fromPattern returns no series if there is no pattern or a field of it is empty.
func (p *proposer) fromPattern(o *Object, local, domain string) series {
	text := p.opt.Pattern.text
	if text == "" {
		return series{}
	}
	for field, value := range map[string]string{"{given}": o.GivenName, "{sn}": o.Surname, "{alias}": o.MailNickname,
		"{sam}": o.SAMAccountName, "{local}": local} {
		value = localPart(value)
		if value == "" && strings.Contains(text, field) {
			return series{}
		}
		text = strings.ReplaceAll(text, field, value)
	}
	made, at, _ := strings.Cut(text, "@")
	before, after, _ := strings.Cut(made, "{n}")
	after = strings.ReplaceAll(after, "{n}", "")
	at = strings.ReplaceAll(at, "{domain}", domain)
	return series{name: before + "{n}" + after + "@" + at, first: 1, at: func(n int) string {
		number := ""
		if n > 1 {
			number = strconv.Itoa(n)
		}
		return fit("", before, number+after, at)
	}}
}

// maxProposal is what the limits leave for an SMTP address.
const maxProposal = min(maxSMTP, maxEntra-len("smtp:"))

// fit joins the parts of an address and shortens the stem so that all limits hold, at
// a character's border. It returns "" if nothing of the stem would be left.
func fit(open, stem, after, domain string) string {
	room := min(maxLocal, maxProposal-len("@")-len(domain)) - len(open) - len(after)
	short := stem
	for len(short) > max(room, 0) {
		_, size := utf8.DecodeLastRuneInString(short)
		short = short[:len(short)-size]
	}
	if short != stem {
		short = strings.TrimRight(short, ".")
	}
	if room < 0 || short == "" && stem != "" || open+short+after == "" {
		return ""
	}
	return open + short + after + "@" + domain
}

// localPart turns a name into something that may stand before the "@"
// without quoting (RFC 5322 dot-atom). It returns "" for a name that has
// letters outside ASCII even without their marks.
func localPart(name string) string {
	s := baseLetters(name)
	if !isASCII(s) {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-/=?^_`|~.", r) {
			return r
		}
		return -1
	}, s)
	return dotAtom(s)
}
