package locator

import (
	"net/url"
	"strings"
	"testing"
)

func TestHostName(t *testing.T) {
	label := strings.Repeat("a", 63)
	for name, want := range map[string]string{
		"dc1.example.test":          "dc1.example.test",
		"DC1.Example.TEST.":         "dc1.example.test",
		"dc_1.ex-ample.test":        "dc_1.ex-ample.test",
		"dc1":                       "dc1",
		"1.2.3.4":                   "1.2.3.4",
		label + ".test":             label + ".test",
		label + "a.test":            "",
		strings.Repeat("a.", 127):   strings.Repeat("a.", 126) + "a",
		strings.Repeat("a.", 128):   "",
		"":                          "",
		".":                         "",
		"dc1..example.test":         "",
		".example.test":             "",
		"-dc1.example.test":         "",
		"dc1-.example.test":         "",
		"evil.com#.example.test":    "",
		"evil.com?.example.test":    "",
		"evil.com%23.example.test":  "",
		"evil.com/.example.test":    "",
		`evil.com\.example.test`:    "",
		"evil.com:636.example.test": "",
		"anna@evil.com":             "",
		"evil.com .example.test":    "",
		"evil.com\x00.example.test": "",
		"evil.com\n.example.test":   "",
		"[::1]":                     "",
		"fe80::1%eth0":              "",
		"münchen.test":              "",
		"\u212Aelvin.test":          "",
		"dc1。example.test":          "",
	} {
		if got, ok := HostName(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t, want %q", name, got, ok, want)
		}
	}
}

// A host is the same host for every parser that sees it later.
func FuzzHostName(f *testing.F) {
	for _, name := range []string{"dc1.example.test.", "evil.com#.example.test", "a%40b", "x?y", "anna:secret@host", "[::1]", "K.test"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		host, ok := HostName(name)
		if !ok {
			return
		}
		u, err := url.Parse("ldaps://" + host + ":636")
		if err != nil || u.Hostname() != host || u.Host != host+":636" || u.Fragment+u.RawQuery+u.Path != "" || u.User != nil {
			t.Errorf("%q: %q, in a URL %+v, %v", name, host, u, err)
		}
		if again, ok := HostName(host); !ok || again != host {
			t.Errorf("%q, then %q", host, again)
		}
	})
}
