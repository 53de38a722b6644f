package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MaxDepth is how deep lists and objects may lie in each other in JSON.
const MaxDepth = 16

var (
	errDepth  = errors.New("lists and objects lie more than 16 deep in each other")
	errNoList = errors.New("neither an object nor a list of objects")
	errTwice  = errors.New("the object has this name twice")
)

// A budget ends reading when too much is read before it is filled again.
type budget struct {
	src  io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowSize
	}
	n, err := b.src.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// objects reads the objects of JSON: in a list, one alone, several behind each other, or in the
// "value" that Windows PowerShell and Microsoft Graph put around a list.
type objects struct {
	dec    *json.Decoder
	budget *budget
	lines  *lineCounter
	each   func(o object, line func() int) error
	goesOn bool // the last answer of a service has more pages
}

// An object has the values under each name, by what ConvertTo-Json makes of them.
type object []member

type member struct {
	name  string
	value value
}

// A value is text, a list of texts, or neither.
type value struct {
	text string
	list []string
	is   kind
	of   object // the members of an object
}

type kind int

const (
	aText kind = iota
	aList
	anObject
)

// A lineCounter counts the line ends that were read.
type lineCounter struct {
	src io.Reader
	n   int
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.src.Read(p)
	l.n += bytes.Count(p[:n], []byte("\n"))
	return n, err
}

// line returns the line up to which the JSON was parsed. It takes time, as the decoder may hold much
// of what follows.
func (r *objects) line() int {
	ahead, _ := io.ReadAll(r.dec.Buffered()) // from memory
	return 1 + r.lines.n - bytes.Count(ahead, []byte("\n"))
}

// readJSON hands over each object with what finds the line on which it ends, until each returns.
// It returns true if the objects are those of one page and more pages follow.
func readJSON(src io.Reader, each func(o object, line func() int) error) (goesOn bool, err error) {
	lines := &lineCounter{src: src}
	b := &budget{src: lines, left: MaxRow}
	r := &objects{dec: json.NewDecoder(b), budget: b, lines: lines, each: each}
	r.dec.UseNumber()
	for {
		t, err := r.dec.Token()
		if err == io.EOF {
			return r.goesOn, nil
		}
		if err == nil {
			err = r.top(t)
		}
		if err != nil {
			return false, r.placed(err)
		}
	}
}

// placed gives an error its line, unless it has one.
func (r *objects) placed(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
		err = errors.New("the JSON has no end: the file may be cut off")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		err = fmt.Errorf("not JSON: %w", syntax)
	}
	return &Error{Line: r.line(), Err: err}
}

// top reads a list of objects, or an object.
func (r *objects) top(t json.Token) error {
	switch t {
	case json.Delim('['):
		for r.dec.More() {
			t, err := r.dec.Token()
			if err != nil {
				return err
			}
			if t != json.Delim('{') {
				return errNoList
			}
			if err := r.object(false); err != nil {
				return err
			}
		}
		_, err := r.dec.Token()
		return err
	case json.Delim('{'):
		return r.object(true)
	}
	return errNoList
}

// object reads an object whose brace was read, and hands it over. One at the top can be around a
// list.
func (r *objects) object(top bool) error {
	o, around, err := r.members(top, 1)
	if around {
		r.goesOn = slices.ContainsFunc(o, func(m member) bool {
			return strings.EqualFold(strings.TrimPrefix(m.name, "@"), "odata.nextLink") && m.value.text != ""
		})
	}
	if err != nil || around {
		return err
	}
	r.budget.left = MaxRow
	return r.each(o, r.line)
}

// members reads the members of an object. If it may be around a list, it hands over the objects
// of the list.
func (r *objects) members(top bool, depth int) (o object, around bool, err error) {
	if depth > MaxDepth {
		return nil, false, errDepth
	}
	known := map[string]bool{}
	for r.dec.More() {
		t, err := r.dec.Token()
		if err != nil {
			return nil, false, err
		}
		name, _ := t.(string)
		if known[strings.ToLower(name)] {
			return nil, false, fmt.Errorf("%s: %w", excerpt(name), errTwice)
		}
		if known[strings.ToLower(name)] = true; len(known) > MaxColumns {
			return nil, false, errManyCells
		}
		if t, err = r.dec.Token(); err != nil {
			return nil, false, err
		}
		if top && strings.EqualFold(name, "value") && t == json.Delim('[') {
			if err := r.top(t); err != nil {
				return nil, false, err
			}
			around = true
			continue
		}
		v, err := r.value(t, depth+1)
		if err != nil {
			return nil, false, err
		}
		o = append(o, member{name, v})
	}
	_, err = r.dec.Token()
	return o, around, err
}

// value reads a value that begins with a token.
func (r *objects) value(t json.Token, depth int) (v value, err error) {
	if depth > MaxDepth {
		return v, errDepth
	}
	switch t := t.(type) {
	case string:
		v.text = t
	case json.Number:
		v.text = t.String()
	case bool:
		v.text = fmt.Sprint(t)
	case json.Delim:
		if t == '{' {
			v.is = anObject
			v.of, _, err = r.members(false, depth)
			return v.unwrapped(), err
		}
		v.is = aList
		for r.dec.More() {
			t, err := r.dec.Token()
			if err != nil {
				return v, err
			}
			one, err := r.value(t, depth+1)
			if err != nil {
				return v, err
			}
			if text := one.one(); text != "" {
				v.list = append(v.list, text)
			}
		}
		_, err = r.dec.Token()
	}
	return v, err
}

// unwrapped takes a value out of an object that only says more of it: the list or time of Windows
// PowerShell, or an address of Exchange.
func (v value) unwrapped() value {
	for _, name := range []string{"value", "ProxyAddressString"} {
		for _, m := range v.of {
			if strings.EqualFold(m.name, name) && m.value.is != anObject {
				return m.value
			}
		}
	}
	return v
}

// one returns a value in a list as text.
func (v value) one() string {
	if v.is == aList && len(v.list) == 1 {
		return v.list[0]
	}
	return v.text
}
