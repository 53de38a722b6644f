package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
	"proxyaddr/report/words"
)

// fixFile and rollbackFile name the pair of files of a domain.
func fixFile(domain string) string      { return "fix-" + domain + ".ldif" }
func rollbackFile(domain string) string { return "rollback-" + domain + ".ldif" }

// ldifdeCommand and ldapmodifyCommand apply a file to the domain controller DC.
// Kerberos encrypts what is sent over ldap://. A domain controller refuses that
// inside TLS (unwillingToPerform, [MS-ADTS] 5.1.1.1.2).
func ldifdeCommand(file string) string     { return "ldifde -i -f " + file + " -s DC -v -j ." }
func ldapmodifyCommand(file string) string { return "ldapmodify -H ldap://DC -Y GSSAPI -f " + file }

// verifyCommand compares a file with the forest of its domain.
func verifyCommand(file, domain string) string {
	if domain == noDomain {
		domain = "DOMAIN"
	}
	return "proxyaddr verify " + file + " -d " + domain
}

// Fix writes the changes of one of the [Domains] as LDIF (RFC 2849), 7-bit
// ASCII that ldifde and ldapmodify both take. One object is one modify record,
// which a directory applies whole or not at all (RFC 4511 section 4.6): it
// deletes the exact old values and adds the new ones, so that it is refused if a
// value has changed since the scan. A domain without changes gives a file
// without records.
//
// A change of any attribute but proxyAddresses and mail is an error.
func Fix(w io.Writer, a *conflicts.Audit, domain string) error {
	return writeChanges(w, domain, changesIn(a, domain), false)
}

// Rollback writes the LDIF that takes back what [Fix] wrote for the same domain:
// the inverse changes in the inverse order.
func Rollback(w io.Writer, a *conflicts.Audit, domain string) error {
	return writeChanges(w, domain, changesIn(a, domain), true)
}

