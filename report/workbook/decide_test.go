package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/report/workbook/workbooktest"
)

// Each proposal has a row from which it can be decided, those of high risk first.
func TestDecideHasARowForEachProposal(t *testing.T) {
	a := workbooktest.Audit()
	rows := workbooktest.Records(t, written(t, newBook(a)), decideSheet)
	if len(rows) != len(a.Proposals) {
		t.Fatalf("%d rows of %d proposals", len(rows), len(a.Proposals))
	}
	byOwner := map[string]*conflicts.Proposal{}
	for i := range a.Proposals {
		p := &a.Proposals[i]
		byOwner[p.Conflict.ID+p.Owner.GUID.String()] = p
	}
	keys, order := map[string]bool{}, []string{}
	for i, row := range rows {
		p := byOwner[row["Conflict"]+row["GUID"]]
		delete(byOwner, row["Conflict"]+row["GUID"])
		if p == nil {
			t.Errorf("row %d: no proposal of %s for %s", i+2, row["Conflict"], row["GUID"])
			continue
		}
		replace := a.Replace(p)
		mail := ""
		for _, c := range replace.Changes {
			if c.Attribute == conflicts.Mail {
				mail = "yes"
			}
		}
		keeper := p.Conflict.Keeper()
		for head, want := range map[string]string{
			"Decision": "", "Comment": "", "Risk": riskWord(replace.Risk), "Changes": p.Owner.Name() + "\n" + p.Owner.Kind(), "Kind": p.Owner.Kind(),
			"Address": p.Owner.Claims[0].Parsed().Trimmed(), "New address": conflicts.ParseAddress(p.New).Trimmed(), "Proposed": conflicts.ParseAddress(p.New).Trimmed(),
			"mail too": mail, "Stays with": keeper.Name(), "GUID of the keeper": keeper.GUID.String(), "Class": string(p.Conflict.Class), "DN": p.Owner.DN,
			"Likely cause": strings.TrimPrefix(p.Conflict.Cause.Short(), "likely "),
		} {
			if row[head] != want {
				t.Errorf("row %d, %s: %q, want %q", i+2, head, row[head], want)
			}
		}
		if row["because"] == "" || row["Why risky"] == "" || row["Other choices"] == "" {
			t.Errorf("row %d does not tell why: %v", i+2, row)
		}
		keys[row["Key"]] = true
		order = append(order, fmt.Sprint(int(conflicts.High-replace.Risk), " ", p.Conflict.Key.Address(), " ", p.Owner.Name()))
	}
	if len(keys) != len(rows) {
		t.Errorf("%d keys for %d rows", len(keys), len(rows))
	}
	if !slices.IsSorted(order) {
		t.Errorf("not in order: %q", order)
	}
}

