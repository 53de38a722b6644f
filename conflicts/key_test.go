package conflicts

import (
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// The pairs of FIELD that decide whether a conflict is reported, and as what.
func TestEquality(t *testing.T) {
	const (
		same    = "same key"
		loose   = "same loose key only"
		differs = "different"
	)
	for _, tc := range []struct{ a, b, want string }{
		{"SMTP:bob@contoso.com", "smtp:Bob@CONTOSO.com", same},
		{"smtp: bob@contoso.com", "smtp:bob@contoso.com ", same},
		{"smtp:josé@contoso.com", "smtp:jose@contoso.com", loose},
		{"smtp:jose\u0301@contoso.com", "smtp:jos\u00e9@contoso.com", same},
		{"smtp:björn@contoso.com", "smtp:bjǫrṅ@contoso.com", loose},
		{"smtp:björn@contoso.com", "smtp:bjorn@contoso.com", loose},
		{"smtp:bjoern@contoso.com", "smtp:björn@contoso.com", differs},
		{"smtp:bjoern@contoso.com", "smtp:bjorn@contoso.com", differs},
		{"smtp:søren@contoso.com", "smtp:soren@contoso.com", loose},
		{"smtp:łukasz@contoso.com", "smtp:lukasz@contoso.com", loose},
		{"smtp:đorđe@contoso.com", "smtp:dorde@contoso.com", loose},
		{"smtp:ħal@contoso.com", "smtp:hal@contoso.com", loose},
		{"smtp：bob@contoso.com", "smtp:bob@contoso.com", loose},
		{"ｓｍｔｐ:bob@xn--mller-kva.de", "smtp:bob@muller.de", loose},
		{"smtp:ｂｏｂ@contoso.com", "smtp:bob@contoso.com", loose},
		{"smtp:bob＠contoso.com", "smtp:bob@contoso.com", loose},
		{"smtp:ツ@contoso.com", "smtp:つ@contoso.com", loose},
		{"smtp:ﾂ@contoso.com", "smtp:つ@contoso.com", loose},
		{"smtp:ÉRIC@contoso.com", "smtp:éric@contoso.com", same},
		{"smtp:info@müller.de", "smtp:info@xn--mller-kva.de", same},
		{"smtp:info@MÜLLER.de", "smtp:info@müller.de", same},
		{"smtp:info@müller.de", "smtp:info@muller.de", loose},
		{"smtp:info@xn--mller-kva.de", "smtp:info@muller.de", loose},
		{"smtp:info@XN--MLLER-KVA.de", "smtp:info＠müller.de", loose},
		{"smtp:josé@xn--mller-kva.de", "smtp:jose@müller.de", loose},
		{"smtp:a@xn--zzzzzzzz.de", "smtp:a@zzzzzzzz.de", differs}, // no A-label
		{"sip:a@xn--mller-kva.de", "sip:a@müller.de", differs},    // only SMTP has domains
		{"smtp:İ@a.com", "smtp:i@a.com", loose},
		{"smtp:I\u0307@a.com", "smtp:İ@a.com", same},
		{"smtp:ı@a.com", "smtp:i@a.com", loose},
		{"smtp:straße@a.com", "smtp:STRASSE@a.com", same},
		{"smtp:æ@a.com", "smtp:ae@a.com", loose},
		{"Smtp:a@a.com", "SMTP:a@a.com", same},
		{"smtp:\xe9@a.com", "smtp:\xe8@a.com", differs},
		{"smtp:\xe9@a.com", "smtp:e@a.com", differs},
		{"smtp:o'brien@contoso.com", "smtp:obrien@contoso.com", differs},
		{"smtp:a.b@contoso.com", "smtp:ab@contoso.com", differs},
		{"smtp:bob+x@contoso.com", "smtp:bob@contoso.com", differs},
		{"sip:s1@contoso.com", "smtp:s1@contoso.com", differs},
		{"X500:/o=Org/ou=X (FYDIBOHF23SPDLT)/cn=O'Brien", "X500:/o=Org/ou=X FYDIBOHF23SPDLT/cn=OBrien", differs},
		{"X500:/o=Org/cn=a", "x500:/O=ORG/CN=A", same},
		{"X500:/o=Org/cn=a", "X500:/o=Org/cn=a b", differs},
		{"bob@contoso.com", "smtp:bob@contoso.com", differs},
		{"smtp:иван@contoso.com", "smtp:ivan@contoso.com", differs},
		{"smtp:กิน@contoso.com", "smtp:กัน@contoso.com", differs},
		{"smtp:ก่อน@contoso.com", "smtp:กอน@contoso.com", loose},
		{"smtp:bo\u200db@contoso.com", "smtp:bob@contoso.com", loose},
		{"smtp:bo\u00adb@contoso.com", "smtp:bob@contoso.com", loose},
		{"smtp:bo\u200bb@contoso.com", "smtp:bob@contoso.com", differs},
		{"smtp:ann\u00a0lee@contoso.com", "smtp:ann lee@contoso.com", differs},
		{"smtp:ann\u3000lee@contoso.com", "smtp:ann lee@contoso.com", loose},
		{"smtp:əli@contoso.com", "smtp:eli@contoso.com", loose},
		{"smtp:ɓala@contoso.com", "smtp:bala@contoso.com", loose},
		{"smtp:m²@contoso.com", "smtp:m2@contoso.com", differs},
		{"smtp:1ª@contoso.com", "smtp:1a@contoso.com", differs},
		{"smtp:ŧ@contoso.com", "smtp:t@contoso.com", differs},
		{"smtp:ſ@contoso.com", "smtp:s@contoso.com", differs},
		{"smtp:ﬅ@contoso.com", "smtp:ſt@contoso.com", loose},
		{"smtp:a™@contoso.com", "smtp:atm@contoso.com", differs},
		{"smtp:µ@contoso.com", "smtp:μ@contoso.com", differs},
		{"smtp:٢@contoso.com", "smtp:2@contoso.com", loose},
		{"smtp:שלום@contoso.com", "smtp:שלומ@contoso.com", loose},
		{"smtp:محـمد@contoso.com", "smtp:محمد@contoso.com", loose},
		{"smtp:ғани@contoso.com", "smtp:гани@contoso.com", loose},
		{"smtp:ᾳ@contoso.com", "smtp:α@contoso.com", loose},
		{"smtp:α\u0345@contoso.com", "smtp:ᾼ@contoso.com", same},
		{"smtp:ᾳ@contoso.com", "smtp:αι@contoso.com", differs},
		{"smtp:한@contoso.com", "smtp:\u1112\u1161\u11ab@contoso.com", differs},
		{"smtp:\u1100@contoso.com", "smtp:ㄱ@contoso.com", differs},
		{"smtp:ｶﾞ@contoso.com", "smtp:か@contoso.com", loose},
		{"smtp:ァ@contoso.com", "smtp:あ@contoso.com", loose},
		{"smtp:カー@contoso.com", "smtp:かあ@contoso.com", loose},
		{"smtp:カーー@contoso.com", "smtp:かアｱ@contoso.com", loose},
		{"smtp:カー@contoso.com", "smtp:かか@contoso.com", differs},
		{"smtp:いすゞ@contoso.com", "smtp:イスズ@contoso.com", loose},
		{"smtp:か\u3099ゝ@contoso.com", "smtp:ガガ@contoso.com", loose},
		{"smtp:佐々木@contoso.com", "smtp:佐〱木@contoso.com", loose},
		{"smtp:佐々木@contoso.com", "smtp:佐佐木@contoso.com", differs},
		{"smtp:ー@contoso.com", "smtp:々@contoso.com", loose},
		{"smtp:aー@contoso.com", "smtp:aa@contoso.com", loose},
		{"smtp:😀@contoso.com", "smtp:😁@contoso.com", differs},
	} {
		a, b := ParseAddress(tc.a), ParseAddress(tc.b)
		got := differs
		switch {
		case a.Key() == b.Key():
			got = same
		case a.LooseKey() == b.LooseKey():
			got = loose
		}
		if got != tc.want {
			t.Errorf("%q and %q: %s, want %s\nkeys  %q %q\nloose %q %q", tc.a, tc.b, got, tc.want, a.Key(), b.Key(), a.LooseKey(), b.LooseKey())
		}
	}
}

func TestParseAddress(t *testing.T) {
	for _, tc := range []struct {
		raw, typ, text, malformed string
		primary, padded           bool
	}{
		{raw: "SMTP:bob@contoso.com", typ: "SMTP", text: "bob@contoso.com", primary: true},
		{raw: "smtp:bob@contoso.com", typ: "smtp", text: "bob@contoso.com"},
		{raw: "Smtp:bob@contoso.com", typ: "Smtp", text: "bob@contoso.com"},
		{raw: "smtp: bob@contoso.com", typ: "smtp", text: " bob@contoso.com", padded: true},
		{raw: " smtp:bob@contoso.com", typ: "smtp", text: "bob@contoso.com", padded: true},
		{raw: "smtp:bob@contoso.com\u00a0", typ: "smtp", text: "bob@contoso.com\u00a0", padded: true},
		{raw: "bob@contoso.com", text: "bob@contoso.com", malformed: "no type before the address"},
		{raw: ":bob@contoso.com", text: "bob@contoso.com", malformed: "empty type"},
		{raw: "sm tp:bob@contoso.com", typ: "sm tp", text: "bob@contoso.com", malformed: "type is not a word"},
		{raw: "smtp:", typ: "smtp", malformed: "empty address"},
		{raw: "", malformed: "no type before the address"},
		{raw: "smtp:bob", typ: "smtp", text: "bob", malformed: `no "@"`},
		{raw: "smtp:@contoso.com", typ: "smtp", text: "@contoso.com", malformed: `nothing before the "@"`},
		{raw: "smtp:bob@", typ: "smtp", text: "bob@", malformed: `nothing behind the "@"`},
		{raw: "smtp:a@b@contoso.com", typ: "smtp", text: "a@b@contoso.com", malformed: `more than one "@"`},
		{raw: `smtp:"a@b"@contoso.com`, typ: "smtp", text: `"a@b"@contoso.com`},
		{raw: "smtp:bob@contoso..com", typ: "smtp", text: "bob@contoso..com", malformed: "empty label in the domain"},
		{raw: "smtp:smtp:bob@contoso.com", typ: "smtp", text: "smtp:bob@contoso.com"},
		{raw: "X500:/o=Org/ou=X (Y)/cn=O'Brien: a", typ: "X500", text: "/o=Org/ou=X (Y)/cn=O'Brien: a", primary: true},
		{raw: "EUM:1234;phone-context=x", typ: "EUM", text: "1234;phone-context=x", primary: true},
	} {
		a := ParseAddress(tc.raw)
		if a.Raw != tc.raw || a.Type != tc.typ || a.Text != tc.text || a.Primary() != tc.primary || a.Padded() != tc.padded || a.Malformed() != tc.malformed {
			t.Errorf("%q: %+v primary %v padded %v malformed %q, want %+v", tc.raw, a, a.Primary(), a.Padded(), a.Malformed(), tc)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"SMTP:bob@contoso.com", "smtp: jos\u00e9@m\u00fcller.de ", "X500:/o=a/cn=b", ":", "a＠b", "smtp:\xff@\xfe", "smtp:ǅ@ﬃ.com", "smtp:İ@ß.de", "smtp:a@xn--mller-kva.de", "smtp:é@MÜLLER.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a := ParseAddress(raw)
		if a.Raw != raw {
			t.Fatalf("%q: not kept: %q", raw, a.Raw)
		}
		key := a.Key()
		if again := ParseAddress(string(key)).Key(); again != key && a.Type != "" {
			t.Errorf("%q: key %q has another key %q", raw, key, again)
		}
		if folded := ParseAddress(strings.ToUpper(raw)).Key(); isASCII(raw) && folded != key {
			t.Errorf("%q: key %q depends on case: %q", raw, key, folded)
		}
		if isASCII(raw) && !strings.Contains(string(key), acePrefix) && a.LooseKey() != key {
			t.Errorf("%q: loose key %q of an ASCII value is not its key %q", raw, a.LooseKey(), key)
		}
		for _, form := range otherForms(a) {
			if b := ParseAddress(form); b.Key() == key && b.LooseKey() != a.LooseKey() {
				t.Errorf("%q and %q have the key %q, but the loose keys %q and %q", raw, form, key, a.LooseKey(), b.LooseKey())
			}
		}
		_ = a.Malformed()
		Findings(&Entry{ProxyAddresses: []string{raw}, Mail: raw})
	})
}

// otherForms returns other ways to write an address, most of them with the same key.
func otherForms(a Address) []string {
	forms := []string{strings.ToUpper(a.Raw), strings.ToLower(a.Raw), norm.NFD.String(a.Raw), norm.NFC.String(a.Raw), " " + a.Raw + "\t"}
	if local, domain, ok := splitAt(a.Trimmed()); ok {
		for _, d := range []string{DomainKey(domain), toUnicode(DomainKey(domain)), strings.ToUpper(toUnicode(DomainKey(domain)))} {
			forms = append(forms, a.Type+":"+local+"@"+d)
		}
	}
	return forms
}

// What is ASCII around other characters folds by itself.
func TestFoldInParts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	letters := []string{"", "a", "B", "e", "I", "i", "s", " ", "-", "@", "é", "É", "\u0301", "\u0327", "ß", "İ", "ı", "Σ", "ς", "ŉ", "ﬁ", "Å", "ø", "Ａ", "＠", "か\u3099", "ｶﾞ", "\u200d", "각", "ᄀ", "ᅡ", "ᆨ", "\u09c7\u09be", "ſ", "µ", "²", "ŧ", "ǽ", "ᾳ", "\u0345", "か", "ガ", "ー", "ゝ", "々", "佐", "ก", "\u0e48", "ـ", "Ꭰ", "𐐀", "\u1ab0", "ǰ", "j\u030c"}
	for range 200_000 {
		letters[0] = string(rune(r.IntN(latinEnd + 0x10)))
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteString(letters[r.IntN(len(letters))])
		}
		s := b.String()
		if got, want := fold(s), foldMarked(s); got != want {
			t.Fatalf("fold(%+q) = %+q, want %+q", s, got, want)
		}
		if got, want := loosen(s), loosenMarked(s); got != want {
			t.Fatalf("loosen(%+q) = %+q, want %+q", s, got, want)
		}
	}
}

