package workbook

func (b *book) layFindings() error {
	return b.lay(&sheetTable{name: findingsSheet, count: len(b.audit.Findings), rows: b.writeFindings, empty: b.none("findings"), columns: []sheetColumn{
		{"Finding", 30, true}, {"DN", 55, true}, {"objectGUID", 38, false}, {"Value", 40, true}, {"Detail", 50, true},
	}})
}

func (b *book) writeFindings(t *rowWriter) error {
	for i := range b.audit.Findings {
		f := &b.audit.Findings[i]
		if err := t.add(i%2 == 1, false, f.Kind.Title(), f.DN, f.GUID.String(), f.Value, f.Detail().String()); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) layCoverage() error {
	return b.lay(&sheetTable{name: coverageSheet, count: len(b.audit.Coverage), rows: b.writeCoverage, empty: "No partition was to be read.", columns: []sheetColumn{
		{"Partition", 50, true}, {"Objects", 12, false}, {"Addresses", 12, false}, {"Pages", 12, false},
		{"Referrals not followed", 14, false}, {"Deleted objects read", 14, false}, {"Result", 60, true},
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
