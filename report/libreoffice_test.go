package report

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/calctest"
	"proxyaddr/report/workbook/workbooktest"
)

// reviewMacro is a reviewer at LibreOffice, who approves every row, types an
// address over a proposal, comments, sorts by the address, inserts and hides
// columns, and takes the filter away, with which LibreOffice drops the table.
const reviewMacro = `
Sub Edit(doc)
	Dim field(0) As New com.sun.star.table.TableSortField
	Dim how(1) As New com.sun.star.beans.PropertyValue
	sheet = doc.Sheets.getByName("Decide")
	cursor = sheet.createCursor()
	cursor.gotoEndOfUsedArea(False)
	last = cursor.RangeAddress.EndRow
	For row = 1 To last
		proposal = sheet.getCellByPosition(5, row)
		sheet.getCellByPosition(0, row).String = "Approve"
		If proposal.String = "" Then
			sheet.getCellByPosition(0, row).String = "Remove"
		End If
		If proposal.String = "taro.tanaka2@contoso.com" Then
			proposal.String = "taro@contoso.com"
		End If
	Next
	sheet.getCellByPosition(11, last).String = "as agreed" & Chr(10) & "in May"
	field(0).Field = 4
	field(0).IsAscending = False
	how(0).Name = "SortFields"
	how(0).Value = field()
	how(1).Name = "ContainsHeader"
	how(1).Value = True
	sheet.getCellRangeByPosition(0, 0, 20, last).sort(how())
	sheet.Columns.insertByIndex(1, 2)
	sheet.getCellByPosition(1, 0).String = "Ticket"
	sheet.Columns.getByIndex(5).IsVisible = False
	If doc.DatabaseRanges.hasByName("Decide") Then
		doc.DatabaseRanges.removeByName("Decide")
	End If
End Sub
`

// A workbook that was reviewed in LibreOffice is read as if in Excel.
func TestReviewInLibreOffice(t *testing.T) {
	audits := map[string]*conflicts.Audit{"workbook": workbooktest.Audit(), "hostile": unheld(hostileAudit()), "normal": normalAudit(), "domains": domainsAudit()}
	// Escapes of the format, and strings that a spreadsheet may take for its own.
	hostile := audits["hostile"]
	for i, s := range []string{"_x0041_ _x000D_", "'quoted", "=1+1", "  padded  ", "00123", "1e5", "TRUE", "2026-05-01", "<a&b>\u2028é"} {
		o := object(byte(100+i), s, corp)
		c := conflicts.Conflict{ID: fmt.Sprintf("C-ESCAPES%03d", i), Class: conflicts.Duplicate, Key: conflicts.Key(fmt.Sprintf("smtp:%d", i)),
			Owners: []conflicts.Owner{hostile.Conflicts[0].Owners[0], owner(o, conflicts.Claim{Attribute: conflicts.ProxyAddresses, Value: s})}}
		hostile.Conflicts = append(hostile.Conflicts, c)
		hostile.Changes = append(hostile.Changes, conflicts.Change{Conflict: c.ID, Key: c.Key, Object: o, Attribute: conflicts.ProxyAddresses, Old: s, New: "smtp:" + s})
	}
	hostile.ProposeChanges()
	var paths []string
	path := map[string]string{}
	for name, a := range audits {
		path[name] = reviewable(t, a)
		paths = append(paths, path[name])
	}
	calctest.Edit(t, reviewMacro, paths...)
	typed := slices.IndexFunc(audits["workbook"].Changes, func(c conflicts.Change) bool { return c.New == "SMTP:taro.tanaka2@contoso.com" })
	audits["workbook"].Changes[typed].New = "SMTP:taro@contoso.com"
	if got, want := decidedIn(t, path["workbook"]), fmt.Sprintf("decided %d of %[1]d", len(audits["workbook"].Proposals)); got != want {
		t.Errorf("the summary says %q, want %q", got, want)
	}
	for name, a := range audits {
		got, err := approved(path[name])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(changesOf(a), changesOf(got)); diff != "" {
			t.Errorf("%s (-proposed +approved):\n%s", name, diff)
		}
	}
}

// decidedIn returns what the summary of a workbook says of its decisions.
func decidedIn(t *testing.T, path string) string {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Summary")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if len(row) > 1 && row[0] == "Decide" {
			return row[1]
		}
	}
	return ""
}
