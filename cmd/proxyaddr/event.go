package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/eventlog"
	"proxyaddr/ldapscan"
)

const eventUsage = `Event explains the events 9514 and 9217, in which Exchange reports an ambiguous
address: which address it is, who has it, when and on which domain controller
the addresses of each owner were last written, the likely cause, and the fix.
Exchange's refusal of an address, a delivery report, the message tracking log
and errors of Entra Connect name an address as well, and are read like 9217.
It looks up the objects or addresses that the events name, and the addresses
that these objects share, by indexes and without a sweep, and never writes.

USAGE
  proxyaddr event [TEXT | FILE...] -d DOMAIN [FLAGS]
  proxyaddr event [TEXT | FILE...] -H URL -D USER [FLAGS]
  proxyaddr event [TEXT | FILE...] --input EXPORT [FLAGS]

EXAMPLE
  proxyaddr event "TEXT OF THE EVENT" -d example.com
  wevtutil qe Application /q:"*[System[(EventID=9514)]]" /f:xml >ex1.xml
  proxyaddr event ex1.xml -d example.com -o audit
  proxyaddr event ex1.xml ex2.csv -d example.com -D "EXAMPLE\anna"

An argument that names an existing file is a file: what Event Viewer saves
(.evtx, XML, CSV or text), event XML of wevtutil, what Get-WinEvent with
Export-Csv, ConvertTo-Json, ConvertTo-Xml or Export-Clixml writes, or what
python-evtx, evtxexport, evtx_dump, EvtxECmd, Snare or NXLog make of events.
Anything else is the text of an event.
Without an argument, or with "-", the input is stdin. Repeated events are
counted once.

With --audit-log, event says who wrote the address of each owner, as event 5136
of the domain controllers' Security logs tells. These files have the same
formats.

With -o, event prints only the totals unless --format is given. All files
appear together or not at all. The directory may be missing, empty, or hold an
earlier audit without changes, decisions or a journal; --replace deletes one
that has them. {date} in its name becomes the date in UTC.

The exit status is 0 if every logged conflict is gone, 1 if there are
conflicts, and 3 if not everything could be read.
`

// eventOptions are the settings of a trace of events.
type eventOptions struct {
	source
	reporting
	auditing
	args   []string
	events []eventlog.Event
	// damaged are the unreadable places of the input.
	damaged []string
}

func (o *eventOptions) addFlags(fs *pflag.FlagSet) {
	o.source.addFlags(fs)
	o.reporting.addFlags(fs)
	o.auditing.addFlags(fs)
}

func (o *eventOptions) check(_ *console, fs *pflag.FlagSet, args []string) error {
	o.args = args
	if err := o.reporting.check(fs); err != nil {
		return err
	}
	return o.source.check()
}

// read reads the events of all files, or of the text.
func (o *eventOptions) read(c *console) error {
	var logs []*eventlog.Log
	read := func(name string, r io.Reader) error {
		log, err := eventlog.Read(name, r)
		if err != nil {
			return unusable(err)
		}
		for _, d := range log.Damaged {
			o.damaged = append(o.damaged, fmt.Sprintf("%s: %v", name, d))
		}
		logs = append(logs, log)
		return nil
	}
	if len(o.args) == 0 || len(o.args) == 1 && o.args[0] == "-" {
		if slices.Contains(o.input, "-") {
			return wrong("put the events or the export into a file", "both the events and --input from stdin")
		}
		err := read("stdin", c.stdin)
		o.events = eventlog.Merge(logs...)
		return err
	}
	names, text, err := inputs(o.args)
	switch {
	case err != nil:
		return err
	case text != "":
		err = read("the text", strings.NewReader(text))
	}
	for _, name := range names {
		if err == nil {
			err = readFile(name, "name a file with the events, or write the text of an event in quotes", read)
		}
	}
	o.events = eventlog.Merge(logs...)
	return err
}

func readFile(name, hint string, read func(name string, r io.Reader) error) error {
	f, err := os.Open(name)
	if err != nil {
		return unopened(hint, err)
	}
	defer f.Close()
	return read(name, f)
}

// inputs tells files from a text, whose words a shell may have split.
func inputs(args []string) (names []string, text string, err error) {
	missing := ""
	for _, arg := range args {
		if found := matching(arg); found != nil {
			names = append(names, found...)
		} else if missing == "" {
			missing = arg
		}
	}
	switch {
	case missing == "":
		return names, "", nil
	case len(names) == 0 && instead(missing, "") == "" && strings.ContainsAny(strings.Join(args, " "), " \n"):
		return nil, strings.Join(args, " "), nil
	}
	hint := instead(missing, "name files, or write the text of the event in quotes")
	if _, err := filesOf("", missing, hint); err != nil {
		return nil, "", err
	}
	return nil, "", wrong(hint, "%s: no such file", missing)
}

func (o *eventOptions) run(ctx context.Context, c *console) (int, error) {
	if err := o.claim(); err != nil {
		return 0, err
	}
	defer o.release()
	if err := await(ctx, func() error { return o.read(c) }); err != nil {
		return 0, err
	}
	if err := await(ctx, o.auditing.read); err != nil {
		return 0, err
	}
	src, done, err := o.connect(ctx, c)
	if err != nil {
		return 0, err
	}
	defer done()
	audit, err := ldapscan.Trace(ctx, src, conflicts.NewTracedEvents(o.events), ldapscan.Options{Version: version(), Command: o.commandLine, Connection: o.connection, Judge: o.judge})
	if err != nil {
		return 0, o.unreadable(err)
	}
	audit.Problems = append(o.damaged, audit.Problems...)
	o.auditing.match(audit)
	return c.deliver(audit, &o.reporting)
}
