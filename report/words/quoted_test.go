package words

import "testing"

func TestQuotedWordsAreTakenAlikeByEveryShell(t *testing.T) {
	for in, want := range map[string]string{
		"ldaps://dc1.example.com:636": "ldaps://dc1.example.com:636",
		"OU=Berlin,DC=example":        "OU=Berlin,DC=example",
		`EXAMPLE\anna`:                `"EXAMPLE\anna"`,
		"OU=Human Resources,DC=x":     `"OU=Human Resources,DC=x"`,
		"fix-*.ldif":                  `"fix-*.ldif"`,
		"O'Brien":                     `"O'Brien"`,
		"münchen.example":             `"münchen.example"`,
		"@file":                       `"@file"`,
		"":                            `""`,
		"EX01$":                       "'EX01$'",
		"a`b'c":                       `'a` + "`" + `b'\''c'`,
	} {
		if got := Quoted(in); got != want {
			t.Errorf("Quoted(%q) = %s, want %s", in, got, want)
		}
	}
}
