// Package eventlog reads the events that Exchange logs about ambiguous addresses, from the inputs
// that administrators have: the text of an event, or an export of the application log in any of
// the formats that Windows writes.
//
// Two events count. Event 9514 of MSExchangeIS names two objects that have the
// same proxy address, but not the address. Event 9217 of MSExchangeTransport
// names the address, but not the objects. Other messages that name an address in the same trouble
// count like event 9217: each is a [Message].
//
// # Inputs
//
// [Read] recognizes these inputs by their content:
//   - the text of events, as it is or as people forward it: quoted, wrapped, copied from Event
//     Viewer, printed by wevtutil or Format-List
//   - event XML of wevtutil or Event Viewer, with a root element or without
//   - the output of Get-WinEvent in PowerShell, written by Export-Csv, ConvertTo-Json,
//     ConvertTo-Xml or Export-Clixml
//   - the CSV or text files of Event Viewer, in any language
//   - .evtx files, as Windows keeps them and Event Viewer saves them, and what python-evtx,
//     evtxexport, evtx_dump and EvtxECmd make of them
//   - what agents of Snare and NXLog send by syslog
//
// # Readings
//
// Event 9514 puts two names into a sentence and escapes nothing in them:
//
//	Two objects in the Directory have the same proxy -
//	/dc=com/dc=contoso/ou=users/cn=Ann and /dc=com/dc=contoso/ou=users/cn=Bob.
//
// If the objects' names contain " and ", a slash or a full stop, or if the text was wrapped, it
// is not certain where a name ends and what its parts are. [Event.Readings] has the possible
// pairs of names, best first. Only a directory can tell which is right.
//
// # Times
//
// Most formats write local time without a zone. A [Time] has only what the input says.
package eventlog

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"proxyaddr/conflicts/eventlog/evtx"
)

// A Log is the content of an input.
type Log struct {
	Events []Event // in the order in which they first appear in the input
	// Damaged are the unreadable places of the input. If there are any, events may be missing. Beyond 100,
	// the last says how many there are.
	Damaged []Damage
}

// An Event is an ambiguity that was logged, however often.
type Event struct {
	// ID is 9514 or 9217, or 6941 of Entra Connect. It is 0 where Message is not an event.
	ID int
	// Message is what kind of message names the address. It is empty for events 9514 and 9217.
	Message Message
	// Address is the address that event 9217 or a message names. An SMTP address is without its
	// type.
	Address string
	// Readings are the pairs of distinguished names (RFC 4514) that event 9514
	// can be about: at least one and at most the 64 best, the best first. Which
	// name of a pair comes first means nothing.
	Readings [][2]string

	Count int // how often it was logged
	// First and Last are the first and last time at which it was logged. If the input gives some
	// times more precisely than others, only the most precise count.
	First, Last Time
	Computers   []string // on which it was logged, if the input tells; sorted
}

// A Damage is a place in an input that could not be read.
type Damage struct {
	Line    int // from 1; 0 in an .evtx file
	Problem string
}

func (d Damage) String() string {
	if d.Line == 0 {
		return d.Problem
	}
	return fmt.Sprintf("line %d: %s", d.Line, d.Problem)
}

// An Error says in one sentence why an input cannot be used, and what to use instead.
type Error struct {
	Subject string // the input
	Problem string
	Advice  string // may be empty
	Err     error  // the error behind it, or nil
}

func (e *Error) Error() string { return e.Subject + ": " + e.Problem }
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do, or is empty.
func (e *Error) Hint() string { return e.Advice }

// maxDamages is how many unreadable places of an input are told one by one.
const maxDamages = 100

// damages collects the unreadable places of an input.
type damages struct {
	list []Damage
	more int // beyond maxDamages
}

func (d *damages) add(line int, problem string) {
	if len(d.list) == maxDamages {
		d.more++
		return
	}
	d.list = append(d.list, Damage{line, problem})
}

// all returns the places, the last of which may stand for many.
func (d *damages) all() []Damage {
	switch d.more {
	case 0:
		return d.list
	case 1:
		return append(d.list, Damage{Problem: "1 more place cannot be read"})
	}
	return append(d.list, Damage{Problem: fmt.Sprintf("%d more places cannot be read", d.more)})
}

