package status

import (
	"fmt"
	"io"
	"strings"

	"proxyaddr/conflicts/memory"
	"proxyaddr/report/words"
)

// nagiosListed is how many cases the long text of a plugin has: Nagios reads 4 KiB.
const nagiosListed = 20

// Nagios writes the report like a plugin of Nagios, Icinga or Checkmk: a line with performance
// data, and lines with the news. The [Level] is the exit code that belongs to it.
func (r *Report) Nagios(w io.Writer) error {
	level, why := r.Level()
	var b strings.Builder
	fmt.Fprintf(&b, "PROXYADDR %s - %s", level, withoutBar(why))
	if data := r.performance(); data != "" {
		b.WriteString(" |" + data)
	}
	b.WriteString("\n")
	if r.reliable() {
		n := 0
		for _, c := range r.State.Cases {
			if !c.Status.News() {
				continue
			}
			if n++; n <= nagiosListed {
				fmt.Fprintf(&b, "%s %s: %s\n", c.ID, c.Status, withoutBar(words.Escape(c.Address())))
			}
		}
		if n > nagiosListed {
			fmt.Fprintf(&b, "and %d more\n", n-nagiosListed)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// performance returns the performance data.
func (r *Report) performance() string {
	var b strings.Builder
	if r.State != nil && !r.State.LastComplete.IsZero() {
		limit := ""
		if r.MaxAge > 0 {
			limit = fmt.Sprint(int64(r.MaxAge.Seconds()))
		}
		fmt.Fprintf(&b, " age=%ds;;%s;0", int64(memory.Age(r.State.LastComplete, r.Now).Seconds()), limit)
	}
	if r.reliable() {
		for _, s := range memory.Statuses {
			fmt.Fprintf(&b, " %s=%d;;;0", s, r.count(s))
		}
	}
	return b.String()
}

// withoutBar removes the character that begins performance data.
func withoutBar(s string) string { return strings.ReplaceAll(s, "|", "¦") }

type prtgDocument struct {
	PRTG struct {
		Result []prtgChannel `json:"result,omitempty"`
		// Error makes PRTG show the sensor as down, with the text.
		Error int    `json:"error,omitempty"`
		Text  string `json:"text"`
	} `json:"prtg"`
}

type prtgChannel struct {
	Channel string `json:"channel"`
	Value   int64  `json:"value"`
	Unit    string `json:"unit"`
	// Warning makes PRTG show the sensor with a warning.
	Warning int `json:"warning,omitempty"`
}

// maxPRTGText is how many characters of a text PRTG accepts.
const maxPRTGText = 2000

// PRTG writes the report like an EXE/Script Advanced sensor of PRTG. If the state is not
// reliable, it writes an error instead of channels.
func (r *Report) PRTG(w io.Writer) error {
	level, why := r.Level()
	d := &prtgDocument{}
	if text := []rune(why); len(text) > maxPRTGText {
		why = string(text[:maxPRTGText])
	}
	d.PRTG.Text = why
	if level >= Critical {
		d.PRTG.Error = 1
		return write(w, d)
	}
	add := func(name string, value int64, unit string, warning int) {
		d.PRTG.Result = append(d.PRTG.Result, prtgChannel{name, value, unit, warning})
	}
	for _, s := range memory.Statuses {
		n, warning := r.count(s), 0
		if n > 0 && s.News() {
			warning = 1
		}
		add(strings.ToUpper(string(s[:1]))+string(s[1:]), int64(n), "Count", warning)
	}
	add("Age of last complete run", int64(memory.Age(r.State.LastComplete, r.Now).Seconds()), "TimeSeconds", 0)
	return write(w, d)
}
