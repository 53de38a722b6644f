package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The forms in which directories are exported: those of ldapsearch with -LLL and
// without, and that of ldifde.
var forms = []string{"entries alone", "ldapsearch", "ldifde"}

// export writes a directory in a form, everything else in one of the ways there are:
// the order of records, attributes and values, base64, folds, ends of lines and the
// encoding.
func (d directory) export(form string, r *rand.Rand) string {
	w := &exporter{Rand: r, base64: r.IntN(3), fold: r.IntN(3)}
	wide := w.one(8) && w.base64 > 0
	records := slices.Clone(d)
	r.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	if form == "ldapsearch" {
		w.text("# extended LDIF\n#\n# LDAPv3\n# base <DC=ex,DC=com> with scope subtree\n# filter: (objectClass=*)\n# requesting: ALL\n#\n\n")
	} else if w.one(2) {
		w.text("version: 1\n\n")
	}
	for n, o := range records {
		if form == "ldapsearch" {
			w.text(fmt.Sprintf("# %d, ex.com\n", n))
		}
		w.line("dn", o.dn)
		if form == "ldifde" {
			w.text("changetype: add\n")
		}
		names := slices.Sorted(maps.Keys(o.values))
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			values := slices.Sorted(slices.Values(o.values[name]))
			if name != "objectClass" { // whose order tells what is derived from what
				r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
			} else {
				values = o.values[name]
			}
			for _, value := range values {
				w.line(name, value)
			}
		}
		w.text("\n")
	}
	if form == "ldapsearch" {
		w.text(fmt.Sprintf("# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: %d\n# numEntries: %d\n", len(records)+1, len(records)))
	}
	text := w.String()
	if w.one(2) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	switch {
	case wide:
		return inUTF16(text)
	case w.one(4):
		return "\xef\xbb\xbf" + text
	}
	return text
}

// inParts returns the records of a directory of which several exports were put behind each
// other: some objects are there twice, or with a part of their values in each record.
func (d directory) inParts(r *rand.Rand) directory {
	records := d.clone()
	for i, o := range d {
		second := &object{o.dn, map[string][]string{}}
		switch r.IntN(4) {
		case 0:
			records = append(records, o)
		case 1:
			for _, name := range slices.Sorted(maps.Keys(o.values)) {
				switch values := o.values[name]; name {
				case "objectGUID", "isDeleted", "objectClass": // in whatever part of an object is asked for
					second.values[name] = values
				default:
					at := r.IntN(len(values) + 1)
					records[i].values[name], second.values[name] = values[:at], values[at:]
				}
			}
			records = append(records, second)
		}
	}
	return records
}

func inUTF16(text string) string {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

// A exporter writes lines, in base64 where they have to be (0), where they are not ASCII
// as well (1), or now and then (2), and folded now and then unless fold is 0.
type exporter struct {
	*rand.Rand
	strings.Builder
	base64, fold int
}

func (w *exporter) one(n int) bool { return w.IntN(n) == 0 }

func (w *exporter) text(s string) { w.WriteString(s) }

func (w *exporter) line(name, value string) {
	ascii := !strings.ContainsFunc(value, func(r rune) bool { return r >= utf8.RuneSelf })
	plain := value == "" || !strings.ContainsAny(value[:1], " :<") && !strings.ContainsAny(value, "\x00\r\n") && !strings.HasSuffix(value, " ")
	if !plain || w.base64 > 0 && !ascii || w.base64 == 2 && w.one(3) {
		name, value = name+":", base64.StdEncoding.EncodeToString([]byte(value))
	}
	if w.one(8) {
		name = strings.ToLower(name)
	}
	line := name + ": " + value
	for w.fold > 0 && w.one(2) && len(line) > 2 {
		at := 1 + w.IntN(len(line)-1)
		if w.fold == 1 {
			at = min(76, len(line)-1)
		}
		w.text(line[:at] + "\n ")
		line = line[at:]
	}
	w.text(line + "\n")
}
