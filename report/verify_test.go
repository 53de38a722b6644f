package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"proxyaddr/conflicts"
)

func verdicts() []conflicts.Verdict {
	hostile := object(1, "Mallory\x1b[2J", corp, "SMTP:x@contoso.com")
	hostile.Rights = &conflicts.Rights{Writable: []string{conflicts.ProxyAddresses.String()}}
	fix := conflicts.AttributeFix{Attribute: conflicts.ProxyAddresses.String(), Delete: []string{"SMTP:\xff@contoso.com"}, Add: []string{"SMTP:x2@contoso.com"}}
	return []conflicts.Verdict{
		{Record: &conflicts.FixRecord{File: "fix.ldif", Line: 3, DN: hostile.DN, GUID: hostile.GUID, Attributes: []conflicts.AttributeFix{fix}}, Object: hostile, Status: conflicts.Ready},
		{Record: &conflicts.FixRecord{File: "fix.ldif", Line: 12, DN: "CN=Gone," + corp, Restores: true, Attributes: []conflicts.AttributeFix{fix}}, Status: conflicts.Stale, Reasons: []string{"one", "another\n"}},
		{Record: &conflicts.FixRecord{File: "fix.ldif", Line: 20, DN: "CN=Done," + corp, Attributes: []conflicts.AttributeFix{fix}}, Object: object(2, "Done", corp), Status: conflicts.Applied, Notes: []string{"moved"}},
	}
}

// A record is a line, whatever its names hold, unless a terminal is too narrow.
func TestVerifyTable(t *testing.T) {
	const want = `ready    fix.ldif:3  CN=Mallory\x1b[2J,OU=Staff,DC=corp,DC=contoso,DC=com
stale    fix.ldif:12  CN=Gone,DC=corp,DC=contoso,DC=com: one; another\n
applied  fix.ldif:20  CN=Done,DC=corp,DC=contoso,DC=com: moved
`
	var out bytes.Buffer
	if err := VerifyTable(&out, verdicts(), TableOptions{}); err != nil || out.String() != want {
		t.Errorf("%v\n%s", err, out.String())
	}
	const narrow = `ready    fix.ldif:3
          CN=Mallory\x1b[2J,OU=Staff,DC=corp,DC=contoso,
            DC=com
stale    fix.ldif:12
          CN=Gone,DC=corp,DC=contoso,DC=com
          one; another\n
applied  fix.ldif:20
          CN=Done,DC=corp,DC=contoso,DC=com
          moved
`
	out.Reset()
	if err := VerifyTable(&out, verdicts(), TableOptions{Width: 60}); err != nil || out.String() != narrow {
		t.Errorf("on a terminal: %v\n%s", err, out.String())
	}
	if got := StatusCounts(verdicts()); got != "3 records: 1 stale, 1 ready, 1 applied" {
		t.Error(got)
	}
}

// Both documents say the same, to the byte.
func TestVerifyJSON(t *testing.T) {
	type record struct {
		Record  string
		File    string
		Line    int
		State   string
		Reasons []string
		Object  *struct {
			DN       string
			Writable []string
		}
		Edits []struct {
			Attribute string
			Delete    []struct {
				Value  string
				Base64 map[string][]byte
			}
		}
	}
	type document struct {
		Record   string
		Complete bool
		Reasons  []string `json:"incomplete_reasons"`
		Notes    []string
		Counts   map[string]int
		Records  []record
	}
	var whole, lines document
	var out bytes.Buffer
	if err := VerifyJSON(&out, verdicts(), "dc1: gone", []string{"not seen"}); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &whole); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := VerifyJSONL(&out, verdicts(), "dc1: gone", []string{"not seen"}); err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(out.String(), "\n")
	if err := json.Unmarshal([]byte(head), &lines); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(rest) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		lines.Records = append(lines.Records, r)
	}
	for name, d := range map[string]document{"json": whole, "jsonl": lines} {
		if d.Complete || !slices.Equal(d.Reasons, []string{"dc1: gone"}) || !slices.Equal(d.Notes, []string{"not seen"}) || d.Counts["stale"] != 1 || d.Counts["unknown"] != 0 || len(d.Records) != 3 {
			t.Fatalf("%s: %+v", name, d)
		}
		first, second := d.Records[0], d.Records[1]
		if first.State != "ready" || first.Line != 3 || first.Object == nil || !slices.Equal(first.Object.Writable, []string{"proxyAddresses"}) ||
			string(first.Edits[0].Delete[0].Base64["value"]) != "SMTP:\xff@contoso.com" {
			t.Errorf("%s: %+v", name, first)
		}
		if second.State != "stale" || second.Object != nil || !slices.Equal(second.Reasons, []string{"one", "another\n"}) {
			t.Errorf("%s: %+v", name, second)
		}
	}
}
