package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/eventlog"
)

// auditing are exports of the Security log, which tell who wrote what.
type auditing struct {
	auditLogs []string
	writes    []eventlog.Write
	unread    []string // files without such an event, and places that could not be read
}

func (o *auditing) addFlags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&o.auditLogs, "audit-log", nil, "say who wrote the addresses, by event 5136 in this `file` with the Security log of a domain controller (repeatable)")
}

// read reads the files. It comes before the directory, as a wrong file is soon told. A domain controller
// whose log has no event 5136 is no mistake, unless no other has one.
func (o *auditing) read() error {
	const hint = "name files with the Security log of domain controllers"
	var absent error
	found := false
	for _, pattern := range o.auditLogs {
		names, err := filesOf("--audit-log ", pattern, hint)
		if err != nil {
			return err
		}
		for _, name := range names {
			err := readFile(name, hint, func(name string, r io.Reader) error {
				log, err := eventlog.ReadAudit(name, r, conflicts.WrittenAttributes)
				if errors.Is(err, eventlog.ErrNoChange) {
					absent = cmp.Or(absent, err)
					o.unread = append(o.unread, err.Error())
					return nil
				} else if err != nil {
					return unusable(err)
				}
				found = true
				o.writes = append(o.writes, log.Writes...)
				for _, d := range log.Damaged {
					o.unread = append(o.unread, fmt.Sprintf("%s: %v, so the writer of an address may be missing", name, d))
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	if !found && absent != nil {
		return unusable(absent)
	}
	return nil
}

// match adds to an audit what the files tell.
func (o *auditing) match(audit *conflicts.Audit) {
	if len(o.auditLogs) > 0 {
		audit.Notes = append(audit.Notes, o.unread...)
		audit.MatchWrites(o.writes)
	}
}
