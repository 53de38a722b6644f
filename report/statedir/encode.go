package statedir

import (
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/report/words"
)

// schemaVersion is the version of state.json. It grows with every new field, as unknown ones are
// errors.
const schemaVersion = 1

// encode writes the text of a state.json, a line for each conflict. It keeps only a part of it in
// memory.
func encode(w io.Writer, s *memory.State, history int64) error {
	e := &encoder{to: w, text: make([]byte, 0, 2*partSize), first: true}
	e.raw("{\n  ")
	e.number("schema_version", schemaVersion)
	e.line()
	e.number("key_rules", int64(s.KeyRules))
	e.line()
	e.number("history_length", history)
	e.line()
	e.name("scope")
	e.object(func() {
		e.strings("forests", s.Scope.Forests)
		e.strings("base", s.Scope.Base)
		e.strings("exclude", s.Scope.Exclude)
	})
	e.line()
	e.name("last_run")
	e.object(func() { e.run(&s.Last) })
	if !s.LastComplete.IsZero() {
		e.line()
		e.moment("last_complete", s.LastComplete)
	}
	e.line()
	array(e, "partitions", s.Partitions, e.partition)
	e.line()
	if s.Bookmark != nil {
		e.name("bookmark")
		e.object(func() { e.bookmark(s.Bookmark) })
		e.line()
	}
	array(e, "ended_suppressions", s.Ended, func(x *memory.Ended) {
		e.exact("address", x.Address)
		e.moment("until", x.Until)
	})
	e.line()
	array(e, "conflicts", s.Cases, func(c **memory.Case) { e.conflict(*c) })
	e.raw("\n}\n")
	e.flush()
	return e.err
}

// partSize is how many bytes are written at once.
const partSize = 64 << 10

// An encoder appends JSON to a text, and writes it in parts.
type encoder struct {
	to   io.Writer
	err  error // the first error of writing
	text []byte
	// first says that no comma is needed.
	first bool
}

func (e *encoder) flush() {
	if e.err == nil {
		_, e.err = e.to.Write(e.text)
	}
	e.text = e.text[:0]
}

func (e *encoder) raw(s string) { e.text = append(e.text, s...) }

// line begins another line of the document.
func (e *encoder) line() {
	e.raw(",\n  ")
	e.first = true
}

// name begins a field.
func (e *encoder) name(name string) {
	if !e.first {
		e.raw(", ")
	}
	e.first = false
	e.text = append(e.text, '"')
	e.raw(name)
	e.raw(`": `)
}

func (e *encoder) object(fields func()) {
	e.raw("{")
	e.first = true
	fields()
	e.first = false
	e.raw("}")
}

// array writes a field with objects, each on a line.
func array[T any](e *encoder, name string, list []T, fields func(*T)) {
	e.name(name)
	e.raw("[")
	for i := range list {
		if i > 0 {
			e.raw(",")
		}
		e.raw("\n    ")
		e.object(func() { fields(&list[i]) })
		if len(e.text) >= partSize {
			e.flush()
		}
	}
	if len(list) > 0 {
		e.raw("\n  ")
	}
	e.raw("]")
}

func (e *encoder) number(name string, n int64) {
	e.name(name)
	e.text = strconv.AppendInt(e.text, n, 10)
}

func (e *encoder) bool(name string, b bool) {
	e.name(name)
	e.text = strconv.AppendBool(e.text, b)
}

// some writes a string unless it is empty.
func (e *encoder) some(name, s string) {
	if s != "" {
		e.name(name)
		e.value(s)
	}
}

func (e *encoder) moment(name string, t time.Time) {
	e.name(name)
	e.text = append(e.text, '"')
	e.text = t.UTC().AppendFormat(e.text, time.RFC3339)
	e.text = append(e.text, '"')
}

func (e *encoder) strings(name string, list []string) {
	e.name(name)
	e.raw("[")
	for i, s := range list {
		if i > 0 {
			e.raw(", ")
		}
		e.value(s)
	}
	e.raw("]")
}

// base64Suffix marks the name of a field whose value is not UTF-8.
const base64Suffix = "_base64"

// exact writes a string that may not be UTF-8.
func (e *encoder) exact(name, s string) {
	if !plain(s) && !utf8.ValidString(s) {
		name, s = name+base64Suffix, base64.StdEncoding.EncodeToString([]byte(s))
	}
	e.name(name)
	e.value(s)
}

