package words

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscapeShowsWhatATerminalObeysAndWhatNobodySees(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", `CN=Doe\, Jane (HR)`, `CN=Doe\, Jane (HR)`},
		{"scripts", "José 山田　太郎 Иван عربي हिन्दी", "José 山田　太郎 Иван عربي हिन्दी"},
		{"line ends", "a\r\nb\tc", `a\r\nb\tc`},
		{"escape sequence", "\x1b[2J\x07\u009b1m\x7f", `\x1b[2J\a\u009b1m\x7f`},
		{"bidirectional override", "gpj\u202eexe\u2066\u2069", `gpj\u202eexe\u2066\u2069`},
		{"zero width", "a\u200bb\u200dc\ufeffd\u00ade", `a\u200bb\u200dc\ufeffd\u00ade`},
		{"fillers", "\u3164\u115f\u034f\ufe0f\U000e0041", `\u3164\u115f\u034f\ufe0f\U000e0041`},
		{"spaces", "a\u00a0b\u2003c", `a\u00a0b\u2003c`},
		{"separators", "a\u2028b\u2029c", `a\u2028b\u2029c`},
		{"not UTF-8", "caf\xe9\xff", `caf\xe9\xff`},
		{"replacement character", "\ufffd", "\ufffd"},
	}
	for _, tt := range tests {
		if got := Escape(tt.in); got != tt.want {
			t.Errorf("%s: Escape(%+q) = %+q, want %+q", tt.name, tt.in, got, tt.want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\x1b[31m\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Escape(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, Hidden) {
			t.Errorf("Escape(%+q) = %+q", s, got)
		}
		if again := Escape(got); again != got {
			t.Errorf("Escape of %+q is %+q", got, again)
		}
	})
}
