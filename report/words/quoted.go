package words

import "strings"

// plainInCommands are the characters, beside letters and digits, that no shell takes for
// more than themselves.
const plainInCommands = "-._/:@=+,"

// Quoted makes a word of a command: cmd, PowerShell and a POSIX shell all take it alike if they
// can. In double quotes they differ on $, ` and " only; a word with one of those stands in
// single quotes, which cmd does not know.
func Quoted(word string) string {
	isPlain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(plainInCommands, r)
	}
	switch {
	case word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !isPlain(r) }) && !strings.HasPrefix(word, "@"):
		return word
	case strings.ContainsAny(word, "$`\""):
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return `"` + word + `"`
}
