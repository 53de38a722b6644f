package page

import (
	"fmt"
	"html/template"
	"time"

	"proxyaddr/report/words"
)

// A timeline shows when the owners of an address were created and written.
type timeline struct {
	Rows  []timelineRow
	Ticks []tick
}

// A timelineRow is the row of one owner. Places are percentages of the width.
type timelineRow struct {
	Name                       string
	Keeps                      bool
	From, To                   string // the line between its first and last mark
	Created, Written, Restored string // "" if not known
	Facts                      []template.HTML
}

// A tick names a place on the axis.
type tick struct{ Place, Anchor, Text string }

// Timeline returns the timeline of the owners that are shown, nil if no date is known.
func (c *card) Timeline() *timeline {
	s := scale{}
	for _, o := range c.Shown() {
		s.widen(o.Created.Time())
		s.widen(o.Written.Time)
		s.widen(o.Restored())
	}
	if s.first.IsZero() {
		return nil
	}
	t := &timeline{Ticks: s.ticks()}
	for _, o := range c.Shown() {
		row := timelineRow{Name: o.Title(), Keeps: o.Keeps, Facts: o.dates()}
		row.Created, row.Written, row.Restored = s.place(o.Created.Time()), s.place(o.Written.Time), s.place(o.Restored())
		own := scale{}
		own.widen(o.Created.Time())
		own.widen(o.Written.Time)
		own.widen(o.Restored())
		row.From, row.To = s.place(own.first), s.place(own.last)
		t.Rows = append(t.Rows, row)
	}
	return t
}

// dates are the same in words.
func (o *ownerCard) dates() []template.HTML {
	var facts []template.HTML
	if o.Created != 0 {
		facts = append(facts, say("created %s", o.Created.Time()))
	}
	switch w := o.Written; {
	case !w.Known():
	case o.Created == 0:
		facts = append(facts, say("written %s", w.Time))
	default:
		facts = append(facts, "written "+later(o.Created.Time(), w.Time))
	}
	if restored := o.Restored(); !restored.IsZero() {
		facts = append(facts, say("restored %s", restored))
	}
	switch {
	case len(facts) == 0:
		return []template.HTML{"no dates known"}
	case o.Written.Known() && o.Written.Server() != "":
		facts = append(facts, say("on %s", o.Written.Server()))
	}
	return facts
}

// later says how long after a first time a second one was, or when that was if it is long.
func later(first, second time.Time) template.HTML {
	switch d := second.Sub(first); {
	case d == 0:
		return "at once"
	case d > 0 && d < 48*time.Hour:
		return template.HTML(apart(d) + " later")
	}
	return date(second)
}

// apart writes a span of time in its largest unit.
func apart(d time.Duration) string {
	d = d.Abs()
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d.Round(time.Minute)/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d.Round(time.Hour)/time.Hour)
	}
	return words.Quantity(int(d.Round(24*time.Hour)/(24*time.Hour)), "day")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// A scale places times between a first and a last one.
type scale struct{ first, last time.Time }

func (s *scale) widen(t time.Time) {
	if t.IsZero() {
		return
	}
	if s.first.IsZero() || t.Before(s.first) {
		s.first = t
	}
	if t.After(s.last) {
		s.last = t
	}
}

// moment is the span below which times count as one.
const moment = 10 * time.Second

func (s *scale) place(t time.Time) string {
	switch span := s.last.Sub(s.first); {
	case t.IsZero():
		return ""
	case span < moment:
		return "50%"
	default:
		const margin = 3 // percent, for the marks at the ends
		return fmt.Sprintf("%.1f%%", margin+(100-2*margin)*float64(t.Sub(s.first))/float64(span))
	}
}

// ticks labels the axis with years, days or seconds. Years widen the scale to whole ones.
func (s *scale) ticks() []tick {
	const year = 365 * 24 * time.Hour
	s.first, s.last = s.first.UTC(), s.last.UTC()
	span := s.last.Sub(s.first)
	ends := func(first, last string) []tick {
		return []tick{{s.place(s.first), "start", s.first.Format(first)}, {s.place(s.last), "end", s.last.Format(last)}}
	}
	switch {
	case span < moment:
		return []tick{{"50%", "middle", s.first.Format("2006-01-02 15:04")}}
	case span < 48*time.Hour:
		return ends("2006-01-02 15:04:05", "15:04:05")
	case span < 2*year:
		return ends(time.DateOnly, time.DateOnly)
	}
	from, to := s.first.Year(), s.last.Year()+1
	january := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	s.first, s.last = january(from), january(to)
	const most = 6
	step := (to - from + most - 1) / most
	var ticks []tick
	for y := from; y <= to; y += step {
		ticks = append(ticks, tick{s.place(january(y)), "middle", fmt.Sprint(y)})
	}
	return ticks
}
