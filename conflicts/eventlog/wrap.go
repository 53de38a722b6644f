package eventlog

import (
	"regexp"
	"strings"
)

var (
	brokenAnd = regexp.MustCompile(`(?:[ \t]*\n\s*and\s+|\s+and[ \t]*\n\s*)(/*[Dd][Cc]=)`)
	// atSlash is a line break beside the slash before a part of a name.
	atSlash = regexp.MustCompile(`(/)[ \t]*\n[ \t]*([A-Za-z]+=)|[ \t]*\n[ \t]*(/+[A-Za-z]+=)`)
	// mangled is the line feed in the name of an object that was deleted, or that replication
	// renamed because its name was taken.
	mangled   = regexp.MustCompile(`\n((?:CNF|DEL):[0-9A-Fa-f]{8}-)`)
	lineBreak = regexp.MustCompile(`[ \t]*\n[ \t]*`)
	hardBreak = regexp.MustCompile(`\n(?:[ \t]{2,})?`) // a single space was there before
)

// lineFeed stands for a line feed that is part of a name.
const lineFeed = "\uFDD0"

// joinAnd joins lines that were broken beside the word between the names.
func joinAnd(text string) string {
	last := max(strings.LastIndex(text, "c="), strings.LastIndex(text, "C=")) + len("c=")
	if last < len("c=") {
		return text
	}
	return brokenAnd.ReplaceAllString(text[:last], " and $1") + text[last:]
}

// unfold joins the lines of a text in both ways in which programs wrap: between words, and
// wherever the line is full.
func unfold(text string) []spelling {
	text = mangled.ReplaceAllString(text, lineFeed+"$1")
	text = atSlash.ReplaceAllString(text, "$1$2$3")
	words, letters := lineBreak.ReplaceAllString(text, " "), hardBreak.ReplaceAllString(text, "")
	return distinct([]spelling{
		{strings.ReplaceAll(words, lineFeed, "\n"), 0},
		{strings.ReplaceAll(letters, lineFeed, "\n"), 1},
	})
}

// ends returns a text up to each place where the second name may end. Exchange 2000 and 2003 write
// a slash before the names and a full stop after the second; later versions write neither. Unless
// lines are wrapped the names end with their line.
func ends(text string, wrapped bool) []spelling {
	const far = 4 // lines or sentences that may follow the names
	old := strings.HasPrefix(text, "/")
	second := 0
	if at := orOther.FindStringIndex(text); at != nil {
		second = at[1]
	}
	likely := len(text)
	places := []int{len(text)}
	if i := strings.IndexByte(text, '\n'); i > second && !wrapped {
		likely = i
	}
	for from, n := second, 0; n < far; n++ {
		i := strings.IndexByte(text[from:], '\n')
		if i < 0 {
			break
		}
		end := from + i
		if old && likely == len(text) && strings.HasSuffix(strings.TrimRight(text[:end], " \t"), ".") {
			likely = end
		}
		places = append(places, end)
		from = end + 1
	}
	for from, n := second, 0; n < far; n++ {
		i := strings.Index(text[from:], ". ")
		if i < 0 {
			break
		}
		from += i + 1
		places = append(places, from)
	}
	var all []spelling
	for _, end := range places {
		cost := 0
		if end != likely {
			cost = 2
		}
		whole := strings.TrimRight(text[:end], "\n\t")
		name, stopped := strings.CutSuffix(strings.TrimRight(whole, " "), ".")
		switch {
		case !stopped:
			all = append(all, spelling{whole, cost})
		case old:
			all = append(all, spelling{name, cost}, spelling{whole, cost + 1})
		default:
			all = append(all, spelling{whole, cost}, spelling{name, cost + 1})
		}
	}
	return distinct(all)
}
