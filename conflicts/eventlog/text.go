package eventlog

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxBlock is how long a text without a blank line may be before it is cut.
	maxBlock = 64 << 10
	// maxContext is how much of what precedes a list of names is searched for
	// the event's number.
	maxContext = 16 << 10
)

// A prose reads text in which events are told: what Event Viewer copies, what
// wevtutil and Format-List print, the sentence alone, mails that quote it.
type prose struct {
	context string // the blocks since the last event
}

func (p *prose) format() format {
	return format{name: "text", split: splitBlock, parse: p.parse}
}

// splitBlock finds the lines up to a blank one that does not follow a colon, or
// up to the next event of wevtutil.
func splitBlock(data []byte, eof bool) (start, end int) {
	colon, begun := false, false
	for at := 0; ; {
		n := bytes.IndexByte(data[at:], '\n')
		if n < 0 {
			break
		}
		line := bytes.Trim(data[at:at+n], "> \t\r")
		switch {
		case begun && (len(line) == 0 && !colon || bytes.HasPrefix(line, []byte("Event["))):
			return start, at
		case len(line) > 0:
			colon = line[len(line)-1] == ':'
			begun = true
		case !begun:
			start = at + n + 1
		}
		at += n + 1
	}
	switch {
	case eof:
		return start, max(start, len(bytes.TrimRight(data, " \t\r\n")))
	case len(data)-start < maxBlock:
		return start, 0
	}
	// Not within an event.
	end = bytes.LastIndexByte(data, '\n') + 1
	if found := phrases(string(data)); len(found) > 0 {
		if line := bytes.LastIndexByte(data[:found[len(found)-1].start], '\n') + 1; line > start {
			end = line
		}
	}
	return start, end
}

// A phrase is a place where the words of an event stand.
type phrase struct{ start, end, id int }

func phrases(text string) []phrase {
	var all []phrase
	for _, at := range pairPhrase.FindAllStringIndex(text, -1) {
		all = append(all, phrase{at[0], at[1], 9514})
	}
	for _, at := range addressPhrase.FindAllStringIndex(text, -1) {
		all = append(all, phrase{at[0], at[1], 9217})
	}
	slices.SortFunc(all, func(a, b phrase) int { return a.start - b.start })
	return all
}

var (
	citation = regexp.MustCompile(`(?m)^[ \t]*(?:> ?)+`)
	embedded = regexp.MustCompile(`(?s)<Event[\s>].*?</Event>`)
	// labelled is a line that begins with a label of Event Viewer, wevtutil or
	// Format-List in any language.
	labelled = regexp.MustCompile(`\n[ \t]*(?:\pL[\pL\pN _./'-]{0,30}[ \t\x{A0}]*[:：](?:[ \t]|\n|$)|Event\[\d+\])`)
	// Computers are called so, or stand above the description.
	computerName  = regexp.MustCompile(`(?i)\b(?:computer|machinename)\s*[:：]\s*([\pL\pN_.-]+)`)
	aboveTheWords = regexp.MustCompile(`[:：][ \t]*([\pL\pN_.-]+)\s+[^\s:：]+[ \t\x{A0}]?[:：]\s*["'“„]?$`)
)

// parse returns the events that a block tells of. An event that stands there in
// words and, below, as XML is one.
func (p *prose) parse(text string) (all []record, err error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = citation.ReplaceAllString(text, "")
	for line := 0; ; {
		words, xml, rest := text, "", ""
		if at := embedded.FindStringIndex(text); at != nil {
			words, xml, rest = text[:at[0]], text[at[0]:at[1]], text[at[1]:]
		}
		told := p.words(words)
		for i := range told {
			told[i].line += line
		}
		all = append(all, told...)
		line += strings.Count(words, "\n")
		if xml == "" {
			return all, err
		}
		r, problem := parseEvent(xml)
		r.line = line
		again := len(told) > 0 && strings.HasSuffix(strings.ToLower(strings.TrimSpace(words)), "xml:")
		switch {
		case problem == nil && again:
			last := &all[len(all)-1]
			r.line, r.message = last.line, last.message
			*last = r
		case problem == nil:
			all = append(all, r)
		case !again:
			err = problem
		}
		line += strings.Count(xml, "\n")
		text = rest
	}
}

// words returns the events that stand in a text in Exchange's words, or whose
// strings are listed there.
func (p *prose) words(text string) []record {
	found := phrases(text)
	if len(found) == 0 {
		return p.unknown(text)
	}
	var all []record
	done := 0
	for i, at := range found {
		if at.start < done {
			continue
		}
		_, before := utf8.DecodeLastRuneInString(text[:at.start]) // maybe a quotation mark
		words := text[at.start-before:]
		behind := text[len(text):]
		if i+1 < len(found) {
			next := found[i+1].start
			if line := strings.LastIndexByte(text[:next], '\n'); line > at.end {
				next = line
			}
			words = text[at.start-before : next]
		}
		if cut := labelled.FindStringIndex(words[before+at.end-at.start:]); cut != nil {
			cut := before + at.end - at.start + cut[0]
			words, behind = words[:cut], words[cut:]
		}
		r := record{line: strings.Count(text[:at.start], "\n"), id: at.id, message: words}
		for _, place := range []string{text[done:at.start], behind} {
			r.describe(place)
		}
		all = append(all, r)
		done = at.start - before + len(words) + len(behind)
	}
	p.context = ""
	return all
}

// unknown returns the event that a text lists the strings of, or tells of in
// words that are not known. What precedes says which event it is.
func (p *prose) unknown(text string) []record {
	p.context += text + "\n"
	if cut := len(p.context) - maxContext; cut > 0 {
		p.context = strings.ToValidUTF8(p.context[cut:], "")
	}
	r := record{message: text}
	switch {
	case eventNumber(p.context, "9514") && len(anyName.FindAllStringIndex(text, 2)) == 2:
		r.id = 9514
	case eventNumber(p.context, "9217") && strings.Contains(p.context, "MSExchangeTransport") && mailbox.MatchString(text):
		r.id = 9217
	default:
		return nil
	}
	r.describe(p.context)
	p.context = ""
	return []record{r}
}

func eventNumber(text, id string) bool {
	return regexp.MustCompile(`\b` + id + `\b`).MatchString(text)
}

// describe takes the time and the computer from a text beside the event's words
// unless they are known already.
func (r *record) describe(text string) {
	if m, ok := lastMoment(text); ok && r.logged.rank() == 0 {
		r.logged = m
	}
	if r.computer != "" {
		return
	}
	if found := computerName.FindAllStringSubmatch(text, -1); len(found) > 0 {
		r.computer = found[len(found)-1][1]
	} else if found := aboveTheWords.FindStringSubmatch(text); found != nil {
		r.computer = found[1]
	}
}
