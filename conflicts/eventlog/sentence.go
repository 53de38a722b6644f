package eventlog

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxReadings is how many readings of an event are returned. An event with more ways to separate
// its two names is refused.
const maxReadings = 64

var (
	errNoName    = errors.New("event 9514 names no object")
	errNoPair    = errors.New("event 9514 does not name two objects")
	errOneName   = errors.New("event 9514 names the same object twice")
	errCut       = errors.New("event 9514 is cut short")
	errAmbiguous = fmt.Errorf("event 9514 has more than %d ways to part its two names", maxReadings)
	errNoAddress = errors.New("event 9217 names no address")
)

var (
	// leadIn is the text between the phrase and the first name.
	leadIn = regexp.MustCompile(`^[\s\pZ\pP]*?(/*[Dd][Cc]=)`)
	// and is the word between the names; in other languages another short word or a comma.
	and     = regexp.MustCompile(`[\s\pZ]and[\s\pZ](/*[Dd][Cc]=)`)
	orOther = regexp.MustCompile(`(?:[\s\pZ]\pL{1,5}[\s\pZ]|[,;][\s\pZ])(/*[Dd][Cc]=)`)
	// comma parts names that a program joined in one string.
	comma = regexp.MustCompile(`, ?(/*[Dd][Cc]=)`)
	// quotedName is the first name where .NET lists the strings of an event without its text:
	// 'one', 'other'.
	quotedName = regexp.MustCompile(`'(/*[Dd][Cc]=)`)
	quotedNext = regexp.MustCompile(`',\s*'(/*[Dd][Cc]=)`)
	// anyName is the first name in an unknown wording.
	anyName = regexp.MustCompile(`(?:^|[^/\pL\pN])(/*[Dd][Cc]=)`)
	// more begins the text that Event Viewer added up to Windows Server 2003.
	more = regexp.MustCompile(`(?i)\s+for more information\b`)
)

// mayName reports whether a text may match anyName. It is faster.
func mayName(text string) bool {
	return strings.Contains(text, "c=") || strings.Contains(text, "C=")
}

// pair returns the readings of the text of an event 9514, best first. Where the text has a
// no-break space, there was more likely a plain one.
func pair(text string) ([][2]string, error) {
	parted, err := ways(noBreak.Replace(text), 0)
	if err != nil {
		return nil, err
	}
	if noBreak.Replace(text) != text {
		if asItIs, err := ways(text, 1); err == nil {
			parted = append(parted, asItIs...)
		}
	}
	return readings(parted)
}

// ways returns the ways to part the two names in the text of an event 9514, each at an
// additional cost.
func ways(text string, extra int) ([]names, error) {
	separator, quote, begin, start := orOther, "", 0, 0
	if said := find(text, pairWords); len(said) > 0 {
		separator, quote, begin = and, closing(text[:said[0].start]), said[0].start
		name := leadIn.FindStringSubmatchIndex(text[said[0].end:])
		if name == nil {
			return nil, errNoName
		}
		start = said[0].end + name[2]
	} else if name := quotedName.FindStringSubmatchIndex(text); name != nil && quotedNext.MatchString(text) {
		separator, quote, begin, start = quotedNext, "'", name[2], name[2]
	} else if listed := listed(text); len(listed) == 2 {
		return []names{newNames(listed[0], listed[1], extra)}, nil
	} else if name := anyName.FindStringSubmatchIndex(text); name != nil {
		quote, begin, start = closing(text[:name[2]]), name[2], name[2]
	} else {
		return nil, errNoName
	}
	line, _, _ := strings.Cut(text[strings.LastIndexByte(text[:begin], '\n')+1:], "\n")
	wrapped := len(line) <= 80
	text = text[start:]
	text = text[:min(len(text), maxPair)]
	if strings.Contains(text, "nformation") { // which is found faster
		if at := more.FindStringIndex(text); at != nil {
			text = text[:at[0]]
		}
	}
	text, _, _ = strings.Cut(text, "\n\n")
	if at := strings.LastIndex(text, quote); quote != "" && at > 0 {
		text = text[:at]
	}
	if strings.HasSuffix(text, "...") || strings.HasSuffix(text, "…") {
		return nil, errCut
	}

	var parted []names
	for _, whole := range ends(joinAnd(text), wrapped) {
		if len(whole.text) > 2*maxName {
			continue
		}
		for _, flat := range unfold(whole.text) {
			places := separator.FindAllStringSubmatchIndex(flat.text, maxReadings+1)
			if len(places) > maxReadings {
				return nil, errAmbiguous
			}
			cost := whole.cost + flat.cost + extra
			for _, at := range places {
				first, second := flat.text[:at[0]], flat.text[at[2]:]
				parted = append(parted, newNames(strings.TrimRight(first, " "), strings.TrimRight(second, " "), cost))
				if strings.HasSuffix(first, " ") || strings.HasSuffix(second, " ") {
					parted = append(parted, newNames(first, second, cost+1))
				}
			}
		}
	}
	return parted, nil
}

