package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

const manUsage = `Man prints a manual page as man(7) source: that of a command, or without one
that of proxyaddr itself.

USAGE
  proxyaddr man [COMMAND]

EXAMPLE
  proxyaddr man scan | man -l -
  proxyaddr man scan >proxyaddr-scan.1
`

type manOptions struct{ page string }

func (*manOptions) addFlags(*pflag.FlagSet) {}

func (o *manOptions) check(_ *console, _ *pflag.FlagSet, args []string) error {
	if len(args) == 0 {
		o.page = manual(commands, version())
		return nil
	}
	if len(args) > 1 {
		return wrong("", "unexpected argument %q", args[1])
	}
	for i := range commands {
		if commands[i].name == args[0] {
			o.page = commands[i].manual(version())
			return nil
		}
	}
	return unknownCommand(args[0])
}

func (o *manOptions) run(_ context.Context, c *console) (int, error) {
	if _, err := io.WriteString(c.stdout, o.page); err != nil {
		return 0, unprinted(err)
	}
	return exitClean, nil
}

func (*manOptions) arguments() []string {
	names := make([]string, len(commands))
	for i := range commands {
		names[i] = commands[i].name
	}
	return names
}

// manual is proxyaddr(1): the overview of the commands of a table.
func manual(table []command, version string) string {
	var p manualPage
	p.head("proxyaddr", "find and resolve duplicate proxyAddresses of Active Directory", version)
	p.section("SYNOPSIS")
	p.verbatim(overviewUsage)
	p.section("DESCRIPTION")
	p.paragraphs(overviewIntro)
	p.section("COMMANDS")
	for _, cmd := range table {
		p.item(`\fBproxyaddr\-`+roff(cmd.name)+`\fR(1)`, cmd.about)
	}
	p.end(overviewExamples)
	return p.text.String()
}

// manual is the page of a command.
func (cmd *command) manual(version string) string {
	intro, rest, _ := strings.Cut(cmd.usage, "\nUSAGE\n")
	usage, rest, _ := strings.Cut(rest, "\nEXAMPLE\n")
	examples, details, _ := strings.Cut(rest, "\n\n")
	var p manualPage
	p.head("proxyaddr-"+cmd.name, cmd.about, version)
	p.section("SYNOPSIS")
	p.verbatim(usage)
	p.section("DESCRIPTION")
	p.paragraphs(intro + "\n" + details)
	for _, g := range groups(cmd.flags(cmd.new())) {
		p.section(g.title)
		for _, f := range g.flags {
			p.flag(f)
		}
	}
	p.end(examples)
	return p.text.String()
}

// A manualPage is the source of a page, in the macros of man(7).
type manualPage struct{ text strings.Builder }

func (p *manualPage) head(name, about, version string) {
	fmt.Fprintf(&p.text, ".TH %s 1 \"\" \"proxyaddr %s\" \"User Commands\"\n", roff(strings.ToUpper(name)), roff(version))
	p.section("NAME")
	fmt.Fprintf(&p.text, "%s \\- %s\n", roff(name), roff(about))
}

func (p *manualPage) section(title string) { p.text.WriteString(".SH " + title + "\n") }

// paragraphs writes texts with empty lines between them.
func (p *manualPage) paragraphs(text string) {
	p.text.WriteString(strings.ReplaceAll(roff(strings.Trim(text, "\n"))+"\n", "\n\n", "\n.PP\n"))
}

// verbatim writes lines as they are.
func (p *manualPage) verbatim(lines string) {
	p.text.WriteString(".nf\n")
	for line := range strings.Lines(lines) {
		p.text.WriteString(roff(strings.TrimPrefix(strings.TrimRight(line, "\n"), "  ")) + "\n")
	}
	p.text.WriteString(".fi\n")
}

// item writes a term, which is roff source, and its meaning.
func (p *manualPage) item(term, text string) {
	fmt.Fprintf(&p.text, ".TP\n%s\n%s\n", term, roff(text))
}

func (p *manualPage) flag(f *pflag.Flag) {
	value, text := describe(f)
	term := `\fB` + roff("--"+f.Name) + `\fR`
	if f.Shorthand != "" {
		term = `\fB` + roff("-"+f.Shorthand) + `\fR, ` + term
	}
	if value != "" {
		term += ` \fI` + roff(value) + `\fR`
	}
	p.item(term, text)
}

// end writes the common end of all pages.
func (p *manualPage) end(examples string) {
	p.section("EXIT STATUS")
	for _, e := range exitCodes {
		p.item(fmt.Sprint(e.code), e.meaning)
	}
	p.section("EXAMPLES")
	p.verbatim(examples)
	p.section("SEE ALSO")
	p.text.WriteString("\\fBproxyaddr\\fR(1)\n")
}

// roff escapes a text so that roff prints it as it is.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
