package main

import (
	"encoding/csv"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
	"proxyaddr/report/workbook/workbooktest"
)

func toldByCSV(t *testing.T, text string) *sayings {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got, seen, keeper := newSayings(), map[string]bool{}, ""
	for _, row := range rows[1:] {
		cell := func(name string) string { return strings.TrimPrefix(row[slices.Index(rows[0], name)], "'") }
		if cell("class") == "scan" {
			continue
		}
		seen[cell("conflict")] = true
		if cell("role") == "keeper" {
			keeper = cell("dn")
		}
		becomes := map[string]string{"remove": "removed", "replace": conflicts.ParseAddress(cell("proposed")).Trimmed()}[cell("action")]
		if becomes != "" && keeper != "" {
			got.fates[fateOf(cell("conflict"), cell("dn"))] = fate{becauseInFull: cell("reason"), becomes: becomes, risk: cell("risk")}
		}
	}
	got.conflicts = len(seen)
	return got
}

// toldByTable reads a table of which no line is broken.
func toldByTable(t *testing.T, text string) *sayings {
	t.Helper()
	got := newSayings()
	var id, dn, why string
	risk := func(line string) string {
		_, after, _ := strings.Cut(line, "  (risk ")
		word, _, _ := strings.Cut(after, ":")
		return word
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "C-"):
			id, _, _ = strings.Cut(line, "  ")
		case strings.HasPrefix(line, "* "), strings.HasPrefix(line, "  replace "), strings.HasPrefix(line, "  remove "), strings.HasPrefix(line, "  leave "):
			dn = strings.TrimSpace(lines[i+1])
		case strings.HasPrefix(line, "          kept because: "):
			why = strings.TrimPrefix(line, "          kept because: ")
		case strings.HasPrefix(line, "          -> "):
			if _, ok := got.fates[fateOf(id, dn)]; !ok { // else mail, or a further value
				becomes, _, _ := strings.Cut(strings.TrimPrefix(line, "          -> "), "  (risk ")
				got.fates[fateOf(id, dn)] = fate{becauseInFull: why, becomes: conflicts.ParseAddress(becomes).Trimmed(), risk: risk(line)}
			}
		}
	}
	last := lines[slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, " conflicts: ") || strings.Contains(l, " conflict: ") })]
	if _, err := fmt.Sscanf(last, "%d conflict", &got.conflicts); err != nil {
		t.Fatalf("%q: %v", last, err)
	}
	return got
}

func toldByWorkbook(t *testing.T, path string) *sayings {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := newSayings()
	for _, r := range workbooktest.Records(t, f, "Decide") {
		becomes := r["New address"]
		if r["Advice"] == "Remove" {
			becomes = "" // either will do
		}
		got.fates[fateOf(r["Conflict"], r["DN"])] = fate{keeper: r["Stays with"], because: r["because"], becomes: becomes, advice: r["Advice"], risk: strings.ToLower(r["Risk"])}
	}
	rows, err := f.GetRows("Summary")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if len(row) == 0 {
			continue
		}
		_, _ = fmt.Sscanf(row[0], "Give %d objects", &got.objects)
		if len(row) > 1 && row[0] == "All conflicts" {
			_, _ = fmt.Sscan(row[1], &got.conflicts)
		}
	}
	return got
}

// elements yields those of a page with a class, in their order.
func elements(n *html.Node, class string) iter.Seq[*html.Node] {
	return func(yield func(*html.Node) bool) {
		for e := range n.Descendants() {
			if slices.Contains(strings.Fields(attributeOf(e, "class")), class) && !yield(e) {
				return
			}
		}
	}
}

func attributeOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// textOfAll returns the text of the elements with a class.
func textOfAll(n *html.Node, class string) (text string) {
	for e := range elements(n, class) {
		text += textOfNode(e)
	}
	return text
}

// textOfNode returns a text. A badge names a character that the other outputs escape.
func textOfNode(n *html.Node) (text string) {
	for e := range n.Descendants() {
		var r rune
		switch {
		case e.Type != html.TextNode:
		case attributeOf(e.Parent, "class") == "badge":
			if _, err := fmt.Sscanf(e.Data, "U+%X", &r); err == nil {
				text += words.Escape(string(r))
			}
		default:
			text += e.Data
		}
	}
	return text
}