func writeChanges(w io.Writer, domain string, d *domainChanges, back bool) error {
	out := ldif.NewWriter(w)
	if err := out.Comment(strings.Join(ldifHeader(domain, d, back), "\n")); err != nil {
		return err
	}
	var comments []string
	var reason words.Memo
	for i := range d.objects {
		if back {
			i = len(d.objects) - 1 - i
		}
		o := d.object(i)
		mods, err := modifications(o)
		if err != nil {
			return err
		}
		if back {
			mods = inverse(mods)
		}
		comments = explain(comments[:0], o, back, &reason)
		err = out.Write(&ldif.Record{
			Comments: comments,
			DN:       o.object.DN,
			Change:   ldif.ChangeModify,
			Mods:     mods,
		})
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

// modifications puts all old values of an attribute into one delete and all new
// ones into one add: no state between two changes has to be a valid one.
func modifications(o objectChanges) ([]ldif.Mod, error) {
	var mods []ldif.Mod
	done := 0
	for _, attribute := range []string{conflicts.ProxyAddresses, conflicts.Mail} {
		var before, after [][]byte
		for _, c := range o.changes {
			if c.Attribute != attribute {
				continue
			}
			done++
			before = append(before, []byte(c.Old))
			if c.New != "" {
				after = append(after, []byte(c.New))
			}
		}
		if before != nil {
			mods = append(mods, ldif.Mod{Op: ldif.Delete, Name: attribute, Values: before})
		}
		if after != nil {
			mods = append(mods, ldif.Mod{Op: ldif.Add, Name: attribute, Values: after})
		}
	}
	if done < len(o.changes) {
		return nil, fmt.Errorf("%s: only proxyAddresses and mail may be changed", words.Escape(o.object.DN))
	}
	return mods, nil
}

// inverse returns the modifications that undo mods.
func inverse(mods []ldif.Mod) []ldif.Mod {
	var undo []ldif.Mod
	for _, m := range slices.Backward(mods) {
		op := ldif.Add
		if m.Op == ldif.Add {
			op = ldif.Delete
		}
		values := slices.Clone(m.Values)
		slices.Reverse(values)
		undo = append(undo, ldif.Mod{Op: op, Name: m.Name, Values: values})
	}
	return undo
}

// explain appends the comments above a record: for people, why it is there, and
// for [ReadFix] its instructions.
func explain(lines []string, o objectChanges, back bool, reason *words.Memo) []string {
	lines = comment(lines, textIndent, o.object.Name(), ", ", words.Kind(o.object))
	undo := ""
	if back {
		undo = "takes back "
	}
	const indent = textIndent + "  "
	for i, c := range o.changes {
		if of := c.conflict; of != nil && (i == 0 || c.Key != o.changes[i-1].Key) {
			k := of.Keeper()
			lines = comment(lines, textIndent, of.ID, ": ", string(of.Class), " ", of.Key.Address())
			lines = comment(lines, indent, "kept by ", k.Name(), ", ", k.DN)
			lines = comment(lines, indent, "reason: ", reason.Say(of, (*conflicts.Conflict).Reason))
		}
		lines = comment(lines, indent, undo, words.Change(c.Change))
	}
	return instruct(lines, o, back)
}

// ldifHeader returns what stands above the first record.
func ldifHeader(domain string, d *domainChanges, back bool) []string {
	a := d.audit
	var lines []string
	say := func(indent, text string) { lines = comment(lines, indent, text) }
	gap := func() { lines = append(lines, "") }

	file, other := fixFile(domain), rollbackFile(domain)
	if back {
		file, other = other, file
		say("", fmt.Sprintf("proxyaddr %s: %s takes back what %s changed, and so restores its conflicts.", a.Version, file, other))
	} else {
		say("", fmt.Sprintf("proxyaddr %s: %s ends conflicts between proxy addresses.", a.Version, file))
	}
	say("", fmt.Sprintf("Changes %s on %s.", words.Quantity(len(d.changes), "value"), words.Quantity(len(d.objects), "object")))
	if r := a.Review; r != nil {
		say("", fmt.Sprintf("Reviewed: approved %s of %s.", words.Number(len(a.Proposals)), words.Quantity(r.Proposed, "proposal")))
		say("  ", fmt.Sprintf("%s: SHA-256 %s", r.Workbook, r.WorkbookSum))
		say("  ", fmt.Sprintf("%s: SHA-256 %s", scanFile, r.ScanSum))
	}
	gap()
	say("", words.BriefCompleteness(a)+".")
	for _, p := range a.Problems {
		say("  ", "- "+p)
	}
	for _, f := range words.Scope(a) {
		say("  ", f.Name+": "+strings.Join(f.Values, ", "))
	}
	gap()
	say("", "A record changes one object, whole or not at all. It deletes the exact value that is there now and adds the "+
		"new one, so the directory refuses a record that is out of date (no such attribute). Programs stop there, and the "+
		"records above stay applied: scan again and review the new file. Do not make the program go on after an error.")
	gap()
	say("", "Check before, with the account that will make the changes:")
	say("  ", verifyCommand(file, domain))
	say("", "ldapmodify -n is no check because it contacts no server. ldifde has no dry run.")
	gap()
	when := ", after review:"
	if a.Review != nil {
		when = ":"
	}
	say("", "Apply to a domain controller (DC) of the domain"+when)
	say("  ", "Windows:    "+ldifdeCommand(file))
	say("  ", "elsewhere:  "+ldapmodifyCommand(file))
	say("", "ldapmodify needs a Kerberos ticket (run kinit) and, on Debian and Ubuntu, the package "+
		"libsasl2-modules-gssapi-mit. Kerberos encrypts the connection; a DC refuses it over ldaps:// (error 53).")
	gap()
	say("", "Check after: let replication finish, run proxyaddr verify again, and scan again.")
	if !back {
		say("", "Take back: apply "+other+" in the same way.")
	}
	return lines
}

// comment appends a text, in pieces that may hold names from the directory. It is cut at
// spaces, and the lines behind the first are indented further.
func comment(lines []string, indent string, pieces ...string) []string {
	const limit = 98
	size := len(indent)
	for _, piece := range pieces {
		size += len(piece)
	}
	var text strings.Builder
	text.Grow(size)
	text.WriteString(indent)
	for _, piece := range pieces {
		text.WriteString(piece)
	}
	line := words.Escape(text.String())
	if quotedLen(line) <= limit {
		return append(lines, line)
	}
	for i, line := range words.Wrap(line[len(indent):], limit-len(indent), quotedLen) {
		if i == 1 {
			indent += "  "
		}
		lines = append(lines, indent+line)
	}
	return lines
}

// quotedLen returns the length of a string as the LDIF writer escapes it.
func quotedLen(s string) (n int) {
	var quoted []byte
	for _, r := range s {
		if r < utf8.RuneSelf && r != '"' && r != '\\' && strconv.IsPrint(r) {
			n++
			continue
		}
		quoted = strconv.AppendQuoteToASCII(quoted[:0], string(r))
		n += len(quoted) - len(`""`)
	}
	return n
}
