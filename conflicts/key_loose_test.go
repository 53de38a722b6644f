package conflicts

import (
	_ "embed"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

//go:embed testdata/sortkeys.tsv
var sortKeys string

// sortKeyFacts are the lines of testdata/sortkeys.tsv: what each code point is equal to,
// "" for one that is ignored, and what some characters with a repeat mark behind them are.
type sortKeyFacts struct {
	equal map[rune]string
	marks []markFact
}

type markFact struct {
	first, last, mark rune
	equal             string // "=" if to nothing else
}

func readSortKeys(t testing.TB) sortKeyFacts {
	f := sortKeyFacts{equal: map[rune]string{}}
	characters := func(hex string) string {
		var s []rune
		for field := range strings.FieldsSeq(hex) {
			n, err := strconv.ParseUint(field, 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			s = append(s, rune(n))
		}
		return string(s)
	}
	for line := range strings.Lines(sortKeys) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		of, equal, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		switch equal {
		case "-":
			equal = ""
		case "=":
		default:
			equal = characters(equal)
		}
		of, mark, marked := strings.Cut(of, " ")
		from, to, _ := strings.Cut(of, "-")
		bounds := []rune(characters(from + " " + to))
		first, last := bounds[0], bounds[len(bounds)-1]
		if marked {
			f.marks = append(f.marks, markFact{first, last, []rune(characters(mark))[0], equal})
			continue
		}
		for r := first; r <= last; r++ {
			f.equal[r] = equal
		}
	}
	return f
}

// class returns what all strings "arb" share that are equal.
func (f *sortKeyFacts) class(r rune) string {
	equal, listed := f.equal[r]
	switch {
	case equal == string(repeatMark) || r == repeatMark || equal == string(longMark) || r == longMark:
		return "a"
	case !listed:
		return string(r)
	}
	return equal
}

// Between two letters every character of the BMP is equal to those that the table of sort
// keys says it is, and to no other.
func TestLooseKeysAreSortKeys(t *testing.T) {
	facts := readSortKeys(t)
	loose := func(s string) Key { return ParseAddress("smtp:a" + s + "b@contoso.com").LooseKey() }
	classes := map[Key]string{}
	points, missed, wrong := 0, 0, 0
	for r := rune(1); r <= 0xffff; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		points++
		class := facts.class(r)
		key := loose(string(r))
		if key != loose(class) {
			missed++
			t.Errorf("%U is not equal to %+q: %+q", r, class, key)
		}
		if other, known := classes[key]; known && other != class {
			wrong++
			t.Errorf("%U is equal to %+q", r, other)
		}
		classes[key] = class
	}
	t.Logf("%d code points in %d classes: %d missed, %d wrong", points, len(classes), missed, wrong)
	if points != 63487 {
		t.Error("these are not all code points")
	}
}

func TestRepeatMarks(t *testing.T) {
	facts := readSortKeys(t)
	if len(facts.marks) < 200 {
		t.Fatalf("only %d lines of repeat marks", len(facts.marks))
	}
	for _, m := range facts.marks {
		for r := m.first; r <= m.last; r++ {
			if same, listed := facts.equal[r]; listed && same != string(r) {
				continue // is no class of its own
			}
			got, want := loosenMarked(string([]rune{r, m.mark})), m.equal
			if want == "=" {
				want = string([]rune{r, repeatMark})
			}
			if got != want {
				t.Errorf("%U %U: %+q, want %+q", r, m.mark, got, want)
			}
		}
	}
	for s, want := range map[string]string{"xー": "xx", "ーx": "々x", "æー": "ae々", "カ\u3099ーゝー": "カアカア", "😀ー": "😀々", "ンー": "ンン"} {
		if got := loosenMarked(s); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}

// A key joins nothing that a loose key parts: the loose key, which is made of it, is that of
// the value as it is stored.
func FuzzKeyJoinsNoMoreThanLooseKey(f *testing.F) {
	for _, s := range []string{"Jos\u00c9", "e\u0301\u0327", "ſt\u0307", "\u1112\u1161\u11ab", "ᾼ\u0345", "\u09c7\u09be\u0301", "カー々", "µΩ\u212b", "İıI\u0307", "ﬃ", "\u13f8\uab70", "𐐀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return equalRune(r) == repeatMark || equalRune(r) == longMark }) {
			t.Skip() // a mark does not repeat ß, but one of ss
		}
		if got, want := loosen(fold(s)), loosenMarked(s); got != want {
			t.Errorf("%+q: %+q by the key %+q, want %+q", s, got, fold(s), want)
		}
	})
}

func TestEveryKeyJoinsNoMoreThanLooseKey(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		s := string(r)
		key := fold(s)
		if got, want := loosen(key), loosenMarked(s); got != want && equalRune(r) != longMark {
			t.Errorf("%U: %+q by the key %+q, want %+q", r, got, key, want)
		}
		if again := fold(key); again != key {
			t.Errorf("%U: key %+q has the key %+q", r, key, again)
		}
	}
}

func BenchmarkAppendLooseKey(b *testing.B) {
	for name, value := range map[string]string{"ASCII": "SMTP:jane.doe@contoso.com", "Latin": "smtp:jürgen.müller@contoso.com", "Cyrillic": "smtp:иван.петров@contoso.com",
		"Japanese": "smtp:佐々木.サービス@contoso.com", "Vietnamese": "smtp:nguyễn.phượng@contoso.com"} {
		b.Run(name, func(b *testing.B) {
			var room [256]byte
			b.ReportAllocs()
			for b.Loop() {
				AppendLooseKey(room[:0], []byte(value), false)
			}
		})
	}
}
