package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// An Export is an LDIF file of content records, as ldifde -f and ldapsearch
// -LLL write them. It is a [Source]. The file is read twice and must not change
// meanwhile.
//
// What the export left out, for want of rights or by its filter, nobody can
// tell from the file.
type Export struct {
	Path string
}

var _ Source = Export{}

// Describe names the file.
func (x Export) Describe(s *conflicts.Scope) { s.Source = append(s.Source, x.Path) }

// progressEvery is how many records count as a page.
const progressEvery = 1000

// Sweep reads the file to its end. A file that cannot be opened, does not begin
// as LDIF or holds changes instead of content is an error; damage further on
// makes the survey incomplete.
func (x Export) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	survey := &Survey{Notes: []string{x.Path + ": an export; what it leaves out cannot be seen"}}
	rows := map[string]*conflicts.Coverage{}
	row := func(dn string) *conflicts.Coverage {
		partition := conflicts.Partition(dn)
		if partition == "" {
			partition = x.Path
		}
		key := strings.ToLower(partition)
		if rows[key] == nil {
			rows[key] = &conflicts.Coverage{Partition: partition}
		}
		return rows[key]
	}
	n := 0
	damage := x.read(ctx, func(dn string, a attributes, missing int) error {
		if n++; n%progressEvery == 0 {
			sink.Page()
		}
		survey.AcceptedDomains = append(survey.AcceptedDomains, a.all("msexchaccepteddomainname")...)
		c := row(dn)
		switch {
		case strings.EqualFold(a.first("isdeleted"), "TRUE"):
			if addresses := a.all("proxyaddresses"); len(addresses) > 0 {
				c.Deleted++
				sink.Deleted(addresses)
			}
		case a.hasAddress():
			e := a.entry(dn)
			c.Objects++
			c.Values += len(e.ProxyAddresses)
			sink.Entry(&e)
			if missing > 0 && c.Problem == "" {
				c.Problem = fmt.Sprintf("%s: %s: only part of the values of proxyAddresses was exported", x.Path, dn)
			}
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for _, c := range rows {
		survey.Coverage = append(survey.Coverage, *c)
	}
	slices.SortFunc(survey.Coverage, func(a, b conflicts.Coverage) int { return strings.Compare(a.Partition, b.Partition) })
	slices.Sort(survey.AcceptedDomains)
	survey.AcceptedDomains = slices.Compact(survey.AcceptedDomains)
	if damage == nil && n == 0 {
		return nil, &Error{Subject: x.Path, Problem: "no objects in it", Hint: "see whether the export failed"}
	}
	if damage != nil {
		var fatal *Error
		if errors.As(damage, &fatal) || n == 0 {
			return nil, damage
		}
		survey.Coverage = append(survey.Coverage, conflicts.Coverage{Partition: x.Path,
			Problem: fmt.Sprintf("%v: nothing behind that line was read", damage)})
	}
	return survey, nil
}

// Inspect reads the file again and hands over the objects that refs name.
func (x Export) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	wanted := make(map[conflicts.Ref]bool, len(refs))
	for _, ref := range refs {
		wanted[ref] = true
	}
	err := x.read(ctx, func(dn string, a attributes, _ int) error {
		if len(wanted) == 0 {
			return io.EOF
		}
		e := a.entry(dn)
		if wanted[e.Ref()] && !strings.EqualFold(a.first("isdeleted"), "TRUE") {
			delete(wanted, e.Ref())
			found(a.object(dn))
		}
		return nil
	})
	if len(wanted) == 0 {
		return nil
	}
	return err
}

// read hands over every record. missing is the number of the first value of
// proxyAddresses that the export leaves out, 0 if none.
func (x Export) read(ctx context.Context, each func(dn string, a attributes, missing int) error) error {
	f, err := os.Open(x.Path)
	if err != nil {
		return &Error{Subject: x.Path, Problem: cause(err), Err: err}
	}
	defer f.Close()
	r := ldif.NewReader(f)
	for ctx.Err() == nil {
		rec, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", x.Path, err)
		}
		if rec.Change != ldif.ChangeNone && rec.Change != ldif.ChangeAdd { // ldifde writes every object as an add
			return &Error{Subject: x.Path, Problem: fmt.Sprintf("line %d: a change, not the content of a directory", rec.Line),
				Hint: "export with ldifde -f export.ldif, or ldapsearch -LLL"}
		}
		a := attributes{}
		r := result{dn: rec.DN}
		for _, attr := range rec.Attributes {
			r.values = append(r.values, resultAttribute{attr.Name, [][]byte{attr.Value}})
		}
		missing := a.take(r)
		if err := each(rec.DN, a, missing); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// cause returns what the operating system said, without the operation and the
// path.
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
