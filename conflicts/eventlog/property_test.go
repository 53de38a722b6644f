package eventlog

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"
)

// A rdn is a part of a name as the directory has it.
type rdn struct{ typ, value string }

// slashes writes a name, root first, as Exchange does.
func slashes(name []rdn, separator string) string {
	var parts []string
	for _, part := range slices.Backward(name) {
		parts = append(parts, part.typ+"="+part.value)
	}
	return strings.Join(parts, separator)
}

// parts reads a distinguished name as an LDAP client does.
func parts(t *testing.T, name string) (all []rdn) {
	dn, err := ldap.ParseDN(name)
	if err != nil {
		t.Fatalf("%q: %v", name, err)
	}
	for _, r := range dn.RDNs {
		all = append(all, rdn{strings.ToLower(r.Attributes[0].Type), r.Attributes[0].Value})
	}
	return all
}

// sentences are the forms in which Exchange tells of two names.
var sentences = map[string]func(a, b []rdn) string{
	"2000": func(a, b []rdn) string {
		return "Two objects in the Directory have the same proxy - /" + slashes(a, "/") + " and /" + slashes(b, "/") + "."
	},
	"2007": func(a, b []rdn) string {
		return "Two objects in the directory have the same proxy - " + slashes(a, "/") + " and " + slashes(b, "/")
	},
	"doubled": func(a, b []rdn) string {
		return "Two objects in the directory have the same proxy - //" + slashes(a, "//") + " and //" + slashes(b, "//") + "."
	},
}

// exports are the forms in which a sentence comes.
var exports = map[string]func(sentence string) string{
	"text": func(s string) string { return s },
	"xml": func(s string) string {
		var b strings.Builder
		xml.EscapeText(&b, []byte(s))
		return "<Event><System><Provider Name='MSExchangeIS'/><EventID>9514</EventID></System><RenderingInfo><Message>" + b.String() + "</Message></RenderingInfo></Event>"
	},
	"json": func(s string) string {
		b, _ := json.Marshal(map[string]any{"Id": 9514, "Message": s})
		return string(b)
	},
	"csv": func(s string) string {
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.Write([]string{"Warning", "2024-05-14 10:00:00", "MSExchangeIS", "9514", "General", s})
		w.Flush()
		return b.String()
	},
	"mail": func(s string) string {
		lines := []string{">"}
		for word := range strings.SplitSeq(s, " ") {
			if last := len(lines) - 1; utf8.RuneCountInString(lines[last]+" "+word) <= 72 {
				lines[last] += " " + word
			} else {
				lines = append(lines, "> "+word)
			}
		}
		return strings.Join(lines, "\n")
	},
}

type generator struct{ *rand.Rand }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) name(value func() string) []rdn {
	name := []rdn{{"cn", value()}}
	for range g.IntN(4) {
		name = append(name, rdn{pick(g, "ou", "cn"), value()})
	}
	return append(name, rdn{"dc", pick(g, "contoso", "fabrikam-2", "münchen")}, rdn{"dc", "example"})
}

// tame makes a value as people give names.
func (g generator) tame() string {
	words := []string{"Ann", "Bob", "Łukasz", "O'Neil", "Groß", "Анна", "כהן", "R&D", "Sales", "(24x7)", "and", "@home", "a=b", "42", "#2", "Lee,", "GmbH;", "A+B", `"Big"`, "<x>", "24/7", "w//o", "Q1/x"}
	first := pick(g, words...)
	if g.IntN(10) == 0 {
		first = strings.Repeat("ü", 255)
	}
	for range g.IntN(3) {
		first += " " + pick(g, words...)
	}
	return first + pick(g, "", "", " x")
}

func (g generator) pair() (a, b []rdn) {
	for strings.EqualFold(slashes(a, "/"), slashes(b, "/")) {
		a, b = g.name(g.tame), g.name(g.tame)
	}
	return a, b
}

// Whatever names people give, and whatever form the event comes in, the true
// names are the best reading.
func TestTameNames(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(1, 2))}
	for range 300 {
		a, b := g.pair()
		for form, sentence := range sentences {
			for export, write := range exports {
				input := write(sentence(a, b))
				log, err := Read("input", strings.NewReader(input))
				if err != nil {
					t.Fatalf("%s, %s: %v\n%s", form, export, err, input)
				}
				if i := place(t, log, a, b); i != 0 {
					t.Fatalf("%s, %s: reading %d is right\n%s\n%q", form, export, i, input, log.Events[0].Readings)
				}
			}
		}
	}
}

