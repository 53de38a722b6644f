package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/ldapscan/ldaptest/company"
	"proxyaddr/report"
	"proxyaddr/report/request"
)

// A scan that has gone through scan.json gives the files that it gave itself.
func TestCompanySurvivesJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "company.ldif")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := company.WriteLDIF(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	export, err := ldapscan.OpenExport(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer export.Close()
	audit, err := ldapscan.Scan(context.Background(), export, ldapscan.Options{Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	var doc bytes.Buffer
	if err := report.JSON(&doc, audit); err != nil {
		t.Fatal(err)
	}
	read, err := report.ReadJSON(bytes.NewReader(doc.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	outputs := map[string]func(io.Writer, *conflicts.Audit) error{"change request": changeRequest, "json": report.JSON, "jsonl": report.JSONL, "csv": report.CSV}
	for _, domain := range report.Domains(audit) {
		outputs["fix of "+domain] = func(w io.Writer, a *conflicts.Audit) error { return report.Fix(w, a, domain) }
		outputs["rollback of "+domain] = func(w io.Writer, a *conflicts.Audit) error { return report.Rollback(w, a, domain) }
	}
	if len(outputs) < 6 || len(audit.Changes) < 20 {
		t.Fatalf("only %d outputs of %d changes", len(outputs), len(audit.Changes))
	}
	for name, write := range outputs {
		var want, got bytes.Buffer
		if err := write(&want, audit); err != nil {
			t.Fatal(err)
		}
		if err := write(&got, read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), got.String()); diff != "" {
			t.Errorf("%s (-scan +read):\n%s", name, diff)
		}
	}
}

// What somebody wrote over a proposal is looked up where the scan was made, and
// what cannot be looked up is not written.
func TestFixLooksAddressesUp(t *testing.T) {
	const third = "\ndn: CN=Third,DC=a,DC=example\nobjectClass: contact\nmail: Taken@a.example\nproxyAddresses: SMTP:third@a.example\n"
	srv, args := serve(t, twoOwners+third)
	dir := t.TempDir()
	login := args[1:]
	var stderr bytes.Buffer
	if code := run(append(args, "-o", dir), strings.NewReader(""), io.Discard, &stderr); code != exitConflicts {
		t.Fatalf("scan: exit %d\n%s", code, stderr.String())
	}
	workbook := filepath.Join(dir, "report.xlsx")
	for _, tc := range []struct {
		name, typed string
		fault       ldaptest.Kind
		code        int
		says        string
	}{
		{"free", "typed@a.example", ldaptest.None, exitClean, "approved 1 of 1 proposals"},
		{"taken", "taken@a.example", ldaptest.None, exitStale, "sheet Decide, cell F2: taken@a.example: held by Third, CN=Third,DC=a,DC=example"},
		{"not answered", "typed@a.example", ldaptest.NoControl, exitIncomplete, "incomplete: DC=a,DC=example"},
		{"as proposed", "smtp:X2@a.example", ldaptest.NoControl, exitClean, "approved 1 of 1 proposals"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := excelize.OpenFile(workbook)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for cell, text := range map[string]string{"F2": tc.typed, "A2": "Approve"} {
				if err := f.SetCellValue("Decide", cell, text); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Save(); err != nil {
				t.Fatal(err)
			}
			if tc.fault != ldaptest.None {
				srv.Inject(ldaptest.Fault{Kind: tc.fault, Times: -1, Match: func(s ldaptest.Search) bool { return strings.Contains(s.Filter, "typed@a.example") }})
			}
			out := filepath.Join(t.TempDir(), "out")
			var stderr bytes.Buffer
			code := run(slices.Concat([]string{"fix", workbook, "-o", out}, login), strings.NewReader(""), io.Discard, &stderr)
			if code != tc.code || !strings.Contains(stderr.String(), tc.says) {
				t.Errorf("exit %d\n%s", code, stderr.String())
			}
			if _, err := os.Stat(out); (err == nil) != (code == exitClean) {
				t.Errorf("the files: %v", err)
			}
		})
	}
}

func changeRequest(w io.Writer, a *conflicts.Audit) error {
	files := request.Files{Workbook: "report.xlsx", Sums: slices.Values([]request.Sum(nil))}
	for _, domain := range report.Domains(a) {
		files.Domains = append(files.Domains, request.Domain{Name: domain, Fix: "fix-" + domain + ".ldif", Changes: true})
	}
	return request.Write(w, a, files)
}
