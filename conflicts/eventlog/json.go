package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// convertToJSON is the format of ConvertTo-Json of PowerShell: an object, or an array of objects.
var convertToJSON = format{
	name:   "JSON",
	split:  splitObject,
	filler: func(text []byte) bool { return strings.Trim(string(text), " \t\r\n[],") == "" },
	parse:  parseJSON,
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
