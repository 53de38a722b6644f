package conflicts

import (
	"strings"
	"testing"
)

// The short way to a key and the documented one agree on every value: a
// difference would hide a conflict.
func FuzzLooseKey(f *testing.F) {
	for _, s := range []string{"", ":", "smtp:", ":a@b.c", "SMTP:Bob@CONTOSO.com", "smtp: bob@contoso.com", " smtp:a@b.c", "smtp :a@b.c", "smtp:a@b.c\t", "X500:/o=A: b/cn=C",
		"smtp:jos\u00e9@m\u00fcller.de", "smtp:\u212aelvin@a.com", "smtp:a\uff20b", "smtp:\xff@\xfe", "smtp:a@b\u00a0", "smtp:jos\u00e9@a.com", "X500:/cn=\u00c9\u00dfx", "x500:\u0130\u0131x", "smtp:\u00e9e\u0301@a.com", "@AZ[`az{:@AZ[`az{", "no type", "smtp:\x7f\x80", "smtp:a@xn--mller-kva.de", "SMTP:xn--a@b", "sip:a@xn--mller-kva.de", "smtp:\u00e9@xn--mller-kva.de", "\uff53mtp:a@xn--mller-kva.de", "smtp:a\uff20xn--mller-kva.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		check := func(what string, a Address, appended []byte) {
			key := a.anyKey()
			loose := key.anyLoose()
			if a.Key() != key || a.LooseKey() != loose || string(appended) != "before"+string(loose) {
				t.Errorf("%s %q: keys %q and %q, appended %q, want %q and %q", what, value, a.Key(), a.LooseKey(), appended, key, loose)
			}
		}
		a := ParseAddress(value)
		ordinary := (&View{ProxyAddresses: [][]byte{[]byte(value)}}).Ordinary()
		for _, ordinary := range []bool{false, ordinary} {
			loose, typed := AppendLooseKey([]byte("before"), []byte(value), ordinary)
			check("address", a, loose)
			if typed != (a.Type != "") {
				t.Errorf("%q: typed %v", value, typed)
			}
		}
		if value == "" {
			return // no mail at all
		}
		check("mail", mailAddress(value), AppendLooseMailKey([]byte("before"), []byte(value)))
		check("legacyExchangeDN", x500Address(value), AppendLooseX500Key([]byte("before"), []byte(value)))
	})
}

// Every byte at every place of a word, as the arithmetic on eight of them at
// once could carry from one to the next.
func TestAppendLower(t *testing.T) {
	check := func(b []byte) {
		want := []byte("x")
		for _, c := range b {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			want = append(want, c)
		}
		got, ascii := appendLower([]byte("x"), b)
		if string(got) != string(want) || ascii != isASCII(string(b)) || ascii != allASCII(b) {
			t.Fatalf("%q: %q %v", b, got, ascii)
		}
	}
	for _, around := range []string{"\x7f@Zz[\x00\xffA", "\x7f@Zz[\x00\x1fA"} {
		check(nil)
		for n := range 40 {
			b := []byte(strings.Repeat(around, 5))[:n+1]
			for i, before := range b {
				for c := range 256 {
					b[i] = byte(c)
					check(b)
				}
				b[i] = before
			}
		}
	}
}

// An object that looks in order is one of which the rules have nothing to say.
func FuzzFindings(f *testing.F) {
	for _, s := range []string{"", "SMTP:a@a.com", "SMTP:a@a.com\nsmtp:A@a.com", "SMTP:a@a.com\nSMTP:b@a.com", "smtp:a@a.com", "X500:/o=a b/cn=<c>\nsip:a", "SMTP:a@a..com", "SMTP:a@.a", "SMTP:a@a.",
		"SMTP:.a.@a", "SMTP:a@b@c", "SMTP:a(b)@c", "SMTP:a b@c", "Smtp:a@b\nSMTP:" + strings.Repeat("x", 64) + "@a", "SMTP:" + strings.Repeat("x", 65) + "@a",
		"SMTP:a@" + strings.Repeat("x", 249), "SMTP:a@" + strings.Repeat("x", 250), "ſmtp:a@b", "x-1:a", ":a", "EUM: a", "x500:\x01", "SMTP:a@b\x7f", "no type",
		"SMTP:a@a.com\nX500:/cn=jos\u00e9x", "X500:/cn=jos\u00e9x\nx500:/cn=josex", "X500:/cn=jos\u00e9x\nsip:\u00e9x", "X500:\u00a0x", "X500:x\u00a0", "X500:x\xffx", "smtp:a@xn--a.b\nSMTP:a--b@c",
		"SMTP:a@-b", "SMTP:a@b-", "SMTP:a@b-.c", "SMTP:a@b.-c", "SMTP:a@b_c", "SMTP:a@b'", "SMTP:-a-@b-c", "SMTP:a@" + strings.Repeat("x", 63) + ".com", "SMTP:a@" + strings.Repeat("x", 64) + ".com"} {
		f.Add(s, "a@a.com")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, addresses, mail string) {
		e := &Entry{DN: "CN=a", Mail: mail}
		if addresses != "" {
			e.ProxyAddresses = strings.Split(addresses, "\n")
		}
		if found := Findings(e); len(found) > 0 && view(e).Ordinary() {
			t.Errorf("%q, mail %q: at a glance nothing, by the rules %v", e.ProxyAddresses, mail, found)
		}
	})
}

// An ordinary object takes the short way.
func TestOrdinaryObject(t *testing.T) {
	v := view(&Entry{Mail: "Anna.O'Brien@contoso.com", ProxyAddresses: []string{"SMTP:anna.o'brien@contoso.com", "smtp:a+b_c@x-1.contoso.com",
		"X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=anna", "sip:anna@contoso.com", "EUM:1234;phone-context=a"}})
	if !v.Ordinary() {
		t.Error("not ordinary")
	}
	var room [128]byte
	if n := testing.AllocsPerRun(100, func() {
		AppendLooseKey(room[:0], v.ProxyAddresses[2], v.Ordinary())
		AppendLooseMailKey(room[:0], v.Mail)
		AppendLooseX500Key(room[:0], v.ProxyAddresses[2])
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
