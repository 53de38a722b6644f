package page

import (
	"cmp"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// domain is the DNS name of the first partition that has one.
func (v *view) domain() string {
	for _, c := range v.Coverage {
		if d := conflicts.Domain(c.Partition); d != "" {
			return d
		}
	}
	return ""
}

// OnFixes is a command of proxyaddr with the fix files, and with what it needs to find the directory.
func (v *view) OnFixes(name string) string {
	command := "proxyaddr " + name
	for _, fix := range v.Fixes {
		command += " " + words.Quoted(fix)
	}
	return command + v.connection()
}

// Undo takes back what was applied.
func (v *view) Undo() string {
	journal := strings.TrimSuffix(v.Fixes[0], ".ldif") + ".journal"
	return "proxyaddr apply --undo " + words.Quoted(journal) + v.connection()
}

func (v *view) connection() string {
	if c := v.Scope.Connection; c != "" {
		return " " + c
	}
	return " -d " + words.Quoted(cmp.Or(v.domain(), "DOMAIN"))
}
