package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// AcceptedDomains reads them from the configuration partition. A directory without
// Exchange has none.
func (d *Directory) AcceptedDomains(ctx context.Context) ([]string, error) {
	q := query{base: d.conn.root().first("configurationnamingcontext"), filter: "(objectClass=msExchAcceptedDomain)",
		attributes: []string{"msExchAcceptedDomainName"}}
	if q.base == "" {
		return nil, nil
	}
	var domains []string
	err := d.config().results(ctx, q, func(r result) {
		a := attributes{}
		a.take(r)
		domains = append(domains, a.all("msexchaccepteddomainname")...)
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		err = fmt.Errorf("%s: the accepted domains could not be read: %s", q.base, brief(err))
	}
	return inOrder(domains), err
}

// AcceptedDomains are those of all forests.
func (f *Forest) AcceptedDomains(ctx context.Context) ([]string, error) {
	var all []string
	var failed []error
	for _, d := range f.directories {
		domains, err := d.AcceptedDomains(ctx)
		all = append(all, domains...)
		failed = append(failed, err)
	}
	return inOrder(all), errors.Join(failed...)
}

// AcceptedDomains reads the file to its end.
func (x *Export) AcceptedDomains(ctx context.Context) ([]string, error) {
	_, survey, err := x.look(ctx, nowhere{}, nil)
	if err != nil {
		return nil, err
	}
	return survey.AcceptedDomains, survey.incomplete()
}

// inOrder returns names in order, each once.
func inOrder(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