// exact returns the readings of two names that are already separate.
func exact(first, second string) ([][2]string, error) {
	parted := []names{newNames(first, second, 0)}
	if plain := noBreak.Replace(first + second); plain != first+second {
		parted = append(parted, newNames(noBreak.Replace(first), noBreak.Replace(second), 1))
	}
	return readings(parted)
}

// joined returns the readings of two names that a program joined by a comma.
func joined(text string) ([][2]string, error) {
	places := comma.FindAllStringSubmatchIndex(text, maxReadings+1)
	if len(places) > maxReadings {
		return nil, errAmbiguous
	}
	var parted []names
	for _, at := range places {
		parted = append(parted, newNames(text[:at[0]], text[at[2]:], 0))
	}
	return readings(parted)
}

// listed returns the names that have lines of their own. Windows lists them like that if it lacks
// Exchange's texts.
func listed(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); root.MatchString(line) && !orOther.MatchString(line) {
			names = append(names, line)
		}
	}
	return names
}

// closing returns the quotation mark that ends a quotation beginning right after text.
func closing(text string) string {
	for _, marks := range []string{`""`, `''`, "“”", "„“", "«»", "‘’", "``", "{}"} {
		if m := []rune(marks); strings.HasSuffix(text, string(m[0])) {
			return string(m[1])
		}
	}
	return ""
}

// names are two names that an event may have, with their spellings.
type names struct {
	first, second []spelling
	cost          int
}

func newNames(first, second string, cost int) names {
	n := names{first: distinguished(first), second: distinguished(second), cost: cost}
	if !n.valid() {
		return n
	}
	n.cost += n.first[0].cost + n.second[0].cost
	if !strings.EqualFold(topLabel(first), topLabel(second)) {
		n.cost++ // rare in a forest
	}
	return n
}

func topLabel(name string) string {
	label, _, _ := strings.Cut(strings.TrimLeft(name, "/"), "/")
	return label
}

func (n names) valid() bool { return len(n.first) > 0 && len(n.second) > 0 }

// readings returns the objects that the names can stand for. It first decides where each part
// ends, then how a part can be read otherwise.
func readings(parted []names) ([][2]string, error) {
	parted = slices.DeleteFunc(parted, func(n names) bool { return !n.valid() })
	if len(parted) == 0 {
		return nil, errNoPair
	}
	slices.SortStableFunc(parted, func(a, b names) int { return a.cost - b.cost })
	var all [][2]string
	add := func(first, second string) {
		pair := [2]string{first, second}
		if len(all) < maxReadings && !strings.EqualFold(first, second) && !slices.Contains(all, pair) {
			all = append(all, pair)
		}
	}
	for _, n := range parted {
		add(n.first[0].text, n.second[0].text)
	}
	for _, n := range parted {
		for i := 1; i < max(len(n.first), len(n.second)); i++ {
			if i < len(n.first) {
				add(n.first[i].text, n.second[0].text)
			}
			if i < len(n.second) {
				add(n.first[0].text, n.second[i].text)
			}
		}
	}
	if len(all) == 0 {
		return nil, errOneName
	}
	return all, nil
}

var (
	mailbox = regexp.MustCompile(`[^\s"'<>(),;:]+@[^\s"'<>(),;:]*[^\s"'<>(),;:.]`)
	// link is the text that mail programs add after an address.
	link = regexp.MustCompile(`(.)<mailto:[^<>]*>`)
	// smtp matches an address well enough to tell it from other text.
	smtp = regexp.MustCompile(`^(?:"[^"]+"|[^\s"<>\[\]]+)@[^\s"<>\[\]@]+$`)
)

// address returns the address that an event 9217 names in its text, or in the strings to insert
// into it.
func address(text string, inserted []string) (string, error) {
	found := ""
	if said := find(text, addressWords); len(said) > 0 {
		found = text[said[0].end:]
		if end := find(found, addressEnd); len(end) > 0 {
			found = found[:end[0].start]
		} else {
			found, _, _ = strings.Cut(found, "\n")
		}
	} else if i := slices.IndexFunc(inserted, func(s string) bool { return strings.Contains(s, "@") }); i >= 0 {
		found = inserted[i]
	} else {
		found = mailbox.FindString(text)
	}
	found = lineBreak.ReplaceAllString(strings.TrimSpace(found), "")
	found = link.ReplaceAllString(found, "$1")
	found = strings.Trim(strings.TrimRight(found, ". "), "'“”‘’«»<>")
	if !smtp.MatchString(found) {
		return "", errNoAddress
	}
	return found, nil
}
