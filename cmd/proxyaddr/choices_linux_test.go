package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/ldapscan/ldaptest/samba"
	"proxyaddr/report/workbook/workbooktest"
)

// choicesDirectory has three conflicts. Kim keeps boss@, as mail shows it, until Olga swaps with
// Kim, and gives desk@ up besides.
func choicesDirectory(base string) string {
	var b strings.Builder
	for _, o := range []struct {
		name string
		mail string
		held []string
	}{
		{"Kim", "boss@choices.example", []string{"SMTP:boss@choices.example", "smtp:desk@choices.example"}},
		{"Olga", "", []string{"SMTP:boss@choices.example"}},
		{"Third", "", []string{"SMTP:third@choices.example", "smtp:Boss@choices.example"}},
		{"Desk", "", []string{"SMTP:desk@choices.example"}},
		{"Alias", "", []string{"SMTP:alias@choices.example", "smtp:shared@choices.example"}},
		{"Bert", "", []string{"SMTP:bert@choices.example", "smtp:shared@choices.example"}},
	} {
		fmt.Fprintf(&b, "dn: CN=%s,%s\nobjectClass: group\n", o.name, base)
		if o.mail != "" {
			fmt.Fprintf(&b, "mail: %s\n", o.mail)
		}
		for _, v := range o.held {
			fmt.Fprintf(&b, "proxyAddresses: %s\n", v)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// What people swap and remove goes the whole way: fix, verify, apply, scan and back.
func TestSwapAndRemoveOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	base := dc.OU(t, "Choices")
	dc.Load(t, strings.NewReader(choicesDirectory(base)))
	login := []string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", dc.AdminUPN, "-y", secretFile(t, dc.AdminPassword)}
	proxyaddr := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(args, strings.NewReader(""), &out, &errs); code != want {
			t.Fatalf("%q: exit %d, want %d\n%s%s", args, code, want, out.String(), errs.String())
		}
		return out.String(), errs.String()
	}
	with := func(args ...string) []string { return slices.Concat(args, login) }
	before := values(t, dc, base)
	dir := filepath.Join(t.TempDir(), "audit")
	proxyaddr(exitConflicts, with("scan", "-b", base, "-o", dir)...)

	path := filepath.Join(dir, "report.xlsx")
	workbooktest.EditSheet(t, path, "Decide", func(e *workbooktest.Editor) {
		cell := func(head string, row int) string {
			text, err := e.GetCellValue(e.Sheet, e.Cell(head, row))
			e.Must(err)
			return text
		}
		for row := 2; cell("Address", row) != ""; row++ {
			decision := "Approve"
			address, changes := cell("Address", row), cell("Changes", row)
			switch {
			case strings.Contains(address, "shared@"):
				decision = "Remove"
			case strings.HasPrefix(changes, "Third"):
				decision = "Remove"
			case strings.HasPrefix(changes, "Olga"):
				decision = "Swap"
				e.Set("Comment", row, "agreed with both")
			}
			e.Set("Decision", row, decision)
		}
	})
	approved := filepath.Join(t.TempDir(), "approved")
	proxyaddr(exitClean, "fix", path, "-o", approved)
	fix := filepath.Join(approved, "fix-"+strings.ToLower(dc.Realm)+".ldif")
	if lines, _ := proxyaddr(exitClean, with("verify", fix)...); strings.Count(lines, "ready ") != 3 {
		t.Errorf("%s", lines)
	}
	journal := filepath.Join(t.TempDir(), "journal")
	proxyaddr(exitClean, with("apply", fix, "--yes", "--journal", journal, "--max-percent", "100")...)
	proxyaddr(exitClean, with("scan", "-b", base)...)
	var after []string
	for _, block := range values(t, dc, base) {
		for _, o := range []string{"Kim", "Olga", "Third", "Desk"} {
			if strings.Contains(block, "dn: CN="+o+",") {
				var held []string
				for line := range strings.SplitSeq(block, "\n") {
					if !strings.HasPrefix(line, "dn:") && !strings.HasPrefix(line, "#") {
						held = append(held, line)
					}
				}
				after = append(after, o+": "+strings.Join(held, ", "))
			}
		}
	}
	slices.Sort(after)
	want := []string{
		"Desk: proxyAddresses: SMTP:desk@choices.example",
		"Kim: mail: boss4@choices.example, proxyAddresses: SMTP:boss4@choices.example, proxyAddresses: smtp:desk2@choices.example",
		"Olga: proxyAddresses: SMTP:boss@choices.example",
		"Third: proxyAddresses: SMTP:third@choices.example",
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	proxyaddr(exitClean, with("apply", "--undo", journal, "--yes")...)
	if now := values(t, dc, base); !slices.Equal(now, before) {
		t.Errorf("not every value came back:\n%s", strings.Join(now, "\n"))
	}
}