const (
	hintExport = "give the text of an event, or an export of the application log: wevtutil qe Application /f:xml, " +
		"Get-WinEvent with Export-Csv, ConvertTo-Json, ConvertTo-Xml or Export-Clixml, or what Event Viewer saves as .evtx, XML, CSV or text"
	hintInput    = "to look up one address, use proxyaddr check ADDRESS. For events " + hintExport
	hintWhole    = "make a whole copy of the log: wevtutil epl Application app.evtx"
	hintSecurity = "this is the Security log, which tells who wrote an address: give it with --audit-log, beside the event"
	hintEVT      = "this is the format of Windows Server 2003. On a newer Windows, convert it: wevtutil epl FILE NEW.evtx /lf:true"
)

// Read reads an input to its end and returns the events in it. Errors call the input name. Read
// recognizes the format, and whether the input is UTF-8 or UTF-16. It keeps in memory only one
// event of the input and its result.
//
// An error is an [*Error]: the input cannot be read, or has none of the events.
func Read(name string, r io.Reader) (*Log, error) {
	c := collector{found: make(map[string]*tally)}
	in, err := each(name, r, new(prose).format(), c.add, c.damaged.add)
	if err != nil {
		return nil, err
	}
	c.release()
	if in.guessed {
		c.decodeOtherwise()
	}
	if len(c.order) == 0 {
		advice := hintExport
		switch {
		case c.changes:
			advice = hintSecurity
		case in.format == textName:
			advice = hintInput
		case in.format == evtxName && len(c.damaged.list) > 0:
			advice = hintWhole
		}
		return nil, &Error{Subject: name, Problem: c.nothing(in.format), Advice: advice}
	}
	return c.log(), nil
}

// The names of two formats.
const (
	textName = "text"
	evtxName = "an .evtx file"
)

// An input is what is known of an input once it was read.
type input struct {
	format  string
	guessed bool // the encoding
}

// each hands over the events of an input, of any kind, and the places that it cannot read. An input
// that has no other format is text. The error is an [*Error]: the input cannot be read.
func each(name string, r io.Reader, text format, add func(record), damage func(line int, problem string)) (input, error) {
	unreadable := func(err error) error { return &Error{Subject: name, Problem: err.Error(), Err: err} }
	raw := bufio.NewReaderSize(r, headSize)
	switch magic, _ := raw.Peek(8); {
	case string(magic) == evtx.Magic:
		if err := readEVTX(raw, add, damage); err != nil {
			return input{}, unreadable(err)
		}
		return input{format: evtxName}, nil
	case len(magic) == 8 && string(magic[4:]) == "LfLe":
		return input{}, &Error{Subject: name, Problem: "a binary event log of an old Windows", Advice: hintEVT}
	}
	decoded, guessed := decode(raw)
	src := bufio.NewReaderSize(decoded, headSize)
	head, err := src.Peek(headSize)
	if err != nil && err != io.EOF {
		return input{}, unreadable(err)
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return input{}, &Error{Subject: name, Problem: "nothing in it", Advice: hintInput}
	}
	s := scanner{format: detect(head, text), r: src}
	for {
		piece, ok := s.next()
		if !ok {
			break
		}
		if piece.problem != "" {
			damage(piece.line, piece.problem)
			continue
		}
		records, err := s.parse(piece.text)
		if err != nil {
			damage(piece.line, err.Error())
		}
		for _, r := range records {
			r.line += piece.line
			add(r)
		}
	}
	if s.err != nil {
		return input{}, unreadable(s.err)
	}
	return input{s.name, *guessed}, nil
}

var element = regexp.MustCompile(`<(Event|Object|Obj)[\s>]`)

// detect finds out the format of an input from its beginning. What has no other format is text.
func detect(head []byte, text format) format {
	head = bytes.TrimSpace(head)
	if at := heading.FindIndex(head); at != nil && at[0] == 0 {
		head = bytes.TrimSpace(head[at[1]:])
	}
	if bytes.HasPrefix(head, []byte("<")) {
		if first := element.FindSubmatch(head); first != nil {
			return map[string]format{"Event": eventXML, "Object": convertToXML, "Obj": clixml}[string(first[1])]
		}
	}
	if start := strings.Join(strings.Fields(string(head[:min(len(head), 100)])), ""); strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[{") {
		return inJSON
	}
	switch {
	case evtxexportHead.Match(head):
		return evtxexport
	case bytes.Contains(head, []byte(snareMark+"\t")), bytes.Contains(head, []byte(snareMark+snareTab)):
		return newSnare(text)
	}
	if t, ok := newTable(head); ok {
		return t.format(text)
	}
	return text
}