// plain reports whether a string is written as it is. Nearly all are.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// value writes a string. It escapes invisible and control characters.
func (e *encoder) value(s string) {
	e.text = append(e.text, '"')
	if plain(s) {
		e.text = append(append(e.text, s...), '"')
		return
	}
	from := 0
	for i, r := range s {
		if r >= ' ' && r <= '~' && r != '"' && r != '\\' || r > '~' && r != utf8.RuneError && !words.Hidden(r) {
			continue
		}
		e.raw(s[from:i])
		size := utf8.RuneLen(r)
		switch {
		case r == '"' || r == '\\':
			e.text = append(e.text, '\\', byte(r))
		case r == utf8.RuneError:
			_, size = utf8.DecodeRuneInString(s[i:])
			e.raw("\ufffd")
		case r > 0xffff:
			high, low := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			e.text = fmt.Appendf(e.text, `\u%04x\u%04x`, high, low)
		default:
			e.text = fmt.Appendf(e.text, `\u%04x`, r)
		}
		from = i + size
	}
	e.raw(s[from:])
	e.text = append(e.text, '"')
}

func (e *encoder) run(r *memory.Run) {
	e.number("number", int64(r.Number))
	e.moment("time", r.Time)
	e.number("duration_ms", milliseconds(r))
	e.some("version", r.Version)
	e.some("account", r.Account)
	e.bool("complete", r.Complete)
	e.bool("baseline", r.Baseline)
	if r.Incremental {
		e.bool("incremental", true)
	}
	e.number("exit_code", int64(r.ExitCode))
	e.strings("incomplete_reasons", r.Problems)
	if r.Counts != nil {
		counts(e, "counts", r.Counts)
	}
	counts(e, "findings", r.Findings)
	e.name("suppressions")
	e.object(func() {
		e.number("active", int64(r.Suppressions.Active))
		e.number("expired", int64(r.Suppressions.Expired))
		e.number("unmatched", int64(r.Suppressions.Unmatched))
		if !r.Suppressions.NextEnd.IsZero() {
			e.some("next_end", r.Suppressions.NextEnd.Format(memory.Day))
		}
	})
}

// milliseconds returns how long a run took, 0 if a clock was set back meanwhile.
func milliseconds(r *memory.Run) int64 { return max(0, r.Duration.Milliseconds()) }

func counts[K ~string](e *encoder, name string, counts map[K]int) {
	e.name(name)
	e.object(func() {
		for _, k := range slices.Sorted(maps.Keys(counts)) {
			e.number(string(k), int64(counts[k]))
		}
	})
}

func (e *encoder) partition(p *memory.Partition) {
	e.exact("name", p.Name)
	e.number("objects", int64(p.Objects))
	e.number("values", int64(p.Values))
}

func (e *encoder) conflict(c *memory.Case) {
	e.some("id", c.ID)
	if len(c.Aliases) > 0 {
		e.strings("aliases", c.Aliases)
	}
	e.some("class", string(c.Class))
	e.some("status", string(c.Status))
	e.some("reason", string(c.Reason))
	e.moment("first_seen", c.FirstSeen)
	e.moment("last_seen", c.LastSeen)
	if !c.NewsAt.IsZero() {
		e.some("news", string(c.News))
		e.moment("news_at", c.NewsAt)
	}
	if !c.ResolvedAt.IsZero() {
		e.moment("resolved", c.ResolvedAt)
	}
	e.owners(c.Owners)
	if c.Cover == nil {
		return
	}
	e.name("suppression")
	e.object(func() {
		until := "never"
		if !c.Cover.Until.IsZero() {
			until = c.Cover.Until.Format(memory.Day)
		}
		e.some("until", until)
		e.some("reason", c.Cover.Reason)
		e.some("by", c.Cover.By)
		e.some("class", string(c.Cover.Class))
		e.owners(c.Cover.Owners)
		if c.Cover.Broken {
			e.bool("broken", true)
		}
	})
}

func (e *encoder) owners(owners []memory.Owner) {
	e.name("owners")
	e.raw("[")
	for i := range owners {
		if i > 0 {
			e.raw(", ")
		}
		o := &owners[i]
		e.object(func() {
			if o.GUID != (conflicts.GUID{}) {
				e.name("guid")
				e.raw(`"`)
				e.text = o.GUID.Append(e.text)
				e.raw(`"`)
			}
			if o.DN != "" {
				e.exact("dn", o.DN)
			}
			if len(o.Values) > 0 {
				e.values(o.Values)
			}
			if !o.Written.IsZero() {
				e.moment("written", o.Written)
				e.number("version", int64(o.Version))
			}
		})
	}
	e.raw("]")
}

// values writes those that are UTF-8, and then the others in base64.
func (e *encoder) values(values []string) {
	if !slices.ContainsFunc(values, func(v string) bool { return !plain(v) && !utf8.ValidString(v) }) {
		e.strings("values", values)
		return
	}
	var plain, other []string
	for _, v := range values {
		if utf8.ValidString(v) {
			plain = append(plain, v)
		} else {
			other = append(other, base64.StdEncoding.EncodeToString([]byte(v)))
		}
	}
	if plain != nil {
		e.strings("values", plain)
	}
	e.strings("values"+base64Suffix, other)
}

// trimSuffix returns the name of a field without base64Suffix, and whether it had it.
func trimSuffix(name string) (string, bool) { return strings.CutSuffix(name, base64Suffix) }
