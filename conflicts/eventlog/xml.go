package eventlog

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// eventXML is the format of wevtutil, Event Viewer and event collectors ([MS-EVEN6] 2.2.13), with
// a root element around the events or without.
var eventXML = format{
	name:   "event XML",
	split:  func(data []byte, eof bool) (int, int) { return splitElement(data, eof, "Event", false) },
	filler: tagsOnly,
	parse:  func(text string) ([]record, error) { return one(parseEvent(text)) },
}

// convertToXML is the format of ConvertTo-Xml of PowerShell.
var convertToXML = format{
	name:   "ConvertTo-Xml",
	split:  func(data []byte, eof bool) (int, int) { return splitElement(data, eof, "Object", false) },
	filler: tagsOnly,
	parse:  func(text string) ([]record, error) { return parseObject(text, strings.Clone) },
}

// clixml is the format of Export-Clixml of PowerShell ([MS-PSRP] 2.2.5).
var clixml = format{
	name:   "CLIXML",
	split:  func(data []byte, eof bool) (int, int) { return splitElement(data, eof, "Obj", true) },
	filler: tagsOnly,
	parse:  func(text string) ([]record, error) { return parseObject(text, unescapeCLIXML) },
}

// splitElement finds the first element of that name. Unless elements nest, an element that begins
// within another shows that the end of the other is missing.
func splitElement(data []byte, eof bool, name string, nests bool) (start, end int) {
	start, depth := -1, 0
	for at := 0; ; {
		i := bytes.IndexByte(data[at:], '<')
		if i < 0 {
			break
		}
		at += i
		tag, closing := bytes.CutPrefix(data[at+1:], []byte("/"))
		rest, ok := bytes.CutPrefix(tag, []byte(name))
		stop := bytes.IndexByte(rest, '>')
		switch {
		case !ok && (eof || !bytes.HasPrefix([]byte(name), tag)) || ok && len(rest) > 0 && !bytes.ContainsAny(rest[:1], " \t\r\n/>"):
			at++ // another element
			continue
		case !ok || stop < 0: // cut off
			if start < 0 {
				return at, 0
			}
			return start, 0
		}
		behind := len(data) - len(rest) + stop + 1
		switch {
		case closing && start < 0: // of an element whose beginning is missing
		case closing:
			depth--
		case depth > 0 && !nests:
			return start, at
		case stop > 0 && rest[stop-1] == '/':
			if start < 0 {
				return at, behind
			}
		default:
			if start < 0 {
				start = at
			}
			depth++
		}
		at = behind
		if start >= 0 && depth == 0 {
			return start, at
		}
	}
	if start >= 0 {
		return start, 0
	}
	if open := bytes.LastIndexByte(data, '<'); open >= 0 && !eof && bytes.IndexByte(data[open:], '>') < 0 {
		return open, 0
	}
	return len(data), 0
}

var (
	markup = regexp.MustCompile(`<[^>]*>`)
	// heading is a line that evtx_dump writes above each event, or evtxexport above all.
	heading = regexp.MustCompile(`(?m)^(?:Record|evtxexport) \d+[ \t\r]*$`)
)

// tagsOnly allows a root element and a prolog around events.
func tagsOnly(text []byte) bool {
	rest := markup.ReplaceAllFunc(text, func(tag []byte) []byte {
		for _, end := range []string{"</Event>", "</Object>", "</Obj>"} {
			if string(tag) == end {
				return tag
			}
		}
		return nil
	})
	return len(bytes.TrimSpace(heading.ReplaceAll(rest, nil))) == 0
}

// parseEvent reads an element Event.
func parseEvent(text string) (record, error) {
	var event struct {
		System struct {
			Provider struct {
				Name string `xml:",attr"`
			}
			EventID     string
			TimeCreated struct {
				SystemTime string `xml:",attr"`
			}
			Computer string
		}
		EventData struct {
			Data []struct {
				Name string `xml:",attr"`
				Text string `xml:",chardata"`
			}
		}
		RenderingInfo struct {
			Message string
		}
	}
	if err := unmarshal(text, &event); err != nil {
		return record{}, err
	}
	system := event.System
	id, err := eventID(system.EventID)
	r := record{
		id:       id,
		provider: system.Provider.Name,
		computer: system.Computer,
		logged:   parseMoment(system.TimeCreated.SystemTime).utc(),
		message:  event.RenderingInfo.Message,
	}
	for _, data := range event.EventData.Data {
		r.insert(data.Name, data.Text)
	}
	return r, err
}

// stringArray is an element of the strings that python-evtx writes into one element Data.
var stringArray = regexp.MustCompile(`(?s)<string>(.*?)</string>`)

// insert adds a string of the event. Without a name it may be an array of strings.
func (r *record) insert(name, value string) {
	array := stringArray.FindAllStringSubmatch(value, -1)
	if name != "" {
		if r.named == nil {
			r.named = map[string]string{}
		}
		r.named[name] = value
	}
	if name != "" || array == nil {
		r.inserted = append(r.inserted, value)
		return
	}
	for _, element := range array {
		r.inserted = append(r.inserted, element[1])
	}
}

func unmarshal(text string, to any) error {
	var syntax *xml.SyntaxError
	err := xml.Unmarshal([]byte(text), to)
	if errors.As(err, &syntax) {
		return errors.New("damaged XML: " + syntax.Msg)
	}
	return err
}

// eventID reads the number of an event. The oldest programs keep other data in its upper half.
func eventID(text string) (int, error) {
	id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("event ID %.20q is not a number", text)
	}
	return int(id & 0xFFFF), nil
}

// parseObject reads an event whose properties are elements with their names in
// an attribute, as PowerShell writes objects to XML.
func parseObject(text string, unescape func(string) string) ([]record, error) {
	var p properties
	d := xml.NewDecoder(strings.NewReader(text))
	var path []string // the name of the property of each open element, if it has one
	var value strings.Builder
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			return nil, errors.New("damaged XML: " + syntax.Msg)
		} else if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := ""
			for _, attr := range token.Attr {
				if attr.Name.Local == "N" || attr.Name.Local == "Name" {
					name = attr.Value
				}
			}
			path = append(path, name)
			value.Reset()
		case xml.CharData:
			value.Write(token)
		case xml.EndElement:
			p.set(strings.Trim(strings.Join(path, "/"), "/"), unescape(value.String()))
			path = path[:len(path)-1]
			value.Reset()
		}
	}
	return one(p.record())
}

var hexEscapes = regexp.MustCompile(`(?:_x[0-9A-Fa-f]{4}_)+`)

// unescapeCLIXML decodes the characters that XML cannot have ([MS-PSRP] 2.2.5.3.2).
func unescapeCLIXML(text string) string {
	return hexEscapes.ReplaceAllStringFunc(text, func(s string) string {
		var units []uint16
		for ; s != ""; s = s[len("_x0000_"):] {
			unit, _ := strconv.ParseUint(s[2:6], 16, 16)
			units = append(units, uint16(unit))
		}
		return string(utf16.Decode(units))
	})
}
