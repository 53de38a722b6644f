package report

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		sheet.getCellByPosition(0, row).String = "Approve"
		proposal = sheet.getCellByPosition(5, row)
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
	audits := map[string]*conflicts.Audit{"workbook": workbooktest.Audit(), "hostile": hostileAudit(), "normal": normalAudit(), "domains": domainsAudit()}
	// Escapes of the format, and strings that a spreadsheet may take for its own.
	for i, s := range []string{"_x0041_ _x000D_", "'quoted", "=1+1", "  padded  ", "00123", "1e5", "TRUE", "2026-05-01", "<a&b>\u2028é"} {
		audits["hostile"].Changes[i%4].Old += s
		c := audits["hostile"].Changes[0]
		c.Old, c.New = s, "smtp:"+s
		audits["hostile"].Changes = append(audits["hostile"].Changes, c)
	}
	var paths []string
	path := map[string]string{}
	for name, a := range audits {
		path[name] = reviewable(t, a)
		paths = append(paths, path[name])
	}
	calctest.Edit(t, reviewMacro, paths...)
	typed := slices.IndexFunc(audits["workbook"].Changes, func(c conflicts.Change) bool { return c.New == "SMTP:taro.tanaka2@contoso.com" })
	audits["workbook"].Changes[typed].New = "SMTP:taro@contoso.com"
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
