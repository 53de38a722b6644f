package eventlog

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Time is the time at which an event was logged, as far as the input tells. Most exports write
// local time without the zone.
type Time struct {
	// Time is the instant in UTC if Zoned is set, and otherwise the local time in an unknown
	// zone. It is zero if the meaning of Text is not certain, for example because it is unknown
	// whether the day or the month comes first.
	Time  time.Time
	Zoned bool
	Text  string // as written; empty if the input has no time
}

// String returns the time with its zone, or that the zone is unknown, or the text.
func (s Time) String() string {
	switch {
	case s.Time.IsZero():
		return s.Text
	case s.Zoned:
		return s.Time.Format("2006-01-02 15:04:05 UTC")
	}
	return s.Time.Format("2006-01-02 15:04:05") + " (zone unknown)"
}

// The orders in which a date is written.
const (
	monthFirst = iota
	dayFirst
	orders
)

// A moment is a time as written, in each order that its date may have.
type moment struct {
	text  string
	at    [orders]time.Time // zero where the order gives no date
	zoned bool
}

func (m moment) time(order int) Time {
	return Time{Time: m.at[order], Zoned: m.zoned, Text: m.text}
}

// utc returns a moment that is known to be written in UTC, though without a zone.
func (m moment) utc() moment {
	m.zoned = m.zoned || m.rank() == 2 && m.at[monthFirst] == m.at[dayFirst]
	return m
}

// rank says how precisely a moment is known.
func (m moment) rank() int {
	switch {
	case m.zoned:
		return 3
	case m.at != [orders]time.Time{}:
		return 2
	case m.text != "":
		return 1
	}
	return 0
}

var (
	dateTime = regexp.MustCompile(`\b(\d{1,4})([-./]) ?(\d{1,2})[-./] ?(\d{1,4})\.?(?:,? +|T|\s+\pL+:\s*)` +
		`(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?( ?[AaPp]\.?[Mm]\b\.?|Z| UTC\b|[+-]\d{2}:?\d{2})?`)
	// spelled is a time with the English name of the month, as C and evtxexport write it.
	spelled = regexp.MustCompile(`\b([A-Z][a-z]{2}) {1,2}(\d{1,2})(?:, (\d{4}))? (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?: (\d{4}))?( UTC)?`)
	aDate   = regexp.MustCompile(`^\d{1,4}[-./] ?\d{1,2}[-./] ?\d{1,4}\b`)
	// otherClock is a word after a time that may name the half of the day.
	otherClock = regexp.MustCompile(`^ ?\pL[\pL.]{0,3}(?:[^\pL\pN:_-]|$)`)
	// milliseconds is a time in the JSON of Windows PowerShell.
	milliseconds = regexp.MustCompile(`^\\?/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\\?/$`)
	// invisible are the marks for the writing direction that Windows puts into dates.
	invisible = strings.NewReplacer("\u200E", "", "\u200F", "", "\u202F", " ", "\u00A0", " ")
)

// parseMoment reads a time as Windows writes it, in the formats of any country that write it in
// digits.
func parseMoment(text string) moment {
	text = strings.TrimSpace(text)
	m := moment{text: text}
	if ms := milliseconds.FindStringSubmatch(text); ms != nil {
		n, _ := strconv.ParseInt(ms[1], 10, 64)
		m.zoned = true
		m.at[monthFirst] = time.UnixMilli(n).UTC()
		m.at[dayFirst] = m.at[monthFirst]
		return m
	}
	text = invisible.Replace(text)
	if at := dateTime.FindStringSubmatchIndex(text); at != nil {
		m.read(text, at)
	} else if at := spelled.FindStringSubmatch(text); at != nil {
		m.spell(at)
	}
	return m
}

// lastMoment returns the last time in a text.
func lastMoment(text string) (moment, bool) {
	text = invisible.Replace(text)
	last := func(re *regexp.Regexp) []int {
		all := re.FindAllStringSubmatchIndex(text, -1)
		if len(all) == 0 {
			return []int{-1, -1}
		}
		return all[len(all)-1]
	}
	digits, name := last(dateTime), last(spelled)
	if digits[0] < 0 && name[0] < 0 {
		return moment{}, false
	}
	if digits[0] < name[0] {
		m := moment{text: text[name[0]:name[1]]}
		m.spell(spelled.FindStringSubmatch(m.text))
		return m, true
	}
	m := moment{text: text[digits[0]:digits[1]]}
	m.read(text, digits)
	return m, true
}

