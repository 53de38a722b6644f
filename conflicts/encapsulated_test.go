package conflicts

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

func TestEncapsulated(t *testing.T) {
	for mail, want := range map[string]string{
		"IMCEAEX-_O=CONTOSO_OU=EXCHANGE+20ADMINISTRATIVE+20GROUP+20+28FYDIBOHF23SPDLT+29_CN=RECIPIENTS_CN=OLD+2E1@contoso.com": "X500:/O=CONTOSO/OU=EXCHANGE ADMINISTRATIVE GROUP (FYDIBOHF23SPDLT)/CN=RECIPIENTS/CN=OLD.1",
		"imceaex-_o=A_cn=b+5Fc+2b-d@mail.contoso.com": "X500:/o=A/cn=b_c+-d",
		" IMCEAEX-_o=A_cn=x+40y@contoso.com ":         "X500:/o=A/cn=x@y",
		"IMCEAEX-_o=A_cn=b":                           "X500:/o=A/cn=b", // copied without its domain
		"IMCEAX400-c=US+3Ba=+20+3Bp=Contoso@a.com":    "X400:c=US;a= ;p=Contoso",
		"IMCEASMTP-bob+40b+2Ecom@a.com":               "SMTP:bob@b.com",
		"IMCEAEX-_cn=Jos+C3+A9@a.com":                 "X500:/cn=José",
		"IMCEAEX-_cn=Jos+E9@a.com":                    "X500:/cn=José",
		"IMCEA-_o=A@a.com":                            "",
		"IMCEAEX@a.com":                               "",
		"IMCEAEX-@a.com":                              "",
		"IMCEAEX-_o=A+2@a.com":                        "",
		"IMCEAEX-_o=A+zz@a.com":                       "",
		"IMCEALONGTYPES-a@a.com":                      "",
		"imcea.ex-_o=A@a.com":                         "",
		"bob@imceaex-a.com":                           "",
		"":                                            "",
	} {
		got, ok := Encapsulated(mail)
		if got.Raw != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", mail, got.Raw, ok, want)
		}
	}
	both := ParseAddress("smtp:IMCEAEX-_o=A_cn=b@a.com").Meanings()
	if len(both) != 2 || both[0].Raw != "X500:/o=A/cn=b" || both[1].Raw != "smtp:IMCEAEX-_o=A_cn=b@a.com" {
		t.Errorf("%q", both)
	}
	if alone := ParseAddress("X500:IMCEAEX-_o=A_cn=b@a.com").Meanings(); len(alone) != 1 {
		t.Errorf("%q", alone)
	}
}

// Whatever address is encapsulated is found again, and nothing decodes to more than there is.
func FuzzEncapsulated(f *testing.F) {
	for _, s := range []string{"", "/o=A/cn=B", "a@b+c_d-e=f", "josé", "\xff\x00", "IMCEAEX-_o=A@b.c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b strings.Builder
		for _, c := range []byte(text) {
			switch {
			case c == '/':
				b.WriteByte('_')
			case c == '-' || c == '=' || word([]byte{c}):
				b.WriteByte(c)
			default:
				b.WriteString("+" + strings.ToUpper(hex.EncodeToString([]byte{c})))
			}
		}
		got, ok := Encapsulated("IMCEAEX-" + b.String() + "@a.com")
		if want := "X500:" + text; ok != (text != "") || ok && got.Raw != want && !slices.Equal([]rune(got.Raw), runesOf(want)) {
			t.Errorf("%q: %q, %v", text, got.Raw, ok)
		}
		if got, ok := Encapsulated(text); ok && len(got.Raw) > 2*len(text)+len("X500:") {
			t.Errorf("%q: %q", text, got.Raw)
		}
	})
}

// runesOf returns the bytes of a string as characters.
func runesOf(s string) (list []rune) {
	for _, c := range []byte(s) {
		list = append(list, rune(c))
	}
	return list
}
