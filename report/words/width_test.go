package words

import (
	"slices"
	"testing"
)

func TestColumnsAreThoseOfATerminal(t *testing.T) {
	for s, want := range map[string]int{
		"Jane": 4, "José": 4, "Jose\u0301": 4, "山田": 4, "ＡＢ": 4, "ｱｲ": 2, "한글": 4, "\u1112\u1161\u11ab": 2, "😀": 2, "Иван": 4, "हिन्दी": 5,
	} {
		if got := Columns(s); got != want {
			t.Errorf("Columns(%+q) = %d, want %d", s, got, want)
		}
	}
}

// A name is broken behind its commas, and all of it is there.
func TestWrapDN(t *testing.T) {
	for _, tt := range []struct {
		dn    string
		limit int
		want  []string
	}{
		{"CN=Jane,DC=com", 14, []string{"CN=Jane,DC=com"}},
		{"CN=Jane,DC=com", 13, []string{"CN=Jane,", "DC=com"}},
		{`CN=Doe\, Jane,OU=HR,DC=com`, 16, []string{`CN=Doe\, Jane,`, "OU=HR,DC=com"}},
		{`CN=Back\\,OU=HR`, 10, []string{`CN=Back\\,`, "OU=HR"}},
		{"CN=ABCDEFGHIJKL,DC=com", 8, []string{"CN=ABCDE", "FGHIJKL,", "DC=com"}},
		{"CN=山田太郎,DC=com", 7, []string{"CN=山田", "太郎,", "DC=com"}},
		{"CN=山", 1, []string{"C", "N", "=", "山"}},
		{"", 5, []string{""}},
	} {
		if got := WrapDN(tt.dn, tt.limit); !slices.Equal(got, tt.want) {
			t.Errorf("WrapDN(%q, %d) = %q, want %q", tt.dn, tt.limit, got, tt.want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, tt := range []struct {
		text  string
		limit int
		want  []string
	}{
		{"smtp:a@b.example  (the same)", 20, []string{"smtp:a@b.example", "(the same)"}},
		{"smtp:abcdefgh@b.example (x)", 10, []string{"smtp:abcde", "fgh@b.exam", "ple (x)"}},
		{"CN=Bob,DC=example x", 12, []string{"CN=Bob,", "DC=example x"}},
		{"to CN=Bob,OU=Users,DC=example", 14, []string{"to", "CN=Bob,", "OU=Users,", "DC=example"}},
		{"abcdefe\u0301", 6, []string{"abcdef", "e\u0301"}},
		{"", 5, []string{""}},
	} {
		if got := Fold(tt.text, tt.limit); !slices.Equal(got, tt.want) {
			t.Errorf("Fold(%q, %d) = %q, want %q", tt.text, tt.limit, got, tt.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string][]string{
		"a bc d": {"a bc", "d"}, "abcdef g": {"abcdef", "g"}, "ab cd": {"ab", "cd"}, " abc": {" abc"}, "a  b": {"a  b"}, "abc  d": {"abc ", "d"}, "abcd ": {"abcd", ""}, "": {""},
	} {
		if got := slices.Collect(Wrap(text, 4, Columns)); !slices.Equal(got, want) {
			t.Errorf("Wrap(%q) = %q, want %q", text, got, want)
		}
	}
}