// A console breaks lines where they are full, also within words. Then the true
// names are among the readings.
func TestConsole(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(5, 6))}
	for range 300 {
		a, b := g.pair()
		for form, sentence := range sentences {
			var lines []string
			for line := range slices.Chunk([]rune(sentence(a, b)), 80) {
				lines = append(lines, string(line))
			}
			input := strings.Join(lines, "\r\n")
			if strings.Contains(input, "\n>") {
				continue // looks cited
			}
			log, err := Read("input", strings.NewReader(input))
			if err != nil {
				t.Fatalf("%s: %v\n%s", form, err, input)
			}
			if place(t, log, a, b) < 0 {
				t.Fatalf("%s: the true names are missing\n%s\n%q", form, input, log.Events[0].Readings)
			}
		}
	}
}

// place returns which reading is the true one, or -1.
func place(t *testing.T, log *Log, a, b []rdn) int {
	if len(log.Events) != 1 || len(log.Damaged) > 0 {
		t.Fatalf("%d events, damaged: %v", len(log.Events), log.Damaged)
	}
	return slices.IndexFunc(log.Events[0].Readings, func(pair [2]string) bool {
		return slices.Equal(parts(t, pair[0]), a) && slices.Equal(parts(t, pair[1]), b)
	})
}

// However names mimic the sentence they stand in, or another part of a name, the
// true names are among the readings: one trick at a time.
func TestHostileNames(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(3, 4))}
	tricks := []func(string) string{
		func(s string) string { return s + " and dc=x" },
		func(s string) string { return "x and /dc=a/cn=" + s },
		func(s string) string { return s + " and " },
		func(s string) string { return " " + s },
		func(s string) string { return s + " " },
		func(s string) string { return s + "." },
		func(s string) string { return s + ".. " },
		func(s string) string { return s + ". " + s },
		func(s string) string { return s + "/cn=" + s },
		func(s string) string { return "/ou=" + s },
		func(s string) string { return s + "/cn=x/dc=y" },
		func(s string) string { return s + "/l=1/x=2" },
		func(s string) string { return s + "/Q1=" + s },
		func(s string) string { return s + `\, ` + s },
		func(s string) string { return s + `\` },
		func(s string) string { return `\0A` + s },
		func(s string) string { return `#` + s + `#` },
		func(s string) string { return s + " Two objects" },
		func(s string) string { return "dc=" + s },
		func(s string) string { return s + "\x7f\x01" },
	}
	for i, trick := range tricks {
		for range 40 {
			a, b := g.pair()
			victim := pick(g, a, b)
			part := g.IntN(len(victim) - 2)
			victim[part].value = trick(victim[part].value)
			for form, sentence := range sentences {
				input := sentence(a, b)
				log, err := Read("input", strings.NewReader(exports["json"](input)))
				if err != nil {
					t.Fatalf("trick %d, %s: %v\n%s", i, form, err, input)
				}
				if place(t, log, a, b) < 0 {
					t.Fatalf("trick %d, %s: the true names are missing\n%s\n%q", i, form, input, log.Events[0].Readings)
				}
			}
			// Kept apart, the names hold no riddle but their parts.
			var data bytes.Buffer
			for _, name := range [][]rdn{a, b} {
				fmt.Fprint(&data, "<Data>")
				xml.EscapeText(&data, []byte(slashes(name, "/")))
				fmt.Fprint(&data, "</Data>")
			}
			if strings.Contains(data.String(), "\uFFFD") {
				continue // a character that XML does not have
			}
			log, err := Read("input", strings.NewReader("<Event><System><Provider Name='MSExchangeIS'/><EventID>9514</EventID></System><EventData>"+data.String()+"</EventData></Event>"))
			if err != nil {
				t.Fatalf("trick %d: %v\n%s", i, err, data.String())
			}
			if place(t, log, a, b) < 0 {
				t.Fatalf("trick %d: the true names are missing\n%s\n%q", i, data.String(), log.Events[0].Readings)
			}
		}
	}
}
