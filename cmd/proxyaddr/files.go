package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"proxyaddr/report/words"
)

// filesOf returns the files that an argument or the value of a flag names, at least one. One that is
// named without a pattern may be missing. The error names the flag.
func filesOf(flag, arg, hint string) ([]string, error) {
	found := matching(arg)
	switch {
	case found != nil:
		return found, nil
	case strings.ContainsAny(arg, "*?["):
		return nil, wrong(hint+"; a pattern without a directory stands for files in the current one", "%s%s: no file matches", flag, arg)
	}
	return []string{arg}, nil
}

// matching returns the files that an argument names, nil if there are none. Shells
// on Windows leave patterns to the program.
func matching(arg string) []string {
	if _, err := os.Lstat(arg); err == nil {
		return []string{arg}
	}
	if runtime.GOOS == "windows" {
		dir, pattern := filepath.Split(arg)
		arg = dir + anyCase(pattern)
	}
	names, _ := filepath.Glob(arg)
	return names
}

// anyCase returns a pattern that matches names in any case.
func anyCase(pattern string) string {
	if strings.Contains(pattern, "[") {
		return pattern
	}
	var b strings.Builder
	for _, c := range pattern {
		if lower, upper := unicode.ToLower(c), unicode.ToUpper(c); lower != upper {
			b.WriteString("[" + string(lower) + string(upper) + "]")
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// instead returns what to use if an argument that is not understood is an address. Otherwise it is hint.
func instead(arg, hint string) string {
	if a := typed(arg); a.Unusable() == "" && (a.SMTP() || strings.EqualFold(a.Type, "x500")) {
		return "to look up this address, use proxyaddr check " + words.Quoted(arg)
	}
	return hint
}
