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
	if err := out.Comment(ldifHeader(domain, d, back)); err != nil {
		return err
	}
	c := commenter{line: out.Annotate}
	var o objectChanges
	var mods modifications
	for i := range d.objects {
		if back {
			i = len(d.objects) - 1 - i
		}
		d.object(&o, i)
		if err := mods.set(&o, back); err != nil {
			return err
		}
		c.explain(&o, back)
		c.instruct(&o, back)
		if err := out.Write(&ldif.Record{DN: o.object.DN, Change: ldif.ChangeModify, Mods: mods.list}); err != nil {
			return err
		}
	}
	return out.Flush()
}

// modifications are those of one object at a time.
type modifications struct {
	list   []ldif.Mod
	values [][]byte
	text   []byte // of the values
}

// set puts all old values of an attribute into one delete and all new ones into one
// add: no state between two changes has to be a valid one. To take changes back, it
// puts in the inverse ones in the inverse order.
func (m *modifications) set(o *objectChanges, back bool) error {
	m.list, m.values, m.text = m.list[:0], m.values[:0], m.text[:0]
	attributes := [...]conflicts.Attribute{conflicts.ProxyAddresses, conflicts.Mail}
	for _, c := range o.changes {
		if !slices.Contains(attributes[:], c.Attribute) {
			return fmt.Errorf("%s: only proxyAddresses and mail may be changed", words.Escape(o.object.DN))
		}
	}
	if back {
		slices.Reverse(attributes[:])
	}
	for _, attribute := range attributes {
		m.add(ldif.Delete, attribute, o, back)
		m.add(ldif.Add, attribute, o, back)
	}
	return nil
}

// add appends what one operation does to an attribute, if it does anything.
func (m *modifications) add(op ldif.ModOp, attribute conflicts.Attribute, o *objectChanges, back bool) {
	first := len(m.values)
	for i := range o.changes {
		if back {
			i = len(o.changes) - 1 - i
		}
		c := &o.changes[i]
		if c.Attribute != attribute {
			continue
		}
		value := c.Old
		if (op == ldif.Add) != back {
			if value = c.New; value == "" {
				continue
			}
		}
		begin := len(m.text)
		m.text = append(m.text, value...)
		m.values = append(m.values, m.text[begin:])
	}
	if values := m.values[first:]; len(values) > 0 {
		m.list = append(m.list, ldif.Mod{Op: op, Name: attribute.String(), Values: values})
	}
}

// explain writes the comments above a record that say to people why it is there.
func (c *commenter) explain(o *objectChanges, back bool) {
	c.say(textIndent, o.object.Name(), ", ", words.Kind(o.object))
	const indent = textIndent + "  "
	for i, change := range o.changes {
		if of := change.conflict; of != nil && (i == 0 || change.Key != o.changes[i-1].Key) {
			k := of.Keeper()
			c.say(textIndent, of.ID, ": ", string(of.Class), " ", of.Key.Address())
			c.say(indent, "kept by ", k.Name(), ", ", k.DN)
			c.say(indent, "reason: ", c.reason.Say(of, (*conflicts.Conflict).Reason))
		}
		c.text = append(c.text[:0], indent...)
		if back {
			c.text = append(c.text, "takes back "...)
		}
		c.text = words.AppendChange(c.text, change.Change)
		c.tell(indent)
	}
}

// ldifHeader returns what stands above the first record.
func ldifHeader(domain string, d *domainChanges, back bool) string {
	a := d.audit
	var header strings.Builder
	c := commenter{line: func(line []byte) {
		header.Write(line)
		header.WriteByte('\n')
	}}
	say := func(indent, text string) { c.say(indent, text) }
	gap := func() { c.line(nil) }

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
	return strings.TrimSuffix(header.String(), "\n")
}

// A commenter makes comment lines in the same memory.
type commenter struct {
	line   func([]byte) // takes one, and keeps nothing of it
	text   []byte       // in hand, behind its indent
	broken []byte       // a line of it
	reason words.Memo
}

// say writes a text in pieces, which may hold names from the directory.
func (c *commenter) say(indent string, pieces ...string) {
	c.text = append(c.text[:0], indent...)
	for _, piece := range pieces {
		c.text = append(c.text, piece...)
	}
	c.tell(indent)
}

// tell writes the text in hand. It is cut at spaces, and the lines behind the first are
// indented further.
func (c *commenter) tell(indent string) {
	const limit = 98
	if !words.Plain(c.text) {
		c.text = append(c.text[:0], words.Escape(string(c.text))...)
	}
	if quotedLen(c.text) <= limit {
		c.line(c.text)
		return
	}
	further := ""
	for line := range words.Wrap(c.text[len(indent):], limit-len(indent), quotedLen) {
		c.broken = append(append(append(c.broken[:0], indent...), further...), line...)
		c.line(c.broken)
		further = "  "
	}
}

// quotedLen returns the length of a text as the LDIF writer escapes it.
func quotedLen(text []byte) (n int) {
	var quoted []byte
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		if ' ' <= r && r <= '~' && r != '"' && r != '\\' {
			n++
			continue
		}
		quoted = strconv.AppendQuoteToASCII(quoted[:0], string(r))
		n += len(quoted) - len(`""`)
	}
	return n
}
