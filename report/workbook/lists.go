package workbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"proxyaddr/conflicts"
)

// The most that a spreadsheet program shows of the title and the text of a prompt.
const (
	maxPromptTitle = 32
	maxPrompt      = 255
)

// maxAreas is how many areas one element lists; there may be any number of elements.
const maxAreas = 500

// lists are the data validations of a sheet (ECMA-376 part 1 section 18.3.1.33), by which
// cells of its first column offer words to choose from.
type lists struct {
	xml   []byte
	count int
	areas []areas
}

// areas are rows that offer the same words.
type areas struct {
	words  []string
	ranges []rows
}

type rows struct{ first, last int }

// prompt adds the list of one cell, with a prompt of its own.
func (l *lists) prompt(row int, words []string, title, text string) {
	l.add("A"+strconv.Itoa(row), words, title, text)
}

// offer adds the list of one cell. Cells with the same words share a prompt.
func (l *lists) offer(row int, words []string) {
	for i := range l.areas {
		a := &l.areas[i]
		if !slices.Equal(a.words, words) {
			continue
		}
		if last := &a.ranges[len(a.ranges)-1]; last.last == row-1 {
			last.last = row
		} else {
			a.ranges = append(a.ranges, rows{row, row})
		}
		if len(a.ranges) > maxAreas {
			full := areas{a.words, a.ranges[:maxAreas]}
			l.addAreas(full)
			a.ranges = a.ranges[maxAreas:]
		}
		return
	}
	l.areas = append(l.areas, areas{slices.Clone(words), []rows{{row, row}}})
}

func (l *lists) addAreas(a areas) {
	var refs []string
	for _, r := range a.ranges {
		ref := "A" + strconv.Itoa(r.first)
		if r.last > r.first {
			ref += ":A" + strconv.Itoa(r.last)
		}
		refs = append(refs, ref)
	}
	l.add(strings.Join(refs, " "), a.words, "Decision", conflicts.Enumerate(a.words, "or")+". Empty means not decided.")
}

func (l *lists) add(cells string, words []string, title, text string) {
	l.count++
	l.xml = fmt.Appendf(l.xml, `<dataValidation type="list" allowBlank="1" showInputMessage="1" showErrorMessage="1" errorTitle="Not a decision" error="Write %s, or leave it empty." promptTitle="`,
		conflicts.Enumerate(words, "or"))
	l.xml = appendAttribute(l.xml, shorten(title, maxPromptTitle))
	l.xml = append(l.xml, `" prompt="`...)
	l.xml = appendAttribute(l.xml, shorten(text, maxPrompt))
	l.xml = fmt.Appendf(l.xml, `" sqref="%s"><formula1>"%s"</formula1></dataValidation>`, cells, strings.Join(words, ","))
}

// take returns the element of all lists, and begins anew.
func (l *lists) take() []byte {
	for _, a := range l.areas {
		l.addAreas(a)
	}
	var all []byte
	if l.count > 0 {
		all = fmt.Appendf(nil, `<dataValidations count="%d">%s</dataValidations>`, l.count, l.xml)
	}
	*l = lists{}
	return all
}

// shorten limits a string to a number of UTF-16 units.
func shorten(s string, limit int) string {
	units := 0
	end := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > limit {
			return s[:end] + "…"
		}
		if units < limit {
			end = i + len(string(r))
		}
	}
	return s
}

// appendAttribute appends a string as the value of an attribute.
func appendAttribute(b []byte, s string) []byte {
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			b = append(b, "&#10;"...)
		}
		for j, piece := range strings.Split(line, `"`) {
			if j > 0 {
				b = append(b, "&quot;"...)
			}
			b = appendText(b, piece)
		}
	}
	return b
}
