package eventlog

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxBlock is how long a text without a blank line may be before it is cut.
	maxBlock = 64 << 10
	// maxContext is how much of the text before the names is at least searched for the event's
	// number.
	maxContext = 16 << 10
)

// A prose reads text that describes events: copied from Event Viewer, printed by wevtutil or
// Format-List, the sentence alone, or mails that quote it.
type prose struct {
	context string // the blocks since the last event
	open    bool   // the XML of the last event may follow
}

func (p *prose) format() format {
	return format{name: textName, split: splitBlock, parse: p.parse}
}

// splitBlock finds the lines up to a blank one that does not follow a colon, or
// up to the next event of wevtutil.
func splitBlock(data []byte, eof bool) (start, end int) {
	colon, begun, list := false, false, false
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
			list = list || !begun && property.Match(line)
			colon = line[len(line)-1] == ':' && !(list && property.Match(line)) // a property without a value
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

var (
	citation = regexp.MustCompile(`(?m)^[ \t]*(?:> ?)+`)
	embedded = regexp.MustCompile(`(?s)<Event[\s>].*?</Event>`)
	// labeled is a line that begins with a label of Event Viewer, wevtutil or
	// Format-List in any language.
	labeled = regexp.MustCompile(`^\n[ \t]*(?:\pL[\pL\pN _./'-]{0,30}[ \t\x{A0}]*[:：](?:[ \t]|$)|Event\[\d+\])`)
	// The field of the computer has such a label, or is above the description.
	computerName = regexp.MustCompile(`(?i)\b(?:computer|machinename)[ \t]*[:：]\s*([\pL\pN_.-]+)`)
	// syslogHost is the sender in the head of a syslog message (RFC 3164, RFC 5424).
	syslogHost    = regexp.MustCompile(`^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}|1 \d{4}-\d{2}-\d{2}T\S+) ([\pL\pN_.:-]+) `)
	aboveTheWords = regexp.MustCompile(`[:：][ \t]*([\pL\pN_.-]+)\s+[^\s:：]+[ \t\x{A0}]?[:：]\s*["'“„]?$`)
)

// parse returns the events that a block describes. An event in words that follows again as XML is
// one event.
func (p *prose) parse(text string) (all []record, err error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = uncited(text)
	for line := 0; ; {
		words, xml, rest := text, "", ""
		if at := embedded.FindStringIndex(text); at != nil {
			words, xml, rest = text[:at[0]], text[at[0]:at[1]], text[at[1]:]
		}
		told := p.words(words)
		for i := range told {
			told[i].line += line
			told[i].told = true
			p.open = true
		}
		all = append(all, told...)
		line += strings.Count(words, "\n")
		if xml == "" {
			return all, err
		}
		r, problem := parseEvent(xml)
		r.line = line
		r.again = p.open && strings.HasSuffix(strings.ToLower(strings.TrimSpace(words)), "xml:")
		switch {
		case problem == nil:
			all = append(all, r)
		case !r.again:
			err = problem
		}
		p.open = false
		line += strings.Count(xml, "\n")
		text = rest
	}
}

// words returns the events in a text that has Exchange's wording or lists their strings, and the
// other messages in it that name an address.
func (p *prose) words(text string) []record {
	found := phrases(text)
	named := p.messages(noBreak.Replace(text))
	if len(found) == 0 && len(named) == 0 {
		return p.unknown(text)
	}
	all := named
	done := 0
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1].start
			if line := strings.LastIndexByte(text[:end], '\n'); line > at.end {
				end = line
			}
		}
		behind := ""
		if cut := beforeField(text[at.end:end]); cut >= 0 {
			cut += at.end
			end, behind = cut, text[cut:end]
		}
		_, before := utf8.DecodeLastRuneInString(text[:at.start]) // maybe a quotation mark
		r := record{line: strings.Count(text[:at.start], "\n"), id: at.id, message: text[at.start-before : end]}
		r.describe(text[done:at.start])
		if r.line == 0 || isList([]byte(text)) { // Format-List may put the words before the time
			r.describe(behind)
		}
		all = append(all, r)
		done = end
	}
	p.context = ""
	return all
}

// messages returns the messages in a text that name an address.
func (p *prose) messages(text string) []record {
	var all []record
	done := 0
	for _, t := range tellings(text) {
		r := record{line: strings.Count(text[:t.start], "\n"), kind: t.message, addresses: t.addresses}
		if t.message == SyncError && mentions(p.context+text, syncEvent) {
			r.id = syncEvent
		}
		r.describe(text[done:t.start])
		all = append(all, r)
		done = t.end
	}
	return all
}

// unknown returns the event whose strings a text lists, or that it describes in an unknown
// wording. The text before says which event it is.
func (p *prose) unknown(text string) []record {
	if p.context += text + "\n"; len(p.context) > 2*maxContext {
		p.context = strings.ToValidUTF8(p.context[len(p.context)-maxContext:], "")
	}
	r := record{message: text}
	switch {
	case mayName(text) && len(anyName.FindAllStringIndex(text, 2)) == 2 && mentions(p.context, 9514):
		r.id = 9514
		name := anyName.FindStringSubmatchIndex(text)
		if field := beforeField(text[name[2]:]); field >= 0 {
			r.message = text[:name[2]+field]
		}
	case strings.Contains(text, "@") && strings.Contains(p.context, "MSExchangeTransport") && mentions(p.context, 9217) && mailbox.MatchString(text):
		r.id = 9217
	default:
		return nil
	}
	r.describe(p.context)
	p.context = ""
	return []record{r}
}

// beforeField returns where the line before the first with a label ends, or -1.
func beforeField(text string) int {
	for at := 0; ; {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return -1
		}
		at += n
		line := text[at:]
		if n := strings.IndexByte(line[1:], '\n'); n >= 0 {
			line = line[:1+n]
		}
		if strings.ContainsAny(line, ":：[") && labeled.MatchString(line) {
			return at
		}
		at++
	}
}

// mentions reports whether a text has the number of an event, alone or as the lower half of the
// number with its severity, with or without a sign.
func mentions(text string, id int) bool {
	const severity = 3 << 30
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return !wordChar(c) }) {
		if len(word) < 4 || len(word) > 10 {
			continue
		}
		n, err := strconv.ParseInt(word, 10, 64)
		if err == nil && (n == int64(id) || int(n&0xFFFF) == id && n&severity != 0 || int(-n&0xFFFF) == id && -n&severity != 0) {
			return true
		}
	}
	return false
}

func wordChar(c rune) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// uncited returns a text without the marks before each line that mail programs put there.
func uncited(text string) string {
	if !strings.Contains(text, ">") { // which is found faster
		return text
	}
	return citation.ReplaceAllString(text, "")
}

// describe takes the time and the computer from the text around the event's words, unless they
// are known.
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
	} else if found := syslogHost.FindStringSubmatch(text[strings.LastIndexByte(text, '\n')+1:]); found != nil {
		r.computer = found[1]
	}
}
