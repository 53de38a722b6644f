package statedir

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

// errNewer is the error for a state that a newer version wrote.
var errNewer = errors.New("written by a newer version of proxyaddr")

// decode reads the output of encode, which people may have edited, and accepts nothing else.
func decode(text string) (*memory.State, int64, error) {
	if !utf8.ValidString(text) {
		return nil, 0, errors.New("not UTF-8 text")
	}
	d := &decoder{scanner{text: text}}
	if len(text) == 0 {
		return nil, 0, errors.New("the file is empty")
	}
	s := &memory.State{}
	var history int64
	first := true
	d.object(func(name string) bool {
		if first && name != "schema_version" {
			d.failf("no schema_version")
			return true
		}
		first = false
		switch name {
		case "schema_version":
			d.version()
		case "key_rules":
			s.KeyRules = int(d.count())
		case "history_length":
			history = d.count()
		case "scope":
			d.scope(&s.Scope)
		case "last_run":
			d.run(&s.Last)
		case "last_complete":
			s.LastComplete = d.moment()
		case "partitions":
			d.array(func() { s.Partitions = append(s.Partitions, d.partition()) })
		case "bookmark":
			s.Bookmark = d.bookmark()
		case "ended_suppressions":
			d.array(func() { s.Ended = append(s.Ended, d.ended()) })
		case "conflicts":
			d.array(func() { s.Cases = append(s.Cases, d.conflict()) })
		default:
			return false
		}
		return true
	}, "schema_version", "key_rules", "history_length", "scope", "last_run", "partitions", "ended_suppressions", "conflicts")
	d.end()
	if d.err != nil {
		return nil, 0, d.err
	}
	return s, history, nil
}

type decoder struct{ scanner }

func (d *decoder) version() {
	switch n := d.count(); {
	case d.err != nil || n == schemaVersion:
	case n > schemaVersion:
		d.fail(fmt.Errorf("%w: its schema version is %d, this one reads %d", errNewer, n, schemaVersion))
	default:
		d.failf("schema version %d: this version reads %d", n, schemaVersion)
	}
}

func (d *decoder) scope(s *memory.Scope) {
	d.object(func(name string) bool {
		switch name {
		case "forests":
			s.Forests = d.strings()
		case "base":
			s.Base = d.strings()
		case "exclude":
			s.Exclude = d.strings()
		default:
			return false
		}
		return true
	}, "forests", "base", "exclude")
}

func (d *decoder) run(r *memory.Run) {
	d.object(func(name string) bool {
		switch name {
		case "number":
			r.Number = int(d.count())
		case "time":
			r.Time = d.moment()
		case "duration_ms":
			r.Duration = d.milliseconds()
		case "version":
			r.Version = d.string()
		case "account":
			r.Account = d.string()
		case "complete":
			r.Complete = d.bool()
		case "baseline":
			r.Baseline = d.bool()
		case "incremental":
			r.Incremental = d.bool()
		case "exit_code":
			r.ExitCode = int(d.count())
		case "incomplete_reasons":
			r.Problems = d.strings()
		case "counts":
			r.Counts = tallies(d, memory.Statuses)
		case "findings":
			r.Findings = tallies(d, conflicts.FindingKinds)
		case "suppressions":
			d.suppressionCounts(&r.Suppressions)
		default:
			return false
		}
		return true
	}, "number", "time", "complete", "exit_code")
}

// tallies reads counts, and accepts only known names.
func tallies[K ~string](d *decoder, known []K) map[K]int {
	counts := map[K]int{}
	d.object(func(name string) bool {
		if !slices.Contains(known, K(name)) {
			return false
		}
		counts[K(name)] = int(d.count())
		return true
	})
	return counts
}

func (d *decoder) suppressionCounts(c *memory.SuppressionCounts) {
	d.object(func(name string) bool {
		switch name {
		case "active":
			c.Active = int(d.count())
		case "expired":
			c.Expired = int(d.count())
		case "unmatched":
			c.Unmatched = int(d.count())
		case "next_end":
			c.NextEnd = d.day()
		default:
			return false
		}
		return true
	}, "active", "expired", "unmatched")
}

