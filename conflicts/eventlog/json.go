package eventlog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// inJSON is the format of programs that write each event as an object: ConvertTo-Json of
// PowerShell, which may put them into an array, evtx_dump and EvtxECmd.
var inJSON = format{
	name:  "JSON",
	split: splitObject,
	filler: func(text []byte) bool {
		return strings.Trim(string(heading.ReplaceAll(text, nil)), " \t\r\n[],") == ""
	},
	parse: parseJSON,
}

// splitObject finds the first object. It ends a damaged object early, so that the objects after
// it are found.
func splitObject(data []byte, eof bool) (start, end int) {
	start = bytes.IndexByte(data, '{')
	if start < 0 {
		return len(data), 0
	}
	var open []byte
	before := byte(0) // the last character that is not white space
	quoted := false
	for i := start; i < len(data); i++ {
		c := data[i]
		switch {
		case quoted && c == '\\':
			i++
			continue
		case quoted && c == '\n':
			return start, i
		case c == '"':
			quoted = !quoted
		case quoted || c == ' ' || c == '\t' || c == '\r' || c == '\n':
			continue
		case c == '{' && len(open) > 0 && open[len(open)-1] == '{' && before != ':':
			return start, i
		case c == '{' || c == '[':
			open = append(open, c)
		case c == '}' || c == ']':
			if open = open[:len(open)-1]; len(open) == 0 {
				return start, i + 1
			}
		}
		before = c
	}
	return start, 0
}

func parseJSON(text string) ([]record, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return nil, errors.New("damaged JSON: " + err.Error())
	}
	if event, ok := object["Event"]; ok {
		return one(parseEventJSON(event))
	}
	var p properties
	for _, name := range slices.Sorted(maps.Keys(object)) {
		p.setJSON(name, object[name])
	}
	return one(p.record())
}

// setJSON sets a property of any type.
func (p *properties) setJSON(name string, value json.RawMessage) {
	var (
		text  string
		array []json.RawMessage
		inner struct{ Value json.RawMessage }
	)
	switch {
	case json.Unmarshal(value, &text) == nil:
		p.set(name, text)
	case json.Unmarshal(value, &array) == nil:
		for _, value := range array {
			p.setJSON(name+"/", value)
		}
	case json.Unmarshal(value, &inner) == nil:
		if inner.Value != nil {
			p.setJSON(name+"/value", inner.Value)
		}
	default:
		p.set(name, string(value))
	}
}

// parseEventJSON reads event XML that evtx_dump, or another program, wrote as JSON.
func parseEventJSON(text []byte) (record, error) {
	var event map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&event); err != nil {
		return record{}, errors.New("damaged JSON: " + err.Error())
	}
	system := event["System"]
	id, err := eventID(scalar(member(system, "EventID")))
	r := record{
		id:       id,
		provider: attribute(system, "Provider", "Name"),
		computer: scalar(member(system, "Computer")),
		logged:   parseMoment(attribute(system, "TimeCreated", "SystemTime")).utc(),
		message:  scalar(member(member(event, "RenderingInfo"), "Message")),
	}
	r.insertJSON(event["EventData"])
	return r, err
}

// insertJSON adds the strings of an element EventData.
func (r *record) insertJSON(eventData any) {
	object, _ := eventData.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch {
		case name == "Data":
			r.insertData(object[name])
		case name != "Binary" && !strings.HasPrefix(name, "#") && !strings.HasPrefix(name, "@"):
			r.insert(name, scalar(object[name]))
		}
	}
}

// insertData adds what stands for the elements Data: a string, or a list of them, each of which
// may have a name.
func (r *record) insertData(data any) {
	switch data := data.(type) {
	case []any:
		for _, element := range data {
			r.insertData(element)
		}
	case map[string]any:
		if list, ok := data["#text"].([]any); ok {
			r.insertData(list)
			return
		}
		r.insert(cmp.Or(scalar(data["@Name"]), scalar(member(data["#attributes"], "Name"))), scalar(data))
	case string:
		r.insert("", data)
	}
}

// member returns a member of an object, or nil.
func member(object any, name string) any {
	members, _ := object.(map[string]any)
	return members[name]
}

// scalar returns the text of an element, which is an object if the element has attributes.
func scalar(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	case map[string]any:
		if _, nested := value["#text"].(map[string]any); !nested {
			return scalar(value["#text"])
		}
	}
	return ""
}

// attribute returns an attribute of an element, in any of the ways to write it.
func attribute(parent any, element, name string) string {
	return cmp.Or(
		scalar(member(member(member(parent, element), "#attributes"), name)),
		scalar(member(member(parent, element+"_attributes"), name)),
		scalar(member(member(parent, element), "@"+name)),
	)
}
