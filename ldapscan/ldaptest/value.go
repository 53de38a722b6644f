package ldaptest

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// binaryAttributes are the attributes, in lower case, whose values compare as bytes even
// if they happen to be text.
var binaryAttributes = map[string]bool{
	"attributesecurityguid": true,
	"invocationid":          true,
	"ms-ds-consistencyguid": true,
	"msexcharchiveguid":     true,
	"msexchmailboxguid":     true,
	"ntsecuritydescriptor":  true,
	"objectguid":            true,
	"objectsid":             true,
	"replpropertymetadata":  true,
	"schemaidguid":          true,
	"sidhistory":            true,
	"usercertificate":       true,
}

// foldFor returns the form in which values of an attribute compare. Its name is in lower case.
func foldFor(attribute string, value []byte) []byte {
	if binaryAttributes[attribute] {
		return value
	}
	return fold(value)
}

// fold removes case from text and leaves other bytes alone.
func fold(value []byte) []byte {
	if !utf8.Valid(value) {
		return value
	}
	return bytes.ToLower(value)
}

// compare orders integers by their numbers and other values as text.
func compare(a, b []byte) int {
	x, errX := strconv.ParseInt(string(a), 10, 64)
	y, errY := strconv.ParseInt(string(b), 10, 64)
	switch {
	case errX != nil || errY != nil:
		return bytes.Compare(a, b)
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// attribute is one attribute of an entry. Neither it nor its values ever change.
type attribute struct {
	name   string
	key    string // the name in lower case
	values [][]byte
}

func newAttribute(name string, values ...[]byte) attribute {
	return attribute{name: name, key: strings.ToLower(name), values: values}
}

func textAttribute(name string, values ...string) attribute {
	a := newAttribute(name)
	for _, v := range values {
		a.values = append(a.values, []byte(v))
	}
	return a
}

// index returns the position of a value equal to the given one, or -1.
func (a attribute) index(value []byte) int {
	value = foldFor(a.key, value)
	for i, v := range a.values {
		if bytes.Equal(foldFor(a.key, v), value) {
			return i
		}
	}
	return -1
}

func (a attribute) has(value string) bool { return a.index([]byte(value)) >= 0 }
