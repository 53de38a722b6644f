package report

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// A cellText is the text of a cell of a workbook.
type cellText struct{ Sheet, Cell, Text string }

// openers are programs that print the texts of a workbook as JSON, and leave out numbers and
// formulas.
var openers = map[string]struct{ command, program string }{
	"SheetJS": {"node", `
const book = require("xlsx").readFile(process.argv[2]), all = [];
for (const name of book.SheetNames) {
	const sheet = book.Sheets[name], area = require("xlsx").utils.decode_range(sheet["!ref"]);
	for (let r = area.s.r; r <= area.e.r; r++)
		for (let c = area.s.c; c <= area.e.c; c++) {
			const at = require("xlsx").utils.encode_cell({r, c}), cell = sheet[at];
			if (cell && cell.t == "s" && !cell.f) all.push({Sheet: name, Cell: at, Text: cell.v});
		}
}
process.stdout.write(JSON.stringify(all));
`},
	"ExcelJS": {"node", `
const book = new (require("exceljs").Workbook)(), all = [];
book.xlsx.readFile(process.argv[2]).then(() => {
	book.eachSheet(sheet => sheet.eachRow(row => row.eachCell(cell => {
		const value = cell.value, text = value && value.hyperlink ? value.text : value;
		if (typeof text == "string") all.push({Sheet: sheet.name, Cell: cell.address, Text: text});
	})));
	process.stdout.write(JSON.stringify(all));
});
`},
	"openpyxl": {"/usr/bin/python3", `
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
json.dump([{"Sheet": sheet.title, "Cell": cell.coordinate, "Text": cell.value}
	for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type in ("s", "inlineStr")], sys.stdout)
`},
}

// Programs that reviewers and scripts use see every text of every sheet.
func TestProgramsReadTheWholeWorkbook(t *testing.T) {
	if testing.Short() {
		t.Skip("installs packages of npm")
	}
	dir := t.TempDir()
	install := exec.CommandContext(t.Context(), "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "xlsx@0.18.5", "exceljs@4.4.0")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		if _, missing := exec.LookPath("npm"); missing != nil && os.Getenv("CI") == "" {
			t.Skip("npm is missing")
		}
		t.Fatalf("npm: %v\n%s", err, out)
	}
	for name, audit := range audits {
		path := reviewable(t, audit())
		if _, err := os.Stat(path); err != nil {
			continue // what was reviewed gets no workbook
		}
		want := textsOf(t, path)
		for program, o := range openers {
			script := filepath.Join(dir, program)
			if err := os.WriteFile(script, []byte(o.program), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), o.command, script, path).Output()
			if err != nil {
				t.Errorf("%s, %s: %v", program, name, err)
				continue
			}
			var all []cellText
			if err := json.Unmarshal(out, &all); err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, c := range all {
				got[c.Sheet+"!"+c.Cell] = c.Text
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-written +read):\n%s", program, name, diff)
			}
		}
	}
}

// textsOf returns the texts of a workbook but those of formulas.
func textsOf(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	texts := map[string]string{}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, text := range row {
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				kind, err := f.GetCellType(sheet, cell)
				if err != nil {
					t.Fatal(err)
				}
				if text != "" && (kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString) {
					texts[sheet+"!"+cell] = text
				}
			}
		}
	}
	return texts
}