func TestUnusable(t *testing.T) {
	for raw, want := range map[string]string{
		"smtp:o'brien+x`~!#$%^&*_-={}|/?.b@a.com": "", "smtp:josé@müller.de": "", `smtp:"b..o b@\"x"@a.com`: "", "SMTP:a@localhost": "",
		"X500:/o=a b/cn=..(x)": "", "sip:.a.@_": "",
		"smtp:'jose@a.test'":   "the domain is not a host name",
		"smtp:a@b_c.com":       "the domain is not a host name",
		"smtp:.bob@a.com":      `a dot at an end of the part before the "@", or two in a row`,
		"smtp:b ob@a.com":      `white space before the "@"`,
		"smtp:b\u00a0ob@a.com": `white space before the "@"`,
		"smtp:b(o)b@a.com":     `( before the "@", which needs quotes`,
		`smtp:b\ob@a.com`:      `\ before the "@", which needs quotes`,
		`smtp:"b"ob"@a.com`:    "a quotation mark or backslash in quotes, without a backslash before it",
		`smtp:"bob\"@a.com`:    "a quotation mark or backslash in quotes, without a backslash before it",
		"smtp:bob":             `no "@"`,
	} {
		if got := ParseAddress(raw).Unusable(); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestPatternsThatMakeNoAddress(t *testing.T) {
	for text, want := range map[string]string{
		"{given}.{sn}{n}@{domain}": "", "hr.{local}@{domain}": "", "{sn}@mail.{domain}": "",
		"{local}.{n}@{domain}":  `pattern "{local}.{n}@{domain}": would make x.@example.com: a dot at an end`,
		"{given} {sn}@{domain}": `would make x x@example.com: white space before the "@"`,
		"'{sn}@{domain}'":       "would make 'x@example.com': the domain is not a host name",
		"{sn}@a_b.com":          "the domain is not a host name",
		"jürgen{n}@{domain}":    "Entra ID refuses ü",
		"{n}@{domain}":          `nothing before the "@"`,
	} {
		_, err := ParsePattern(text)
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
