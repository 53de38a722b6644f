package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// Writers come back from JSON as they were, whatever bytes the log had.
func TestWritersComeBack(t *testing.T) {
	for _, w := range []conflicts.Writer{
		{Attribute: "mail", Value: "a@x.example", Account: `CORP\hrfeed`, Computer: "DC1", Logged: "2023-05-15 09:41:12 UTC", Replaced: "b@x.example"},
		{Attribute: "proxyAddresses", Value: "smtp:\xff", Account: "\xfe", Computer: "", Logged: "", Replaced: ""},
	} {
		var b bytes.Buffer
		if err := json.NewEncoder(&b).Encode(newWriterJSON(&w)); err != nil {
			t.Fatal(err)
		}
		var j writerJSON
		if err := json.Unmarshal(b.Bytes(), &j); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(w, j.read()); diff != "" {
			t.Error(diff)
		}
	}
}