func (d *decoder) partition() (p memory.Partition) {
	d.object(func(name string) bool {
		switch name {
		case "name", "name" + base64Suffix:
			p.Name = d.exact(name)
		case "objects":
			p.Objects = int(d.count())
		case "values":
			p.Values = int(d.count())
		default:
			return false
		}
		return true
	}, "objects", "values")
	return p
}

func (d *decoder) ended() (e memory.Ended) {
	d.object(func(name string) bool {
		switch name {
		case "address", "address" + base64Suffix:
			e.Address = d.exact(name)
		case "until":
			e.Until = d.moment()
		default:
			return false
		}
		return true
	}, "until")
	return e
}

// exact reads the output of the encoder's exact.
func (d *decoder) exact(name string) string {
	text := d.string()
	if _, encoded := trimSuffix(name); !encoded || d.err != nil {
		return text
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		d.failf("%q is not base64", text)
	}
	return string(b)
}

func (d *decoder) conflict() *memory.Case {
	c := &memory.Case{}
	d.object(func(name string) bool {
		switch name {
		case "id":
			c.ID = d.string()
		case "aliases":
			c.Aliases = d.strings()
		case "class":
			c.Class = oneOf(d, conflicts.Classes)
		case "status":
			c.Status = oneOf(d, memory.Statuses)
		case "reason":
			c.Reason = memory.Reason(d.string())
		case "first_seen":
			c.FirstSeen = d.moment()
		case "last_seen":
			c.LastSeen = d.moment()
		case "news":
			c.News = oneOf(d, memory.Statuses)
		case "news_at":
			c.NewsAt = d.moment()
		case "resolved":
			c.ResolvedAt = d.moment()
		case "owners":
			c.Owners = d.owners()
		case "suppression":
			c.Cover = d.cover()
		default:
			return false
		}
		return true
	}, "id", "class", "status", "first_seen", "last_seen", "owners")
	switch {
	case d.err != nil:
	case c.Address() == "":
		d.failf("%s: no owner with a value", c.ID)
	case (c.Status == memory.Resolved) == c.ResolvedAt.IsZero():
		d.failf("%s: resolved, or with a date on which it was, but not both", c.ID)
	case c.Status == memory.Suppressed && c.Cover == nil:
		d.failf("%s: suppressed without a suppression", c.ID)
	}
	return c
}

// oneOf reads one word of a list.
func oneOf[T ~string](d *decoder, known []T) T {
	word := d.string()
	if i := slices.Index(known, T(word)); i >= 0 {
		return known[i]
	}
	d.failf("%q is not one of %v", word, known)
	return ""
}

func (d *decoder) cover() *memory.Cover {
	c := &memory.Cover{}
	d.object(func(name string) bool {
		switch name {
		case "until":
			if d.space(); strings.HasPrefix(d.text[d.at:], `"never"`) {
				d.string()
			} else {
				c.Until = d.day()
			}
		case "reason":
			c.Reason = d.string()
		case "by":
			c.By = d.string()
		case "class":
			c.Class = oneOf(d, conflicts.Classes)
		case "owners":
			c.Owners = d.owners()
		case "broken":
			c.Broken = d.bool()
		default:
			return false
		}
		return true
	}, "until", "owners", "class")
	return c
}

func (d *decoder) owners() []memory.Owner {
	owners := make([]memory.Owner, 0, 2)
	d.array(func() { owners = append(owners, d.owner()) })
	return owners
}

func (d *decoder) owner() (o memory.Owner) {
	d.object(func(name string) bool {
		switch name {
		case "guid":
			text := d.string()
			if d.err != nil {
				return true
			}
			var err error
			if o.GUID, err = conflicts.ParseGUID(text); err != nil {
				d.fail(err)
			}
		case "dn", "dn" + base64Suffix:
			o.DN = d.exact(name)
		case "values":
			o.Values = append(d.strings(), o.Values...)
		case "values" + base64Suffix:
			d.array(func() { o.Values = append(o.Values, d.exact(name)) })
		case "written":
			o.Written = d.moment()
		case "version":
			o.Version = int(d.count())
		default:
			return false
		}
		return true
	})
	if d.err == nil && o.GUID == (conflicts.GUID{}) && o.DN == "" {
		d.failf("an owner without guid and dn")
	}
	return o
}
