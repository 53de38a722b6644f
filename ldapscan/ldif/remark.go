package ldif

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// A Remark is a sign of whether an input is complete. Most come from OpenLDAP's
// ldapsearch, which writes them about its search between the entries
// (clients/tools/ldapsearch.c): in comments, and without -L also in lines that are not
// LDIF. Some come from Samba's ldbsearch (lib/ldb/tools/ldbsearch.c).
type Remark struct {
	Kind RemarkKind
	// Text is the base of a search of the whole subtree, the URL of a reference, or the cookie
	// for the next page in base64.
	Text string
	// Count is a number, math.MaxInt if it cannot be read. A reference has 0 if its URL
	// is an alternative to the one before (RFC 4511 section 4.5.3).
	Count int
	// Above says that the remark is directly above a record, where ldapsearch also writes
	// the name of its entry.
	Above bool
}

// RemarkKind is the kind of a Remark.
type RemarkKind uint8

const (
	SearchBegins     RemarkKind = iota // "# extended LDIF", the first line without -L; "# record 1" of ldbsearch
	SearchVersion                      // "# LDAPv3", the first comment with -L, the third without
	SearchBase                         // "# base <DC=example,DC=com> with scope subtree"
	SearchReference                    // "ref: ldap://…", with -L to -LLL "# refldap://…"
	PageEnds                           // "pagedresults: cookie=…", with -L to -LLL in a comment. Without Text it is the last page.
	SearchEnds                         // "# numResponses: 3", the first line after a search that ended, not with -LL; "# returned 2 records"
	SearchEntries                      // "# numEntries: 1", after it unless there are none; "# 1 entries"
	SearchReferences                   // "# numReferences: 1", likewise; "# 1 referrals"
	VersionAlone                       // "version: 1" and a blank line, the first lines with -L and -LL
	RecordUnclosed                     // the input ends without the blank line that ldapsearch and ldifde write after a record
)

// remarkIn returns the remark in a comment.
func remarkIn(comment []byte) (m Remark, ok bool) {
	const shortest = len("# LDAPv3")
	if len(comment) < shortest || comment[1] != ' ' {
		return m, false
	}
	text := comment[2:]
	switch text[0] {
	case 'e':
		m.Kind = SearchBegins
		ok = string(text) == "extended LDIF"
	case 'L':
		m.Kind = SearchVersion
		ok = bytes.HasPrefix(text, []byte("LDAPv")) && len(text) == len("LDAPv3")
	case 'b':
		m.Kind = SearchBase
		if text, ok = bytes.CutPrefix(text, []byte("base <")); ok {
			end := max(bytes.LastIndexByte(text, '>'), 0)
			if bytes.Contains(text[end:], []byte(" with scope sub")) {
				m.Text = string(text[:end])
			}
		}
	case 'r':
		if string(text) == "record 1" {
			return Remark{Kind: SearchBegins}, true
		}
		if bytes.HasPrefix(text, []byte("returned ")) && bytes.HasSuffix(text, []byte(" records")) {
			return Remark{Kind: SearchEnds}, true
		}
		m.Kind = SearchReference
		const scheme = "refldap"
		if ok = len(text) > len(scheme) && strings.EqualFold(string(text[:len(scheme)]), scheme) && bytes.Contains(text, []byte("://")); ok {
			m.Text = string(text[len("ref"):])
		}
	case 'p':
		if text, ok = bytes.CutPrefix(text, []byte("pagedresults: ")); ok {
			m, ok = pageEnds(text)
		}
	case 'n':
		name, digits, _ := bytes.Cut(text, []byte(": "))
		m, ok = counts(name, digits)
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		digits, name, _ := bytes.Cut(text, []byte(" "))
		m, ok = counts(name, digits)
	}
	return m, ok
}

var counted = map[string]RemarkKind{"numResponses": SearchEnds, "numEntries": SearchEntries, "numReferences": SearchReferences,
	"entries": SearchEntries, "referrals": SearchReferences}

// counts reads a count of search results.
func counts(name, digits []byte) (m Remark, ok bool) {
	if m.Kind, ok = counted[string(name)]; ok {
		var err error
		if m.Count, err = strconv.Atoi(string(digits)); err != nil {
			m.Count = math.MaxInt
		}
	}
	return m, ok
}

// pageEnds reads "cookie=…" or "estimate=100 cookie=…".
func pageEnds(text []byte) (m Remark, ok bool) {
	_, cookie, ok := bytes.Cut(text, []byte("cookie="))
	return Remark{Kind: PageEnds, Text: string(cookie)}, ok
}

// remarks hands over the remarks in the current lines, with or without a record.
func (r *Reader) remarks(record bool) {
	if r.versioned && !record && len(r.fields) == 0 {
		r.Remark(Remark{Kind: VersionAlone})
	}
	fields, references := r.fields, 0
	for i, l := range r.lines.record {
		var m Remark
		var ok bool
		switch {
		case l.comment:
			m, ok = remarkIn(r.lines.text(l))
			m.Above = record && r.namesEntry(i)
		case !record && len(fields) > 0 && fields[0].line == l.number:
			switch f := fields[0]; {
			case f.is("ref"):
				m, ok = Remark{Kind: SearchReference, Text: string(f.value)}, true
			case f.is("pagedresults"):
				m, ok = pageEnds(f.value)
			}
			fields = fields[1:]
		}
		if ok && m.Kind == SearchReference {
			if references++; references == 1 {
				m.Count = 1
			}
		}
		if ok {
			r.Remark(m)
		}
	}
	if record && r.lines.unclosed {
		r.Remark(Remark{Kind: RecordUnclosed})
	}
}

// namesEntry reports whether a comment is directly above the line with the name.
func (r *Reader) namesEntry(i int) bool {
	below := r.lines.record[i+1:]
	for len(below) > 0 && below[0].comment && r.lines.text(below[0])[0] != '#' {
		below = below[1:]
	}
	return len(below) > 0 && !below[0].comment && below[0].number == r.fields[0].line
}
