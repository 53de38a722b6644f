package ldapscan

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// searches are the searches that wrote an export, as far as ldapsearch and ldbsearch
// tell: whether each came to its end, and what it referred to other servers. The output
// of ldifde tells nothing of that, the output of ldapsearch -LLL only pages and
// references.
type searches struct {
	begun bool   // the last has not come to its end
	fresh bool   // only its first line was read
	paged bool   // the page that ended last is not the last of its search
	base  string // of the last search, as a DNKey
	found amount // since it began

	telling  bool // whether a search failed, or whether it was paged, shows
	closing  bool // its program writes an empty line after each record
	unclosed bool // the last has none

	ended      bool // and its count is not compared yet
	told, held amount

	bases    map[string]bool // of those that came to their end, by DNKey
	referred map[reference]bool
	problems []string
}

// A reference is a URL, and the base of the search that it came from, if known.
type reference struct{ base, url string }

// An amount is the size of a search result.
type amount struct{ entries, references int }

// maxRemarks bounds the memory for the remarks of a hostile export.
const maxRemarks = 1000

func newSearches() *searches {
	return &searches{bases: map[string]bool{}, referred: map[reference]bool{}}
}

// A passage is a part of an export: its place in the file, its number of entries, and the
// remarks between them.
type passage struct {
	start, end int64
	remarks    []remark
	entries    int
	adds       bool // the entries are written as ldifde does
}

type remark struct {
	ldif.Remark
	behind int // entries of the passage
}

func (p *passage) add(m ldif.Remark) { p.remarks = append(p.remarks, remark{m, p.entries}) }

// read adds the next passage.
func (s *searches) read(p passage) {
	s.closing, s.telling = s.closing || p.adds, s.telling || p.adds
	behind := 0
	for _, m := range p.remarks {
		s.found.entries += m.behind - behind
		behind = m.behind
		s.take(m.Remark)
	}
	s.found.entries += p.entries - behind
}

func (s *searches) take(m ldif.Remark) {
	switch {
	case m.Above && s.begun:
		return // it is the name of the entry
	case m.Kind == ldif.SearchEntries:
		s.told.entries = m.Count
		return
	case m.Kind == ldif.SearchReferences:
		s.told.references = m.Count
		return
	}
	s.compare()
	if m.Kind == ldif.RecordUnclosed {
		s.unclosed = true
		return
	}
	s.closing = true
	s.telling = s.telling || m.Kind == ldif.SearchBegins || m.Kind == ldif.PageEnds
	switch m.Kind {
	case ldif.SearchBegins:
		s.begin()
		s.fresh = true
	case ldif.SearchVersion:
		if !s.fresh {
			s.begin()
		}
		s.fresh = false
	case ldif.SearchBase:
		s.base = conflicts.DNKey(m.Text)
	case ldif.SearchReference:
		s.found.references += m.Count
		s.refer(m.Text)
	case ldif.PageEnds:
		s.paged = m.Text != ""
	case ldif.SearchEnds:
		if s.base != "" && len(s.bases) < maxRemarks {
			s.bases[s.base] = true
		}
		s.begun, s.fresh, s.base = false, false, ""
		s.ended, s.told, s.held = true, amount{}, s.found
		s.found = amount{}
	}
}

// begin handles the first line of a search, which ldapsearch repeats on every page.
func (s *searches) begin() {
	if s.begun && !s.paged {
		s.cutOff()
	}
	if !s.paged {
		s.found = amount{}
	}
	s.begun, s.paged, s.base = true, false, ""
}

func (s *searches) cutOff() {
	if s.paged {
		s.problem("ldapsearch stopped between two pages, so objects are missing: export again")
	} else {
		s.problem("the search has no end here, so objects may be missing: export again")
	}
}

// compare compares the records with the counts that a search reported.
func (s *searches) compare() {
	if s.ended && s.told != s.held {
		number := func(n int) string {
			if n == math.MaxInt {
				return "an unreadable number of"
			}
			return fmt.Sprint(n)
		}
		s.problem("the search found %s objects and %s references, but %d and %d are here: export again",
			number(s.told.entries), number(s.told.references), s.held.entries, s.held.references)
	}
	s.ended = false
}

func (s *searches) refer(url string) {
	key := reference{s.base, url}
	switch _, ok := s.referred[key]; {
	case ok:
	case len(s.referred) == maxRemarks:
		s.problem("the server referred to more than %d places", maxRemarks)
	default:
		s.referred[key] = true
	}
}

// problem notes why something is missing, each reason once.
func (s *searches) problem(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); len(s.problems) < maxRemarks && !slices.Contains(s.problems, text) {
		s.problems = append(s.problems, text)
	}
}

// end is called after the last passage. It returns the reasons why something is missing.
func (s *searches) end() []string {
	s.compare()
	if s.begun || s.paged {
		s.cutOff()
	} else if s.closing && s.unclosed {
		s.problem("the last record has no empty line behind it, so it may be cut off: export again")
	}
	for r := range s.referred {
		if r.base != "" && conflicts.DNKey(referredDN(r.url)) == r.base {
			s.problem("the server was asked for %s and referred to %s: export from that server", referredDN(r.url), r.url)
		}
	}
	return slices.Sorted(slices.Values(s.problems))
}

// unfollowed returns in order the partitions that were referred to, without those whose
// records are here (held tells by DNKey) and those in which nobody manages recipients.
func (s *searches) unfollowed(held func(string) bool) []string {
	list := map[string]string{}
	for r := range s.referred {
		dn := referredDN(r.url)
		key := conflicts.DNKey(dn)
		switch {
		case held(key), s.bases[key]:
		case dn != "" && !conflicts.DomainPartition(dn) && sameDN(conflicts.Partition(dn), dn):
		case dn == "":
			list[r.url] = r.url
		default:
			name := list[key]
			least(&name, dn)
			list[key] = name
		}
	}
	return slices.Sorted(maps.Values(list))
}
