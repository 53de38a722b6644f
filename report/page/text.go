package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// text returns a string of a directory for the page. What cannot be seen stands as a badge,
// and the direction of its letters does not reach the words around it.
func text(s string) template.HTML {
	var b strings.Builder
	writeName(&b, s)
	return template.HTML(b.String())
}

// address is text for addresses and distinguished names. It can break before the "@".
func address(s string) template.HTML {
	var b strings.Builder
	writeAddress(&b, s)
	return template.HTML(b.String())
}

func writeName(b *strings.Builder, s string)    { writeIsolated(b, "<bdi>", s, nil) }
func writeAddress(b *strings.Builder, s string) { writeIsolated(b, monospaced, s, nil) }

const monospaced = `<bdi class="mono">`

func writeIsolated(b *strings.Builder, open, s string, marked func(at int) bool) {
	b.Grow(len(open) + len(s) + len("<wbr></bdi>"))
	b.WriteString(open)
	writeText(b, s, marked)
	b.WriteString("</bdi>")
}

// writeText escapes a string. marked tells which characters, by their number, stand out.
func writeText(b *strings.Builder, s string, marked func(at int) bool) {
	plain := 0 // where what is not written yet begins
	at := -1
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		at++
		mark := marked != nil && marked(at)
		badge := badgeOf(r, s[i:i+size])
		if badge == "" && !mark && (r != '@' || i == 0) {
			i += size
			continue
		}
		b.WriteString(template.HTMLEscapeString(s[plain:i]))
		switch {
		case badge != "":
			b.WriteString(`<span class="badge">` + badge + `</span>`)
		case mark:
			shown := s[i : i+size]
			if r == ' ' {
				shown = "␣"
			}
			b.WriteString("<mark>" + template.HTMLEscapeString(shown) + "</mark>")
		default:
			b.WriteString("<wbr>@")
		}
		i += size
		plain = i
	}
	b.WriteString(template.HTMLEscapeString(s[plain:]))
}

// badgeOf names a character that has no shape of its own.
func badgeOf(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf(`\x%02X`, raw[0])
	case words.Hidden(r):
		return fmt.Sprintf("U+%04X", r)
	}
	return ""
}

// stored shows a value of a conflict as it is stored: spaces around it, and characters other
// than those of the address in conflict, are marked.
func stored(value, conflict string) template.HTML {
	typ, rest := "", value
	if a := conflicts.ParseAddress(value); a.Type != "" {
		typ, rest, _ = strings.Cut(value, ":")
		typ += ":"
	}
	offset := utf8.RuneCountInString(typ)
	runes, of := []rune(rest), []rune(conflict)
	first := len(runes) - len([]rune(strings.TrimLeft(rest, " ")))
	last := len([]rune(strings.TrimRight(rest, " ")))
	inner := runes[min(first, last):last]
	var b strings.Builder
	writeIsolated(&b, monospaced, value, func(at int) bool {
		at -= offset
		switch {
		case at < 0:
			return false
		case at < first || at >= last:
			return true
		}
		at -= first
		return len(inner) == len(of) && !strings.EqualFold(string(inner[at]), string(of[at]))
	})
	return template.HTML(b.String())
}

// bare is a value without its type.
func bare(value string) string {
	if a := conflicts.ParseAddress(value); a.SMTP() {
		return a.Trimmed()
	}
	return value
}

func date(t time.Time) template.HTML {
	return template.HTML("<time>" + day(t) + "</time>")
}

// container returns where an object is, the domain first.
func container(dn string) []string {
	var names []string
	for parent := conflicts.ParentDN(dn); parent != ""; parent = conflicts.ParentDN(parent) {
		typ, value := relative(parent)
		if !strings.EqualFold(typ, "DC") {
			names = append(names, value)
		}
	}
	if domain := conflicts.Domain(dn); domain != "" {
		names = append(names, domain)
	}
	slices.Reverse(names)
	return names
}

// relative returns type and value of the first part of a distinguished name.
func relative(dn string) (typ, value string) {
	rdn := dn
	if rest := conflicts.ParentDN(dn); rest != "" {
		rdn = strings.TrimSuffix(strings.TrimRight(dn[:len(dn)-len(rest)], " "), ",")
	}
	typ, value, _ = strings.Cut(rdn, "=")
	return strings.TrimSpace(typ), strings.ReplaceAll(value, `\`, "")
}
