package report

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/eventlog"
)

// blindAudits are those of a directory of which not everything was read, in which
// nothing was found.
func blindAudits() map[string]*conflicts.Audit {
	readings := [][2]string{{"CN=A,OU=Staff," + corp, "CN=B,OU=Staff," + corp}}
	events := conflicts.NewTracedEvents([]eventlog.Event{{ID: 9514, Count: 1, Readings: readings}, {ID: 9217, Count: 1, Address: "a@contoso.com"}})
	names := conflicts.NewDNIndex()
	a, b := object(1, "A", corp, "smtp:a@contoso.com"), object(2, "B", corp, "smtp:b@contoso.com")
	names.Add(a)
	names.Add(b)
	for i := range events {
		events[i].Trace(names)
		events[i].Conclude(nil, conflicts.NewOwnersByAddress([]*conflicts.Object{a, b}), true)
	}
	problems := []string{"DC=child,DC=contoso,DC=com: no domain controller of child.contoso.com was read"}
	return map[string]*conflicts.Audit{"scan": {Problems: problems}, "event": {Problems: problems, Events: events}}
}

// What ends a person's search is said in no output where a part of what Exchange looks
// at was not read; or that is said in the same sentence.
func TestNothingIsCleanThatWasNotRead(t *testing.T) {
	calming := regexp.MustCompile(`(?i)\bno conflicts?\b|\bresolved\b|\bfree\b|\bready\b|\bComplete: |"complete": ?true`)
	admits := regexp.MustCompile(`(?i)in what was read|not everything|do not take`)
	unknown := []conflicts.Availability{{Address: conflicts.ParseAddress("smtp:x@contoso.com"), Incomplete: true}}
	record := conflicts.FixRecord{DN: "CN=A,OU=Staff," + corp, Attributes: []conflicts.AttributeFix{{Attribute: conflicts.ProxyAddresses.String(), Delete: []string{"smtp:a@contoso.com"}, Add: []string{"smtp:x@contoso.com"}}}}
	verdicts := conflicts.Verify([]conflicts.FixRecord{record}, conflicts.Snapshot{Objects: []*conflicts.Object{object(1, "A", corp, "smtp:a@contoso.com")}, Incomplete: true})
	outputs := []output{
		{"check table", func(w io.Writer) error { return CheckTable(w, unknown, TableOptions{}) }},
		{"check JSON", func(w io.Writer) error { return CheckJSON(w, unknown, "unread", nil) }},
		{"check CSV", func(w io.Writer) error { return CheckCSV(w, unknown, "unread") }},
		{"verify CSV", func(w io.Writer) error { return VerifyCSV(w, verdicts, "unread") }},
		{"verify table", func(w io.Writer) error { return VerifyTable(w, verdicts, TableOptions{}) }},
		{"state counts", func(w io.Writer) error { _, err := io.WriteString(w, StatusCounts(verdicts)); return err }},
	}
	for name, audit := range blindAudits() {
		for _, o := range textOutputs(audit) {
			o.name = name + " " + o.name
			outputs = append(outputs, o)
		}
		for _, sheet := range []string{"Summary", "Decide", "Evidence", "Coverage"} {
			rows, err := opened(t, audit).GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			outputs = append(outputs, output{name + " " + sheet, func(w io.Writer) error {
				_, err := io.WriteString(w, strings.Join(slices.Concat(rows...), ".\n"))
				return err
			}})
		}
	}
	for _, o := range outputs {
		var text strings.Builder
		if err := o.write(&text); err != nil {
			t.Fatal(err)
		}
		for sentence := range strings.SplitSeq(strings.Join(strings.Fields(text.String()), " "), ". ") {
			if calming.MatchString(sentence) && !admits.MatchString(sentence) {
				t.Errorf("%s: %s", o.name, sentence)
			}
		}
	}
}
