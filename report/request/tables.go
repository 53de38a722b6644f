package request

import (
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// high lists what may hurt, with the reason.
func (d *document) high() {
	high, _ := d.plan.byRisk()
	if len(high) == 0 {
		return
	}
	d.linef("## High risk: %s\n", words.Quantity(d.plan.risks[conflicts.High], "object"))
	d.table(high, "Why", func(r *row) string {
		why := d.risks(r)
		switch advice := adviceWord[r.advice()]; {
		case advice == "", r.advice() == conflicts.AdviseReplace:
			return why
		case why == "":
			return advice
		default:
			return advice + "; " + why
		}
	})
	var legend []string
	explain := func(applies func(*row) bool, text string) {
		if slices.ContainsFunc(high, func(r row) bool { return applies(&r) }) {
			legend = append(legend, text)
		}
	}
	explain(removes, aboutRemove)
	explain(func(r *row) bool { return r.mail() }, "*+ mail*: the mail attribute changes with it.")
	explain(func(r *row) bool { return r.has(conflicts.RiskTarget) }, "*forwards to it*: targetAddress is the old address and stays; a step below changes it.")
	explain(func(r *row) bool { _, ok := r.Conflict.Merge(r.Owner); return ok && d.a.Review == nil }, "A contact that forwards to the keeper can be merged instead: delete it, and give the keeper its legacyExchangeDN as an X500 address.")
	explain(func(r *row) bool { return r.has(conflicts.RiskPolicy) }, "*policy*: Exchange may stamp the old address again; the steps prevent it.")
	explain(func(r *row) bool { return r.has(conflicts.RiskSynchronized) }, "*Entra ID*: synchronized, follows with the next cycle.")
	if len(legend) > 0 {
		d.linef("%s\n", strings.Join(legend, " "))
	}
}

const aboutRemove = "*Remove*: the object keeps another address of an accepted domain, so it needs no new one."

func removes(r *row) bool { return r.advice() == conflicts.AdviseRemove }

// others lists what is of medium and low risk.
func (d *document) others() {
	high, rows := d.plan.byRisk()
	if len(rows) == 0 {
		return
	}
	secondary := ""
	if !slices.ContainsFunc(rows, func(r row) bool { return r.primary() }) {
		secondary = ", secondary addresses only"
	}
	d.linef("## Medium and low risk: %s%s\n", words.Quantity(d.plan.objects-d.plan.risks[conflicts.High], "object"), secondary)
	if d.a.Review != nil {
		d.table(rows, "Risk", d.riskAndWhy)
		return
	}
	if said := slices.ContainsFunc(high, func(r row) bool { return removes(&r) }); !said && slices.ContainsFunc(rows, func(r row) bool { return removes(&r) }) {
		d.linef("%s\n", aboutRemove)
	}
	d.table(rows, "Advice, risk", func(r *row) string {
		if r.risk() == conflicts.Low {
			return adviceWord[r.advice()]
		}
		return adviceWord[r.advice()] + "; " + d.riskAndWhy(r)
	})
}

// byRisk parts the rows of objects of high risk, which come first, from the others.
func (p *plan) byRisk() (high, others []row) {
	n := slices.IndexFunc(p.rows, func(r row) bool { return r.objectRisk != conflicts.High })
	if n < 0 {
		n = len(p.rows)
	}
	return p.rows[:n], p.rows[n:]
}

// table writes rows with a last column of choice.
func (d *document) table(rows []row, head string, last func(*row) string) {
	d.linef("|Changes|Address → new|Address stays with, because|%s|\n|---|---|---|---|", head)
	for i := range rows[:min(len(rows), words.Listed)] {
		r := &rows[i]
		who, stays := d.nameAndKind(r.object()), d.name(r.stays())+": "+inert(r.because())
		if i > 0 {
			if before := &rows[i-1]; before.object() == r.object() {
				who = "same object"
			}
			if before := &rows[i-1]; before.Conflict == r.Conflict {
				stays = "same"
			}
		}
		d.linef("|%s|%s → %s|%s|%s|", who, cell(r.address()), becomes(r), stays, last(r))
	}
	d.more(len(rows))
}

// becomes says what takes the place of the address.
func becomes(r *row) string {
	address := r.becomes()
	if address == "" {
		return "removed"
	}
	text := cell(address)
	if r.mail() {
		text += " + mail"
	}
	if r.has(conflicts.RiskDomain) {
		text += " (**domain changes**)"
	}
	return text
}

// risks says why a change is risky, but for what the row says elsewhere.
func (d *document) risks(r *row) string {
	var list []string
	risks := r.risks()
	for _, s := range risks {
		switch s.Code {
		case conflicts.RiskDomain, conflicts.RiskDropped, conflicts.RiskMail:
		case conflicts.RiskSecondary:
			if len(risks) == 1 {
				list = append(list, words.Risk(s))
			}
		default:
			list = append(list, inert(words.Risk(s)))
		}
	}
	return strings.Join(list, ", ")
}

func (d *document) riskAndWhy(r *row) string {
	text := r.risk().String()
	if why := d.risks(r); why != "" && r.risk() != conflicts.Low {
		text += ": " + why
	}
	return text
}

// more ends a list of n elements that shows at most words.Listed.
func (d *document) more(n int) {
	if n > words.Listed {
		d.linef("\nThese are the first %s of %s; the workbook %s has all.", words.Number(words.Listed), words.Number(n), span(d.files.Workbook))
	}
	d.linef("")
}
