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

// Help fits a terminal.
func TestHelpFits80Columns(t *testing.T) {
	texts := map[string]string{"overview": overview()}
	for _, cmd := range commands {
		texts[cmd.name] = cmd.help(cmd.flags(cmd.new()))
	}
	for name, text := range texts {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	}
}

// The flags of a command itself come before those of the connection.
func TestOwnFlagsComeFirst(t *testing.T) {
	for _, cmd := range commands {
		text := cmd.help(cmd.flags(cmd.new()))
		own, rest, found := strings.Cut(text, "\nCONNECTION FLAGS\n")
		if !found {
			continue
		}
		for _, flag := range []string{"--url", "--bind-dn", "--timeout"} {
			if strings.Contains(own, "  "+flag+" ") || strings.Contains(own, ", "+flag+" ") || !strings.Contains(rest, flag+" ") {
				t.Errorf("%s: %s is not among the connection flags", cmd.name, flag)
			}
		}
		if strings.Contains(rest, "--format ") || strings.Contains(rest, "--output ") {
			t.Errorf("%s: an own flag behind those of the connection:\n%s", cmd.name, rest)
		}
	}
}
