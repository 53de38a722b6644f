package request

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// steps are the commands that make the changes, check them and take them back.
func (d *document) steps() {
	d.linef("## Steps\n")
	step := 0
	say := func(text, command string) {
		step++
		d.linef("%d. %s:\n\n       %s\n", step, text, command)
	}
	files := " " + strings.Join(d.fixes(), " ")
	count := fmt.Sprintf("Type %d when asked", d.plan.objects)
	if d.a.Review == nil {
		say("Write what was approved, and go on in that directory", "proxyaddr fix "+words.Quoted(d.files.Workbook)+" -o approved")
		count = fmt.Sprintf("Type the number of objects when asked: %d if all are approved", d.plan.objects)
	}
	verify := "proxyaddr verify" + files + d.connection()
	say("Verify, with the account that will apply. Go only on exit 0", verify)
	if len(d.policyCommands()) > 0 {
		step++
		d.linef("%d. Take the objects under an address policy out of it, or it brings the old addresses back: commands in the annex.\n", step)
	}
	say("Apply. "+count, "proxyaddr apply"+files+d.connection())
	say("After replication, verify again. Exit 0, all *applied*", verify)
	if slices.ContainsFunc(d.plan.rows, func(r row) bool { return r.has(conflicts.RiskTarget) }) {
		step++
		d.linef("%d. Give each object that *forwards to it* another targetAddress, or its mail goes to the keeper: %s.\n", step, targetHow)
	}
	say("Scan into a new directory. "+d.expected(), d.scanCommand("after"))
	journal := strings.TrimSuffix(d.first().Fix, ".ldif") + ".journal"
	d.linef("**Back out** at any time after apply:\n\n       proxyaddr apply --undo %s%s\n", words.Quoted(journal), d.connection())
	d.linef("The head of each LDIF file has the commands for ldifde and ldapmodify.\n")
}

// targetHow waits for the cloud: an address that Exchange Online does not have yet returns mail to
// its sender.
const targetHow = "of a remote mailbox with Set-RemoteMailbox -RemoteRoutingAddress, once Exchange Online has the new address (after the next cycle of Entra Connect)"

// fixes names the files that hold changes, as words of a command.
func (d *document) fixes() []string {
	var list []string
	for _, domain := range d.files.Domains {
		if domain.Changes {
			list = append(list, words.Quoted(domain.Fix))
		}
	}
	return list
}

// first is the first domain whose file holds changes, or else the first of all.
func (d *document) first() *Domain {
	for i := range d.files.Domains {
		if d.files.Domains[i].Changes {
			return &d.files.Domains[i]
		}
	}
	return &d.files.Domains[0]
}

// connection is what the commands need to find the directory that was scanned.
func (d *document) connection() string {
	if c := d.a.Scope.Connection; c != "" {
		return " " + c
	}
	return " -d " + words.Quoted(cmp.Or(d.first().Name, "DOMAIN"))
}

// scanCommand scans again what was scanned, into another directory.
func (d *document) scanCommand(output string) string {
	command := "proxyaddr scan" + d.connection()
	for _, dn := range d.a.Scope.Base {
		command += " --base " + words.Quoted(dn)
	}
	for _, dn := range d.a.Scope.Exclude {
		command += " --exclude " + words.Quoted(dn)
	}
	return command + " -o " + output
}

// expected says how the scan after the changes should end.
func (d *document) expected() string {
	left := len(d.a.Conflicts)
	for i := range d.a.Proposals {
		c := d.a.Proposals[i].Conflict
		if first := i == 0 || c != d.a.Proposals[i-1].Conflict; first && len(c.Unresolved) == 0 {
			left--
		}
	}
	if left > 0 {
		return fmt.Sprintf("Exit 1: only %s remain%s, named above", words.Quantity(left, "conflict"), map[bool]string{true: "s"}[left == 1])
	}
	return "Exit 0: no conflict remains"
}

// policyCommands take the objects that change and are under an address policy out of it.
func (d *document) policyCommands() []string {
	identities := make(map[string][]string)
	var last *conflicts.Object
	for i := range d.plan.rows {
		o := d.plan.rows[i].object()
		if c := cmdlet(o); c != "" && o != last && o.UnderPolicy() {
			identities[c] = append(identities[c], `"`+o.GUID.String()+`"`)
		}
		last = o
	}
	var commands []string
	for _, c := range slices.Sorted(maps.Keys(identities)) {
		for list := range slices.Chunk(identities[c], 10) {
			commands = append(commands, strings.Join(list, ",")+"|%{"+c+" $_ -EmailAddressPolicyEnabled $false}")
		}
	}
	return commands
}

// cmdlet is the command of Exchange that sets properties of a kind of recipient.
func cmdlet(o *conflicts.Object) string {
	switch words.ShortKind(o) {
	case "mailbox", "shared mailbox", "room mailbox", "equipment mailbox", "linked mailbox":
		if strings.HasPrefix(o.Kind(), "remote ") {
			return "Set-RemoteMailbox"
		}
		return "Set-Mailbox"
	case "group", "security group", "room list":
		return "Set-DistributionGroup"
	case "dynamic group":
		return "Set-DynamicDistributionGroup"
	case "contact":
		return "Set-MailContact"
	case "mail user":
		return "Set-MailUser"
	case "public folder":
		return "Set-MailPublicFolder"
	}
	return ""
}

// checksums lists the files that were read for the approval.
func (d *document) checksums() {
	d.linef("## Files\n\n| File | SHA-256 |\n|---|---|")
	for s := range d.files.Sums {
		d.linef("| %s | `%s` |", inert(s.File), s.Hex)
	}
	d.linef("\nCheck: `sha256sum -c SHA256SUMS`, or `Get-FileHash *.ldif` in PowerShell.\n")
}
