package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts/eventlog/evtx/evtxtest"
)

var addressAttributes = []string{"proxyAddresses", "mail"}

// showAudit writes what came of an export of the Security log.
func showAudit(log *AuditLog, err error) string {
	if err != nil {
		return "refused " + strings.TrimPrefix(err.Error(), "input: ") + "\n"
	}
	var b strings.Builder
	for _, w := range log.Writes {
		what := "deleted"
		if w.Added {
			what = "added"
		}
		fmt.Fprintln(&b, what, w.Attribute, w.Value)
		fmt.Fprintln(&b, strings.TrimRight("  in "+w.DN+" "+w.GUID, " "))
		fmt.Fprintln(&b, "  by", w.Account, "on", w.Computer, w.Logged, w.Operation)
	}
	fmt.Fprintln(&b, "events", log.Events)
	for _, d := range log.Damaged {
		fmt.Fprintln(&b, "damaged", d)
	}
	return b.String()
}

func TestAudit(t *testing.T) {
	for _, ex := range examplesIn(t, "testdata/audit/*.txtar") {
		t.Run(ex.name, func(t *testing.T) {
			want := strings.ReplaceAll(ex.want, " \n", "\n")
			log, err := ReadAudit("input", bytes.NewReader(ex.input), addressAttributes)
			if diff := cmp.Diff(want, showAudit(log, err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			log, err = ReadAudit("input", iotest.OneByteReader(bytes.NewReader(ex.input)), addressAttributes)
			if diff := cmp.Diff(want, showAudit(log, err)); diff != "" {
				t.Errorf("read byte by byte:\n%s", diff)
			}
		})
	}
}

func TestAuditEVTX(t *testing.T) {
	event := evtxtest.Event{ID: 5136, Provider: "Microsoft-Windows-Security-Auditing", Computer: "BER-DC01.corp.example", Time: application[0].Time,
		Data: evtxtest.Named("OpCorrelationID={A}", "SubjectUserName=EX01$", "SubjectDomainName=CORP", "ObjectDN=CN=Ann,DC=x",
			"ObjectGUID={8C1B6F3A-0A1E-4C55-9A6F-2F6A1C7F0E11}", "AttributeLDAPDisplayName=mail", "AttributeValue=sales@corp.example", "OperationType=%%14674")}
	log, err := ReadAudit("input", bytes.NewReader(evtxtest.File(application[0], event)), addressAttributes)
	const want = `added mail sales@corp.example
  in CN=Ann,DC=x 8c1b6f3a-0a1e-4c55-9a6f-2f6a1c7f0e11
  by CORP\EX01$ on BER-DC01.corp.example 2023-05-15 10:00:00 UTC {a}
events 1
`
	if diff := cmp.Diff(want, showAudit(log, err)); diff != "" {
		t.Error(diff)
	}
}

func TestAuditHint(t *testing.T) {
	_, err := ReadAudit("input", strings.NewReader("nothing of the kind"), addressAttributes)
	var e *Error
	if !errors.As(err, &e) || e.Advice != hintAudit {
		t.Errorf("%+v", err)
	}
}

// Whatever the input, reading it ends, and says the same if it comes in other pieces.
func FuzzAudit(f *testing.F) {
	for _, ex := range examplesIn(f, "testdata/audit/*.txtar") {
		f.Add(ex.input)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		log, err := ReadAudit("input", bytes.NewReader(data), addressAttributes)
		again, err2 := ReadAudit("input", iotest.HalfReader(bytes.NewReader(data)), addressAttributes)
		if diff := cmp.Diff(showAudit(log, err), showAudit(again, err2)); diff != "" {
			t.Errorf("in other pieces:\n%s", diff)
		}
	})
}
