package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/eventlog"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest/company"
	"proxyaddr/report"
)

// Events for all pairs of a company's conflicts lead to what a scan finds: the same
// conflicts, judged in the same way, and the same changes.
func TestEventsOfCompany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "company.ldif")
	var entries bytes.Buffer
	if err := company.WriteLDIF(&entries); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, entries.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := ldapscan.OpenExport(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	scan, err := ldapscan.Scan(context.Background(), src, ldapscan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, c := range scan.Conflicts {
		for _, o := range c.Owners[1:] {
			text.WriteString("Two objects in the directory have the same proxy - " + logged(c.Keeper().DN) + " and " + logged(o.DN) + "\n")
		}
	}
	log, err := eventlog.Read("events", strings.NewReader(text.String()))
	if err != nil || len(log.Damaged) > 0 {
		t.Fatal(err, log)
	}
	again, err := ldapscan.OpenExport(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	trace, err := ldapscan.Trace(context.Background(), again, conflicts.NewTracedEvents(log.Events), ldapscan.Options{})
	if err != nil || !trace.Complete() {
		t.Fatal(err, trace.Problems)
	}
	if diff := cmp.Diff(scan.Conflicts, trace.Conflicts); diff != "" {
		t.Errorf("conflicts (-scan +events):\n%s", diff)
	}
	if diff := cmp.Diff(scan.Changes, trace.Changes); diff != "" {
		t.Errorf("changes (-scan +events):\n%s", diff)
	}
	for _, in := range trace.Events {
		if len(in.Conflicts) == 0 || len(in.Pairs) != 1 {
			t.Errorf("%+v", in)
		}
	}

	// The files tell that they are about events, also those made of scan.json.
	var doc, fix, fixAgain bytes.Buffer
	if err := report.JSON(&doc, trace); err != nil {
		t.Fatal(err)
	}
	read, err := report.ReadJSON(&doc)
	if err != nil {
		t.Fatal(err)
	}
	domain := report.Domains(trace)[0]
	report.Fix(&fix, trace, domain)
	report.Fix(&fixAgain, read, domain)
	if diff := cmp.Diff(fix.String(), fixAgain.String()); diff != "" || !strings.Contains(strings.ReplaceAll(fix.String(), "\n#   ", " "), "every owner of the addresses in question") {
		t.Errorf("fix file (-written +read):\n%s", diff)
	}
}

// logged writes a name as events do.
func logged(dn string) string {
	var parts []string
	for dn != "" {
		rdn, rest := dn, ""
		for i := 0; i < len(dn); i++ {
			if dn[i] == '\\' {
				i++
			} else if dn[i] == ',' {
				rdn, rest = dn[:i], dn[i+1:]
				break
			}
		}
		typ, value, _ := strings.Cut(rdn, "=")
		parts = append(parts, strings.ToLower(typ)+"="+strings.ReplaceAll(value, `\`, ""))
		dn = rest
	}
	slices.Reverse(parts)
	return strings.Join(parts, "/")
}