// spell sets the time from a match of spelled.
func (m *moment) spell(part []string) {
	fraction := (part[7] + "000000000")[:9]
	t, err := time.Parse("Jan 2 2006 15:04:05.000000000",
		fmt.Sprintf("%s %s %s %s:%s:%s.%s", part[1], part[2], part[3]+part[8], part[4], part[5], part[6], fraction))
	if err == nil && t.Year() >= 1000 {
		m.at, m.zoned = [orders]time.Time{t, t}, part[9] != ""
	}
}

// read sets the time from a match of dateTime.
func (m *moment) read(text string, at []int) {
	group := func(i int) string {
		if at[2*i] < 0 {
			return ""
		}
		return text[at[2*i]:at[2*i+1]]
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(group(i))
		return n
	}
	hour, half := number(5), strings.ToLower(strings.Trim(group(9), " ."))
	zone := time.UTC
	switch {
	case half == "":
		if otherClock.MatchString(text[at[1]:]) {
			return
		}
	case half[0] == 'a' || half[0] == 'p':
		if hour < 1 || hour > 12 {
			return
		}
		hour %= 12
		if half[0] == 'p' {
			hour += 12
		}
	default:
		m.zoned = true
		if half != "z" && half != "utc" {
			east, _ := strconv.Atoi(half[1:3])
			minutes, _ := strconv.Atoi(half[len(half)-2:])
			offset := (east*60 + minutes) * 60
			if half[0] == '-' {
				offset = -offset
			}
			zone = time.FixedZone("", offset)
		}
	}
	fraction, _ := strconv.Atoi((group(8) + "000000000")[:9])
	date := func(year, month, day int) time.Time {
		t := time.Date(year, time.Month(month), day, hour, number(6), number(7), fraction, zone)
		if year < 1000 || int(t.Month()) != month || t.Day() != day || t.Hour() != hour || t.Minute() != number(6) {
			return time.Time{}
		}
		return t.UTC()
	}
	a, b, c := number(1), number(3), number(4)
	switch {
	case len(group(1)) == 4:
		m.at[monthFirst] = date(a, b, c)
		m.at[dayFirst] = m.at[monthFirst]
	case group(2) == ".":
		m.at[dayFirst] = date(c, b, a)
		m.at[monthFirst] = m.at[dayFirst]
	default:
		m.at[monthFirst] = date(c, a, b)
		m.at[dayFirst] = date(c, b, a)
	}
	if m.at == [orders]time.Time{} {
		m.zoned = false
	}
}

// A calendar finds out in which order an input writes its dates: one date that is impossible in
// an order rules the order out.
type calendar struct{ ruledOut [orders]bool }

func (c *calendar) see(m moment) {
	for order, t := range m.at {
		if t.IsZero() && m.rank() > 1 {
			c.ruledOut[order] = true
		}
	}
}

// order returns the order of dates, if it is certain.
func (c *calendar) order() (order int, certain bool) {
	if c.ruledOut[monthFirst] {
		return dayFirst, !c.ruledOut[dayFirst]
	}
	return monthFirst, c.ruledOut[dayFirst]
}

// A period is the time from the first to the last of some moments. Only the most precise moments
// count.
type period struct {
	rank        int
	seen        [2]moment      // first and last in the order of the input
	first, last [orders]moment // in the order of time
}

func (p *period) add(m moment) {
	switch rank := m.rank(); {
	case rank == 0 || rank < p.rank:
		return
	case rank > p.rank:
		*p = period{rank: rank, seen: [2]moment{m, m}, first: [orders]moment{m, m}, last: [orders]moment{m, m}}
		return
	}
	p.seen[1] = m
	for order, t := range m.at {
		if t.Before(p.first[order].at[order]) {
			p.first[order] = m
		}
		if !t.Before(p.last[order].at[order]) {
			p.last[order] = m
		}
	}
}

// ends returns the first and the last moment. If the order of dates matters and is unknown, they
// are the first and the last in the input, and have only a text.
func (p *period) ends(c calendar) (first, last Time) {
	order, certain := c.order()
	if !certain && (p.first[monthFirst] != p.first[dayFirst] || p.last[monthFirst] != p.last[dayFirst] ||
		p.first[order].at[monthFirst] != p.first[order].at[dayFirst] || p.last[order].at[monthFirst] != p.last[order].at[dayFirst]) {
		return Time{Text: p.seen[0].text}, Time{Text: p.seen[1].text}
	}
	return p.first[order].time(order), p.last[order].time(order)
}
