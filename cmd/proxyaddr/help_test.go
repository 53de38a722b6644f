package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// What is misspelt is answered with what was likely meant, and with nothing where that
// would be a guess.
func TestNearest(t *testing.T) {
	for _, tc := range []struct {
		typed, want string
		names       []string
	}{
		{"scna", "scan", []string{"scan", "check"}},
		{"Scan", "scan", []string{"scan", "check"}},
		{"verfiy", "verify", []string{"verify", "version"}},
		{"vers", "version", []string{"verify", "version"}},
		{"ver", "", []string{"verify", "version"}},
		{"bind_dn", "bind-dn", []string{"bind-dn", "base"}},
		{"outptu", "output", []string{"output", "input"}},
		{"passwordfile", "password-file", []string{"password-file", "password-command", "prompt"}},
		{"pass", "", []string{"password-file", "password-command", "prompt"}},
		{"max", "max-percent", []string{"max-percent", "limit"}},
		{"frobnicate", "", []string{"scan", "check", "fix"}},
		{"x", "", []string{"fix"}},
		{"", "", []string{"fix"}},
	} {
		if got := nearest(tc.typed, tc.names); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.typed, got, tc.want)
		}
	}
}

// The help of every command fits a terminal, its examples apart.
func TestHelpFits80Columns(t *testing.T) {
	for _, cmd := range commands {
		text := cmd.help(cmd.flags(cmd.new()))
		before, rest, _ := strings.Cut(text, "\nEXAMPLE\n")
		_, after, _ := strings.Cut(rest, "\n\n")
		for line := range strings.Lines(before + "\n" + after) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth {
				t.Errorf("%s: %d columns: %s", cmd.name, n, line)
			}
		}
	}
	for line := range strings.Lines(overview()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth {
			t.Errorf("overview: %d columns: %s", n, line)
		}
	}
}
