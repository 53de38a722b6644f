package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"proxyaddr/ldapscan/ldaptest"
)

// encodings are what programs on Windows save a text as.
var encodings = map[string]func(string) string{
	"UTF-8":        func(s string) string { return s },
	"UTF-8 marked": func(s string) string { return "\ufeff" + s },
	"UTF-16LE":     saveAs(unicode.LittleEndian, unicode.UseBOM),
	"UTF-16BE":     saveAs(unicode.BigEndian, unicode.UseBOM),
}

// unread are what cannot be told from other encodings.
var unread = map[string]func(string) string{
	"a code page":     func(s string) string { return strings.ReplaceAll(s, "ö", "\xf6") },
	"UTF-16 unmarked": saveAs(unicode.LittleEndian, unicode.IgnoreBOM),
	"UTF-8 marked, but in a code page": func(s string) string {
		return "\ufeff" + strings.ReplaceAll(s, "ö", "\xf6")
	},
}

func saveAs(order unicode.Endianness, mark unicode.BOMPolicy) func(string) string {
	return func(s string) string {
		text, err := unicode.UTF16(order, mark).NewEncoder().String(s)
		if err != nil {
			panic(err)
		}
		return text
	}
}

// A password file may be in each encoding, and one that cannot be read costs no bind: a domain
// counts those with a wrong password.
func TestPasswordEncodings(t *testing.T) {
	const password = "größer als 8"
	srv, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader(twoOwners), Users: map[string]string{"anna@a.example": password}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	dir := t.TempDir()
	ca, secret := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "secret")
	if err := os.WriteFile(ca, srv.CAPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	scan := func(text string) (code int, stderr string) {
		writeFile(t, secret, text)
		var said bytes.Buffer
		code = run([]string{"scan", "-H", srv.URL, "--ca-file", ca, "-D", "anna@a.example", "-y", secret}, strings.NewReader(""), io.Discard, &said)
		return code, said.String()
	}
	for name, encode := range unread {
		code, stderr := scan(encode(password + "\r\n"))
		want := "proxyaddr: anna@a.example: the password is not UTF-8 text\nhint: save " + secret + " as UTF-8, or as UTF-16 with a byte order mark\n"
		if code != exitUsage || stderr != want {
			t.Errorf("%s: exit %d\n%s", name, code, stderr)
		}
	}
	if c := srv.Counts(); c.Binds != 0 {
		t.Errorf("%d binds", c.Binds)
	}
	for name, encode := range encodings {
		if code, stderr := scan(encode(password + "\r\n")); code != exitConflicts {
			t.Errorf("%s: exit %d\n%s", name, code, stderr)
		}
	}
}

// So may a settings file.
func TestSettingsEncodings(t *testing.T) {
	dir := t.TempDir()
	export := writeFile(t, filepath.Join(dir, "export.ldif"), strings.ReplaceAll(twoOwners, "CN=New,DC=a", "CN=New,OU=Köln,DC=a"))
	config := filepath.Join(dir, "settings")
	scan := func(text string) (code int, stdout, stderr string) {
		writeFile(t, config, text)
		var printed, said bytes.Buffer
		code = run([]string{"scan", "--input", export, "--config", config}, strings.NewReader(""), &printed, &said)
		return code, printed.String(), said.String()
	}
	const settings = "# Köln\r\nbase = OU=Köln,DC=a,DC=example\r\n"
	for name, encode := range encodings {
		code, stdout, stderr := scan(encode(settings))
		if code != exitConflicts || strings.Contains(stdout, "nothing with an address") {
			t.Errorf("%s: exit %d\n%s%s", name, code, stdout, stderr)
		}
	}
	for name, encode := range unread {
		code, _, stderr := scan(encode(settings))
		if !strings.HasPrefix(stderr, "proxyaddr: "+config+":") || code != exitUsage ||
			!strings.HasSuffix(stderr, ": not UTF-8 text\nhint: save it as UTF-8, or as UTF-16 with a byte order mark\n") {
			t.Errorf("%s: exit %d\n%s", name, code, stderr)
		}
	}
}