// A row offers what can be done, and says why the rest cannot.
func TestDecideOffersWhatCanBeDone(t *testing.T) {
	a := workbooktest.Audit()
	f := written(t, newBook(a))
	lists, err := f.GetDataValidations(decideSheet)
	if err != nil || len(lists) != len(a.Proposals) {
		t.Fatalf("%d lists, %v; want %d", len(lists), err, len(a.Proposals))
	}
	byCell := map[string]string{}
	for _, v := range lists {
		byCell[v.Sqref] = v.Formula1
		if !v.ShowErrorMessage || !v.ShowInputMessage || !v.AllowBlank || v.Type != "list" {
			t.Errorf("list %+v", v)
		}
	}
	seen := map[string]bool{}
	for i, row := range workbooktest.Records(t, f, decideSheet) {
		n := slices.IndexFunc(a.Proposals, func(p conflicts.Proposal) bool {
			return p.Conflict.ID == row["Conflict"] && p.Owner.GUID.String() == row["GUID"]
		})
		p := &a.Proposals[n]
		remove, swap := a.Remove(p), a.Swap(p)
		want := []string{"Approve"}
		if remove.Offered() {
			want = append(want, "Remove")
		}
		if swap.Offered() {
			want = append(want, "Swap")
		}
		want = append(want, "Reject", "Defer")
		if got := byCell[fmt.Sprintf("A%d", i+2)]; got != `"`+strings.Join(want, ",")+`"` {
			t.Errorf("row %d offers %s, want %q", i+2, got, want)
		}
		for _, choice := range []struct {
			word  string
			offer bool
		}{{"Remove", remove.Offered()}, {"Swap", swap.Offered()}} {
			said := strings.HasPrefix(row["Other choices"], choice.word+": ") || strings.Contains(row["Other choices"], "\n"+choice.word+": ")
			if said != choice.offer {
				t.Errorf("row %d offers %q, but says %q", i+2, want, row["Other choices"])
			}
		}
		for _, line := range strings.Split(row["Other choices"], "\n") {
			seen[line] = true
		}
		advice := map[conflicts.Advice]string{conflicts.AdviseReplace: "Approve", conflicts.AdviseRemove: "Remove", conflicts.AdviseChoice: "Approve or Swap"}[a.Advice(p)]
		if row["Advice"] != advice {
			t.Errorf("row %d advises %q, want %q", i+2, row["Advice"], advice)
		}
	}
	for _, line := range []string{
		"Remove: keeps abdul@contoso.com",
		"No Swap: SystemMailbox{1f05a927-3d1b-4f3a-a2b2-5a8a4f6f0f3e} cannot be changed",
		"No Swap: mail sent to it would go to an external address",
	} {
		if !seen[line] {
			t.Errorf("no row says %q, but: %q", line, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// Far down, rows with the same words share a list, and no list has too many areas.
func TestListsOfManyRows(t *testing.T) {
	var l lists
	offered := map[int]string{}
	for row := 2; row < 5000; row++ {
		words := []string{"Approve", "Reject"}
		if row%3 == 0 {
			words = []string{"Remove", "Reject"}
		}
		offered[row] = strings.Join(words, ",")
		l.offer(row, words)
	}
	l.prompt(5000, []string{"Approve", "Reject"}, strings.Repeat("title 𝄞", 20), "a \"b\"\n<c>"+strings.Repeat("𝄞", 300))
	var doc struct {
		Count int `xml:"count,attr"`
		Lists []struct {
			Cells   string `xml:"sqref,attr"`
			Title   string `xml:"promptTitle,attr"`
			Prompt  string `xml:"prompt,attr"`
			Formula string `xml:"formula1"`
		} `xml:"dataValidation"`
	}
	if err := xml.Unmarshal(l.take(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Count != len(doc.Lists) || len(doc.Lists) > 20 {
		t.Errorf("%d lists, said to be %d", len(doc.Lists), doc.Count)
	}
	for _, list := range doc.Lists {
		areas := strings.Fields(list.Cells)
		if len(areas) > maxAreas {
			t.Errorf("%d areas", len(areas))
		}
		if list.Cells == "A5000" {
			if n := len([]rune(list.Title)); !strings.HasPrefix(list.Prompt, "a \"b\"\n<c>𝄞") || n > maxPromptTitle {
				t.Errorf("prompt %q %q", list.Title, list.Prompt)
			}
			continue
		}
		for _, area := range areas {
			first, last := 0, 0
			if n, _ := fmt.Sscanf(area, "A%d:A%d", &first, &last); n == 1 {
				last = first
			}
			for row := first; row <= last; row++ {
				if list.Formula != `"`+offered[row]+`"` {
					t.Errorf("row %d offers %s, want %s", row, list.Formula, offered[row])
				}
				delete(offered, row)
			}
		}
	}
	if len(offered) > 0 {
		t.Errorf("%d rows offer nothing", len(offered))
	}
	if again := l.take(); again != nil {
		t.Errorf("%s again", again)
	}
}

// Colors are for what a reader has to see, and formulas that compare all rows only for few.
func TestDecideIsColored(t *testing.T) {
	a := workbooktest.Audit()
	formats, err := written(t, newBook(a)).GetConditionalFormats(decideSheet)
	if err != nil {
		t.Fatal(err)
	}
	last := len(a.Proposals) + 1
	for _, column := range []string{"A", "C", "F", "J", "L"} {
		if len(formats[fmt.Sprintf("%s2:%s%d", column, column, last)]) == 0 {
			t.Errorf("column %s has no colors", column)
		}
	}
	if few, many := len(decideHighlights(maxCompared)), len(decideHighlights(maxCompared+1)); few != many+2 {
		t.Errorf("%d rules for few rows, %d for many", few, many)
	}
}

// Programs read the elements of a sheet in one order only (ECMA-376 part 1, CT_Worksheet).
func TestElementsOfSheetsAreInOrder(t *testing.T) {
	order := []string{"sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "autoFilter", "mergeCells", "conditionalFormatting",
		"dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "drawing", "legacyDrawing", "tableParts", "extLst"}
	var buf bytes.Buffer
	if err := Write(&buf, workbooktest.Audit(), theScan); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	sheets, err := fs.Glob(r, "xl/worksheets/*.xml")
	if err != nil || len(sheets) != 6 {
		t.Fatalf("%q, %v", sheets, err)
	}
	for _, sheet := range sheets {
		data, err := fs.ReadFile(r, sheet)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		depth := 0
		for d := xml.NewDecoder(bytes.NewReader(data)); ; {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch e := token.(type) {
			case xml.StartElement:
				if depth++; depth == 2 {
					names = append(names, e.Name.Local)
				}
			case xml.EndElement:
				depth--
			}
		}
		sorted := slices.Clone(names)
		slices.SortStableFunc(sorted, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
		if diff := cmp.Diff(sorted, names); diff != "" || slices.Index(order, names[0]) < 0 {
			t.Errorf("%s (-want +got):\n%s", sheet, diff)
		}
	}
}
