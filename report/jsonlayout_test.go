package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestLayOut(t *testing.T) {
	long := strings.Repeat("x", lineWidth)
	for text, want := range map[string]string{
		`{"a":1}`:                        "{\n>  \"a\": 1\n>}",
		`{}`:                             "{}",
		`{"a":{"b":[1,"c,:\"]}\\"]}}`:    "{\n>  \"a\": {\"b\": [1, \"c,:\\\"]}\\\\\"]}\n>}",
		`{"a":["` + long + `",{"b":2}]}`: "{\n>  \"a\": [\n>    \"" + long + "\",\n>    {\"b\": 2}\n>  ]\n>}",
	} {
		if got := string(layOut(nil, []byte(text), ">", "  ")); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", text, got, want)
		}
	}
}

// Whatever stands in a text, it stays the same but for spaces.
func FuzzLayOut(f *testing.F) {
	f.Add(`{"a":"\\","b":["\"{[,:",-1.5e3,null,true,{}],"c":{"d":[]}}`)
	f.Add(`[" \\\" ",{"":[[]]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var compact, again bytes.Buffer
		if json.Compact(&compact, []byte(text)) != nil {
			t.Skip()
		}
		if err := json.Compact(&again, layOut(nil, compact.Bytes(), "", "  ")); err != nil || again.String() != compact.String() {
			t.Errorf("%v\n%s\nwant\n%s", err, again.String(), compact.String())
		}
	})
}
