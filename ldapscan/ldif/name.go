package ldif

import (
	"bytes"
	"strings"
)

// keyword is a word that has a special meaning in a record and cannot name an attribute.
type keyword uint8

const (
	noKeyword keyword = iota
	dnKeyword
	controlKeyword
	changeTypeKeyword
	dashKeyword // the line "-"
)

// keywordOf ignores case, as RFC 2234 section 2.3 says for the strings of a grammar.
func keywordOf(name string) keyword {
	switch {
	case strings.EqualFold(name, "dn"):
		return dnKeyword
	case strings.EqualFold(name, "control"):
		return controlKeyword
	case strings.EqualFold(name, "changetype"):
		return changeTypeKeyword
	}
	return noKeyword
}

// name is the name of an attribute, or a keyword.
type name struct {
	text     string
	keyword  keyword
	selected bool  // for a View
	next     *name // the last other name that followed it
}

// is compares without case, as RFC 2234 section 2.3 says for the strings of a grammar.
func (n *name) is(text string) bool { return strings.EqualFold(n.text, text) }

// starts reports whether a line begins with the name and a colon.
func (n *name) starts(line []byte) bool {
	return len(line) > len(n.text) && line[len(n.text)] == ':' && string(line[:len(n.text)]) == n.text
}

// names are the names seen so far. They repeat from record to record, so each is checked
// and allocated once. They nearly always come in the same order, so the next one can be
// guessed.
type names struct {
	known map[string]*name
	last  *name
}

// The bounds stop a hostile input from filling the memory with names.
const (
	maxNames   = 4096
	maxNameLen = 256
)

func (s *names) keep(n *name) {
	if len(s.known) < maxNames && len(n.text) <= maxNameLen {
		s.known[n.text] = n
	}
}

// follower returns the name that a line begins with, if it is n again or the name that
// followed n before.
func (n *name) follower(line []byte) *name {
	if next := n.next; next != nil && next.starts(line) {
		return next
	}
	if n.starts(line) {
		return n
	}
	return nil
}

// after returns the name that a line begins with, if it is known; the line before began
// with last.
func (s *names) after(last *name, line []byte) *name {
	n := last.follower(line)
	if n == nil {
		colon := max(bytes.IndexByte(line, ':'), 0)
		if n = s.known[string(line[:colon])]; n == nil {
			return nil
		}
	}
	if n != last && n != last.next {
		last.next = n
	}
	return n
}

func (s *names) follow(n *name) {
	if n != s.last {
		s.last.next = n
		s.last = n
	}
}

// validName tells whether name is an AttributeDescription of RFC 2849, range options included.
func validName(name string) bool {
	attr, options, more := strings.Cut(name, ";")
	named := attr != "" && isAlpha(attr[0]) && isKeyString(attr)
	if !named && !validOID(attr) {
		return false
	}
	for more {
		var option string
		option, options, more = strings.Cut(options, ";")
		const rangePrefix = "range="
		if len(option) > len(rangePrefix) && strings.EqualFold(option[:len(rangePrefix)], rangePrefix) {
			if strings.Trim(option[len(rangePrefix):], "0123456789-*") != "" {
				return false
			}
		} else if option == "" || !isKeyString(option) {
			return false
		}
	}
	return true
}

// validOID tells whether s is numbers joined by dots.
func validOID(s string) bool {
	for more := true; more; {
		var number string
		number, s, more = strings.Cut(s, ".")
		if number == "" || strings.Trim(number, "0123456789") != "" {
			return false
		}
	}
	return true
}

func isKeyString(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlpha(c) && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
