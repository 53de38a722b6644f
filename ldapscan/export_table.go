package ldapscan

import (
	"cmp"
	"context"
	"errors"
	"io"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
	"proxyaddr/ldapscan/table"
)

// What makes exports that can be read, for hints.
const (
	tableByPowerShell = `Get-ADObject -LDAPFilter "` + filter + `" ` +
		`-Properties mail,userPrincipalName,targetAddress,legacyExchangeDN,displayName,sAMAccountName,proxyAddresses | ` +
		`Select-Object DistinguishedName,ObjectGUID,ObjectClass,mail,userPrincipalName,targetAddress,legacyExchangeDN,displayName,sAMAccountName,` +
		`@{n='proxyAddresses';e={$_.proxyAddresses -join ';'}} | Export-Csv export.csv -NoTypeInformation -Encoding UTF8`
	exportByLdifde = `ldifde -f export.ldif -r "` + filter + `"`
)

// orTable returns the export, or if it is a table, one that is a copy of it as LDIF.
func (x *Export) orTable(ctx context.Context, opt table.Options) (*Export, error) {
	if x.isZip() {
		x.Close()
		return nil, &Error{Subject: x.name, Problem: "a workbook or another zip archive", Advice: "save it in Excel as CSV UTF-8"}
	}
	if !table.Is(x.data) {
		return x, nil
	}
	defer x.Close()
	var sum *table.Summary
	copied, err := spool(ctx, x.name, func(w io.Writer) (err error) {
		sum, err = x.convert(ctx, w, opt)
		return err
	})
	if err != nil {
		return nil, err
	}
	copied.table = sum
	return copied, nil
}

// isZip reports whether the file is a zip archive, as workbooks are.
func (x *Export) isZip() bool {
	const signature = "PK\x03\x04"
	var head [len(signature)]byte
	n, _ := x.data.ReadAt(head[:], 0)
	return string(head[:n]) == signature
}

// convert writes a table as LDIF.
func (x *Export) convert(ctx context.Context, dst io.Writer, opt table.Options) (*table.Summary, error) {
	w := ldif.NewWriter(dst)
	sum, err := table.Read(ctx, x.data, opt, w.Write)
	var wrong *table.Error
	switch {
	case errors.As(err, &wrong):
		return nil, &Error{Subject: x.name, Problem: wrong.Error(), Advice: adviceOnTable(err), Err: err}
	case err != nil:
		return nil, err
	case sum.Records == 0:
		problem := "a table without rows"
		if len(sum.Problems) > 0 {
			problem = sum.Problems[0]
		}
		return nil, &Error{Subject: x.name, Problem: problem, Advice: "check whether the export failed"}
	}
	return sum, w.Flush()
}

func adviceOnTable(err error) string {
	switch {
	case table.Lost(err):
		return "join the values in PowerShell: " + tableByPowerShell
	case errors.Is(err, table.ErrColumns):
		return "export with " + exportByLdifde + " or, in PowerShell, with " + tableByPowerShell
	}
	return "correct that place or export again, best with " + exportByLdifde
}

// tellTable adds what a table showed to a survey.
func (x *Export) tellTable(survey *Survey) {
	if x.table == nil {
		return
	}
	for _, note := range x.table.Notes {
		survey.Notes = append(survey.Notes, x.name+": "+note)
	}
	for _, problem := range x.table.Problems {
		survey.Problems = append(survey.Problems, x.name+": "+problem)
	}
}

// object returns the object with some attributes, and the forest that it is of. LDIF files may not
// reach one of a table.
func (x *Export) object(dn string, a attributes) *conflicts.Object {
	o := a.object(dn)
	o.Forest = x.forests.of(o)
	if x.table != nil {
		switch a.first(table.Unchangeable) {
		case table.Nameless:
			o.Unreachable = true
			o.Fixed = cmp.Or(o.Fixed, x.name+" does not give its distinguished name")
		case table.InCloud:
			o.Unreachable = true
			o.Fixed = cmp.Or(o.Fixed, "lies in a cloud directory, out of the reach of LDIF files")
		}
	}
	return o
}
