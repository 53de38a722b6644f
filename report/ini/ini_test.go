package ini

import (
	"fmt"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	text := mark + "# first\r\n\n [ C-A ] \nname = a = b # c\nname=\n = x\nword\n[open\nlast=1"
	var got []string
	for l := range Lines(text) {
		got = append(got, fmt.Sprintf("%d %d %q %q", l.Number, l.Kind, l.Name, l.Value))
	}
	want := `1 2 "" ""
2 1 "" ""
3 3 "C-A" ""
4 4 "name" "a = b # c"
5 4 "name" ""
6 0 "" ""
7 0 "" ""
8 0 "" ""
9 4 "last" "1"`
	if joined := strings.Join(got, "\n"); joined != want {
		t.Errorf("got\n%s\nwant\n%s", joined, want)
	}
}

func FuzzLines(f *testing.F) {
	f.Add("[a]\nb = c\n")
	f.Add(mark + "[")
	f.Fuzz(func(t *testing.T, text string) {
		var raw strings.Builder
		for l := range Lines(text) {
			raw.WriteString(l.Raw)
			if strings.TrimSpace(l.Name) != l.Name || strings.TrimSpace(l.Value) != l.Value || l.Kind != Setting && l.Value != "" {
				t.Errorf("%+v", l)
			}
		}
		if raw.String() != text {
			t.Errorf("%q became %q", text, raw.String())
		}
	})
}
