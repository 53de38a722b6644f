package words

import "testing"

func TestShortenKeepsBothEnds(t *testing.T) {
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"CN=Jane,DC=com", 14, "CN=Jane,DC=com"},
		{"CN=Jane,DC=com", 13, "CN=Ja...C=com"},
		{"CN=Jane,DC=com", 12, "CN=Ja...=com"},
		{"山田太郎山田太郎", 9, "山...太郎"},
		{"山田太郎山田太郎", 10, "山田...郎"},
		{"abcdefe\u0301", 5, "a...e\u0301"},
		{"abcdefghe\u0301", 4, "a..."},
		{"", 0, ""},
	}
	for _, tt := range tests {
		got := Shorten(tt.in, tt.limit)
		if got != tt.want || Columns(got) > max(tt.limit, len(ellipsis)) {
			t.Errorf("Shorten(%q, %d) = %q of %d columns, want %q", tt.in, tt.limit, got, Columns(got), tt.want)
		}
	}
}

func TestColumnsAreThoseOfATerminal(t *testing.T) {
	for s, want := range map[string]int{
		"Jane": 4, "José": 4, "Jose\u0301": 4, "山田": 4, "ＡＢ": 4, "ｱｲ": 2, "한글": 4, "\u1112\u1161\u11ab": 2, "😀": 2, "Иван": 4, "हिन्दी": 5,
	} {
		if got := Columns(s); got != want {
			t.Errorf("Columns(%+q) = %d, want %d", s, got, want)
		}
	}
}
