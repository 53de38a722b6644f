package eventlog

import (
	"slices"
	"strings"
)

// A wording is what Exchange says in an event, in small letters and without
// spaces. Who quotes it may leave out how it begins.
type wording struct {
	id           int
	begins, says string
}

// Event 9514 is worded as in KB 318774 and in the help of Exchange 2007, event
// 9217 (AmbiguousRecipient) as in the help of Exchange 2010.
var (
	pairWords    = wording{9514, "twoobjectsinthedirectory", "havethesameproxy"}
	addressWords = wording{9217, "morethanoneactivedirectoryobject", "isconfiguredwiththerecipientaddress"}
	addressEnd   = wording{9217, "", "messagestothisrecipient"}
)

// A phrase is a place in a text where a wording stands.
type phrase struct{ start, end, id int }

// phrases returns where a text tells of events, in order.
func phrases(text string) []phrase { return find(text, pairWords, addressWords) }

// find returns where wordings stand in a text, in order. It does not mind how
// letters are written and lines were wrapped.
func find(text string, wordings ...wording) []phrase {
	letters := make([]byte, 0, len(text))
	at := make([]int, 0, len(text)) // where each letter stands in text
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
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
