package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
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

// change is an event 5136 as Event Viewer shows it.
func change(attribute, class string) string {
	return "Computer: dc1\r\nDate: 2023-05-15T09:41:12Z\r\nA directory service object was modified.\r\n\r\nSubject:\r\n\tSecurity ID:\tS-1-5-21-1\r\n" +
		"\tAccount Name:\thrfeed\r\n\tAccount Domain:\tCORP\r\n\tLogon ID:\t0x1\r\n\r\nDirectory Service:\r\n\tName:\tcorp.example\r\n" +
		"\tType:\tActive Directory Domain Services\r\n\r\nObject:\r\n\tDN:\tCN=Ann,DC=x\r\n\tGUID:\t{8C1B6F3A-0A1E-4C55-9A6F-2F6A1C7F0E11}\r\n" +
		"\tClass:\t" + class + "\r\n\r\nAttribute:\r\n\tLDAP Display Name:\t" + attribute + "\r\n\tSyntax (OID):\t2.5.5.12\r\n" +
		"\tValue:\tsales@corp.example\r\n\r\nOperation:\r\n\tType:\tValue Added\r\n\tCorrelation ID:\t{a}\r\n\tApplication Correlation ID:\t-\r\n"
}

// A write is kept without the event around it.
func TestAuditMemory(t *testing.T) {
	const events = 200
	event := change("mail", strings.Repeat("x", 8<<10))
	var parts []io.Reader
	for range events {
		parts = append(parts, strings.NewReader(event))
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	log, err := ReadAudit("input", io.MultiReader(parts...), addressAttributes)
	if err != nil || len(log.Writes) != events {
		t.Fatalf("%v: %s", err, showAudit(log, err))
	}
	if after := heap(); after > before+512<<10 {
		t.Errorf("%d KB in use", (after-before)>>10)
	}
	runtime.KeepAlive(log)
}

// Events of other attributes do not count for the bound.
func TestAuditBound(t *testing.T) {
	mail, other := change("mail", "user"), change("description", "user")
	const exceeded = "only the first 2 events of these attributes are read"
	for _, test := range []struct {
		input string
		want  []string
	}{
		{mail + mail + other, nil},
		{other + mail + other + mail + mail + other + mail, []string{exceeded}},
	} {
		log, err := readAudit("input", strings.NewReader(test.input), addressAttributes, 2)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range log.Damaged {
			got = append(got, d.Problem)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || len(log.Writes) != 2 {
			t.Errorf("%d writes; %s", len(log.Writes), diff)
		}
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