func toldByPage(t *testing.T, page string) *sayings {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	got := newSayings()
	for numbers := range elements(root, "numbers") {
		text := textOfNode(numbers)
		for of, n := range map[string]*int{"addresses in conflict": &got.conflicts, "objects would change": &got.objects, "need a manual decision": &got.manual, "high-risk objects": &got.high} {
			before, _, _ := strings.Cut(text, of)
			words := strings.Fields(before)
			if _, err := fmt.Sscan(words[len(words)-1], n); err != nil {
				t.Errorf("%s: %v in %q", of, err, text)
			}
		}
	}
	got.medium, got.low = 0, 0
	shares := textOfAll(root, "shares")
	for of, n := range map[string]*int{" at medium risk": &got.medium, " at low risk": &got.low} {
		if before, _, ok := strings.Cut(shares, of); ok {
			words := strings.Fields(before)
			_, _ = fmt.Sscan(words[len(words)-1], n)
		}
	}
	for card := range elements(root, "card") {
		id, dns, keeper := attributeOf(card, "id"), []string{}, ""
		for e := range card.Descendants() {
			if e.Data == "dt" && textOfNode(e) == "DN" {
				dns = append(dns, textOfNode(e.NextSibling))
			}
		}
		n := 0
		for owner := range elements(card, "owner") {
			name, dn := textOfAll(owner, "name"), dns[n]
			if n++; n == 1 {
				keeper = name
				continue
			}
			f := fate{keeper: keeper}
			switch textOfAll(owner, "fate") {
			case "→ Gets a new address":
				_, f.becomes, _ = strings.Cut(textOfAll(owner, "new"), "mail too")
				if f.becomes == "" {
					_, f.becomes, _ = strings.Cut(textOfAll(owner, "new"), "address")
				}
			case "× Gives the address up":
				f.becomes = "removed"
			default:
				continue
			}
			switch advice := textOfAll(owner, "advice"); {
			case strings.HasPrefix(advice, "Advice: Remove."), f.becomes == "removed" && (advice == "" || strings.HasPrefix(advice, "Or merge:")):
				f.advice = "Remove"
			case strings.HasPrefix(advice, "Or Swap:"):
				f.advice = "Approve or Swap"
			default:
				f.advice = "Approve"
			}
			got.fates[fateOf(id, dn)] = f
		}
	}
	return got
}

// toldByRequest reads the tables of a change request.
func toldByRequest(t *testing.T, text string, a *conflicts.Audit) *sayings {
	t.Helper()
	names := conflicts.NewNames(a)
	type place struct{ name, address string }
	keys := map[place]string{}
	for i := range a.Proposals {
		p := &a.Proposals[i]
		at := place{words.Escape(names.Of(p.Owner.Object)), words.Escape(p.Owner.Claims[0].Parsed().Trimmed())}
		keys[at] = fateOf(p.Conflict.ID, words.Escape(p.Owner.DN))
	}
	got := newSayings()
	got.manual = 0
	var who, stays string
	table := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		cells := cellsOf(line)
		switch {
		case strings.HasPrefix(line, "# Give "):
			_, _ = fmt.Sscanf(line, "# Give %d", &got.objects)
		case strings.HasPrefix(line, "## Needs a manual decision: "):
			_, _ = fmt.Sscanf(line, "## Needs a manual decision: %d", &got.manual)
		case len(cells) == 2 && cells[0] == "**Decide on**":
			var objects int
			if _, err := fmt.Sscanf(strings.ReplaceAll(strings.ReplaceAll(cells[1], "*", ""), "objects: ", ""), "%d %d high, %d medium, %d low risk", &objects, &got.high, &got.medium, &got.low); err != nil || objects != got.objects {
				t.Errorf("%q: %v", line, err)
			}
		case len(cells) == 4 && cells[0] == "Changes":
			table = true
		case len(cells) == 0:
			table = false
		case table && cells[0] != "---":
			if cells[0] != "same object" || who == "" {
				who = cells[0]
			}
			if cells[2] != "same" {
				stays = cells[2]
			}
			address, becomes, _ := strings.Cut(cells[1], " → ")
			becomes = strings.TrimSuffix(strings.TrimSuffix(becomes, " (**domain changes**)"), " + mail")
			key, ok := keys[place{who, address}]
			for name := who; !ok && name != ""; { // its kind is behind it
				name = name[:max(0, strings.LastIndex(name, ", "))]
				key, ok = keys[place{name, address}]
			}
			if !ok {
				t.Fatalf("nobody of this name gives this address up: %q", cells)
			}
			keeper, because := stays, ""
			for at := strings.LastIndex(stays, ": "); at >= 0 && because == ""; at = strings.LastIndex(keeper, ": ") {
				keeper, because = stays[:at], stays[at+2:]
			}
			advice, _, _ := strings.Cut(cells[3], ";")
			switch advice {
			case "Remove", "Approve":
			case "choose":
				advice = "Approve or Swap"
			default:
				advice = "Approve" // of high risk
			}
			got.fates[key] = fate{keeper: keeper, because: because, becomes: becomes, advice: advice}
		}
	}
	return got
}

// cellsOf returns the cells of a row of a table of GitHub-flavored Markdown, nil if the line is
// none, without escapes and code spans.
func cellsOf(line string) []string {
	if !strings.HasPrefix(line, "|") {
		return nil
	}
	var cells []string
	var cell strings.Builder
	for rest := line[1:]; rest != ""; {
		switch c := rest[0]; c {
		case '\\':
			cell.WriteByte(rest[1])
			rest = rest[2:]
		case '|':
			cells = append(cells, strings.TrimSpace(cell.String()))
			cell.Reset()
			rest = rest[1:]
		case '`':
			fence := rest[:len(rest)-len(strings.TrimLeft(rest, "`"))]
			code, after, _ := strings.Cut(rest[len(fence):], fence)
			if strings.HasPrefix(code, " ") && strings.HasSuffix(code, " ") && strings.Trim(code, " ") != "" {
				code = code[1 : len(code)-1]
			}
			cell.WriteString(code)
			rest = after
		default:
			cell.WriteByte(c)
			rest = rest[1:]
		}
	}
	return cells
}
