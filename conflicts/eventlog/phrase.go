package eventlog

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A wording is the text of Exchange in an event, in small letters and without spaces. Quotations
// may leave out its beginning.
type wording struct {
	id           int
	begins, says string
}

// The wording of event 9514 comes from KB 318774 and the help of Exchange 2007, that of event
// 9217 (AmbiguousRecipient) from the help of Exchange 2010.
var (
	pairWords    = wording{9514, "twoobjectsinthedirectory", "havethesameproxy"}
	addressWords = wording{9217, "morethanoneactivedirectoryobject", "isconfiguredwiththerecipientaddress"}
	addressEnd   = wording{9217, "", "messagestothisrecipient"}
)

// A phrase is a place in a text that has a wording.
type phrase struct{ start, end, id int }

// phrases returns the places where a text describes events, in order.
func phrases(text string) []phrase { return find(text, pairWords, addressWords) }

// noBreaks are the spaces at which programs do not break lines. Mail programs, wikis and HTML put
// them where there were plain ones.
var noBreaks = []string{"\u00A0", "\u202F", "\u2007"}

// noBreak turns noBreaks into plain spaces.
var noBreak = strings.NewReplacer(noBreaks[0], " ", noBreaks[1], " ", noBreaks[2], " ")

// noBreakSize returns the length of the one of noBreaks that a text begins with, or 0.
func noBreakSize(text string) int {
	for _, space := range noBreaks {
		if strings.HasPrefix(text, space) {
			return len(space)
		}
	}
	return 0
}

// find returns the places of wordings in a text, in order. It ignores case and line breaks.
func find(text string, wordings ...wording) []phrase {
	letters := make([]byte, 0, len(text))
	at := make([]int, 0, len(text)) // the offset of each letter in text
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		case c >= utf8.RuneSelf && noBreakSize(text[i:]) > 0:
			i += noBreakSize(text[i:]) - 1
		case 'A' <= c && c <= 'Z':
			letters, at = append(letters, c+'a'-'A'), append(at, i)
		default:
			letters, at = append(letters, c), append(at, i)
		}
	}
	var all []phrase
	said := string(letters)
	for _, w := range wordings {
		for from := 0; ; {
			i := strings.Index(said[from:], w.says)
			if i < 0 {
				break
			}
			end := from + i + len(w.says)
			start := len(strings.TrimSuffix(said[:from+i], w.begins))
			all = append(all, phrase{at[start], at[end-1] + 1, w.id})
			from = end
		}
	}
	slices.SortFunc(all, func(a, b phrase) int { return a.start - b.start })
	return all
}
