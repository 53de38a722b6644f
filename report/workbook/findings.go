package workbook

import "proxyaddr/report/words"

func (b *book) layFindings() error {
	return b.lay(&sheetTable{name: findingsSheet, count: len(b.audit.Findings), rows: b.writeFindings, empty: b.none("findings"), frozen: 1, columns: []sheetColumn{
		{head: "Name", width: 24, wrap: true, bold: true}, {head: "Finding", width: 24, wrap: true}, {head: "Value", width: 34, wrap: true}, {head: "What is wrong", width: 34, wrap: true},
		{head: "What to do", width: 38, wrap: true}, {head: "DN", width: 48, wrap: true}, {head: "objectGUID", width: 38, folded: true},
	}})
}

func (b *book) writeFindings(t *rowWriter) error {
	for i := range b.audit.Findings {
		f := &b.audit.Findings[i]
		if err := t.add(i%2 == 1, false, f.Name(), f.Kind.Title(), f.Value, f.Detail().String(), words.FindingAdvice[f.Kind], f.DN, &f.GUID); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) layCoverage() error {
	return b.lay(&sheetTable{name: coverageSheet, count: len(b.audit.Coverage), rows: b.writeCoverage, empty: "No partition was to be read.", frozen: 1, columns: []sheetColumn{
		{head: "Partition", width: 50, wrap: true}, {head: "Objects", width: 12}, {head: "Addresses", width: 12}, {head: "Pages", width: 12},
		{head: "Referrals not followed", width: 14}, {head: "Deleted objects read", width: 14}, {head: "Result", width: 60, wrap: true},
	}})
}

func (b *book) writeCoverage(t *rowWriter) error {
	for i, c := range b.audit.Coverage {
		var result any = "read to its end"
		if c.Problem != "" {
			result = cellBold("INCOMPLETE: " + c.Problem)
		}
		if err := t.add(i%2 == 1, false, c.Partition, c.Objects, c.Values, c.Pages, c.Referrals, c.Deleted, result); err != nil {
			return err
		}
	}
	return nil
}
