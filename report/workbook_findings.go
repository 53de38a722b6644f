package report

func (b *workbook) writeFindings() error {
	t := &sheetTable{book: b, name: findingsSheet, empty: b.none("findings"), columns: []sheetColumn{
		{"Finding", 30, true}, {"DN", 55, true}, {"objectGUID", 38, false}, {"Value", 40, true}, {"Detail", 50, true},
	}}
	for i := range b.audit.Findings {
		f := &b.audit.Findings[i]
		if err := t.add(i%2 == 1, false, f.Kind.Title(), f.DN, f.GUID.String(), f.Value, f.Detail); err != nil {
			return err
		}
	}
	return t.close()
}

func (b *workbook) writeCoverage() error {
	t := &sheetTable{book: b, name: coverageSheet, empty: "No partition was to be read.", columns: []sheetColumn{
		{"Partition", 50, true}, {"Objects", 12, false}, {"Addresses", 12, false}, {"Pages", 12, false},
		{"Referrals not followed", 14, false}, {"Deleted objects read", 14, false}, {"Result", 60, true},
	}}
	for i, c := range b.audit.Coverage {
		var result any = "read to its end"
		if c.Problem != "" {
			result = cellBold("INCOMPLETE: " + c.Problem)
		}
		if err := t.add(i%2 == 1, false, c.Partition, c.Objects, c.Values, c.Pages, c.Referrals, c.Deleted, result); err != nil {
			return err
		}
	}
	return t.close()
}
