package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldaptest/company"
	"proxyaddr/ldapscan/ldif"
	"proxyaddr/report"
	"proxyaddr/report/words"
)

// A fate is what an output says of an object that has to give an address up. What it does not
// say is empty.
type fate struct {
	keeper, because, becauseInFull string
	// becomes is the new address, without its type, or "removed".
	becomes, advice, risk string
}

// Sayings are what an output says of a scan. The numbers that it does not have are -1.
type sayings struct {
	conflicts, objects, high, medium, low, manual int
	fates                                         map[string]fate // by conflict and DN
}

func newSayings() *sayings { return &sayings{-1, -1, -1, -1, -1, -1, map[string]fate{}} }

// fateOf is the key of a fate.
func fateOf(conflict, dn string) string { return conflict + " " + dn }

// People read one output and act on another: all of them say the same of a scan.
func TestOutputsOfAScanAgree(t *testing.T) {
	dir := t.TempDir()
	made, evil := filepath.Join(dir, "company.ldif"), filepath.Join(dir, "hostile.ldif")
	for path, write := range map[string]func(io.Writer) error{made: company.WriteLDIF, evil: writeHostile} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		args    []string
		objects int
	}{
		"demo":     {[]string{"--input", made}, 23},
		"removals": {[]string{"--input", made, "--secondary", "remove"}, 23},
		"hostile":  {[]string{"--input", evil}, len(hostileNames) + 2},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			printed := func(format string, more ...string) string {
				var stdout, stderr bytes.Buffer
				args := slices.Concat([]string{"scan", "--format", format}, tc.args, more)
				if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitConflicts {
					t.Fatalf("%s: exit %d\n%s", args, code, stderr.String())
				}
				return stdout.String()
			}
			document := printed("json", "-o", out)
			read := func(name string) string {
				data, err := os.ReadFile(filepath.Join(out, name))
				if err != nil {
					t.Fatal(err)
				}
				return string(data)
			}
			if scan := read("scan.json"); scan != document {
				t.Error("stdout and scan.json differ")
			}
			audit, err := report.ReadJSON(strings.NewReader(document))
			if err != nil {
				t.Fatal(err)
			}
			want := toldByJSON(t, document, audit)
			if want.objects != tc.objects {
				t.Errorf("%d objects change, want %d", want.objects, tc.objects)
			}
			var table bytes.Buffer
			if err := report.Table(&table, audit, report.TableOptions{Width: 1 << 20}); err != nil {
				t.Fatal(err)
			}
			if counts, _, _ := strings.Cut(printed("totals"), "."); !strings.Contains(table.String(), strings.ReplaceAll(counts, "\n", " ")+".") {
				t.Errorf("the table lacks the totals %q", counts)
			}
			for output, got := range map[string]*sayings{
				"table": toldByTable(t, table.String()), "csv": toldByCSV(t, printed("csv")), "workbook": toldByWorkbook(t, filepath.Join(out, "report.xlsx")),
				"page": toldByPage(t, read("report.html")), "change request": toldByRequest(t, read("change-request.md"), audit),
			} {
				want.compare(t, output, got)
			}
		})
	}
}

// compare finds what another output says that is not what t says.
func (w *sayings) compare(t *testing.T, output string, got *sayings) {
	t.Helper()
	for _, n := range []struct {
		of        string
		want, got int
	}{{"conflicts", w.conflicts, got.conflicts}, {"objects", w.objects, got.objects}, {"objects of high risk", w.high, got.high},
		{"objects of medium risk", w.medium, got.medium}, {"objects of low risk", w.low, got.low}, {"conflicts that need a manual decision", w.manual, got.manual}} {
		if n.got >= 0 && n.got != n.want {
			t.Errorf("%s: %d %s, want %d", output, n.got, n.of, n.want)
		}
	}
	if len(got.fates) != len(w.fates) {
		t.Errorf("%s: %d objects and addresses, want %d", output, len(got.fates), len(w.fates))
	}
	for _, key := range slices.Sorted(maps.Keys(got.fates)) {
		said, want := got.fates[key], w.fates[key]
		for _, f := range []struct{ of, want, got string }{{"keeper", want.keeper, said.keeper}, {"reason", want.because, said.because},
			{"reason in full", want.becauseInFull, said.becauseInFull}, {"new address", want.becomes, said.becomes},
			{"advice", want.advice, said.advice}, {"risk", want.risk, said.risk}} {
			if f.got != "" && f.got != f.want {
				t.Errorf("%s: %s: %s %q, want %q", output, key, f.of, f.got, f.want)
			}
		}
	}
}

// toldByJSON takes the facts of scan.json. The names and the short reasons of the other outputs
// are made of its codes.
func toldByJSON(t *testing.T, document string, a *conflicts.Audit) *sayings {
	t.Helper()
	var doc struct {
		Conflicts []struct {
			ID, Reason string
			Keeper     struct{ DN string }
			Obstacles  []struct{}
		}
		Changes   []struct{ Conflict, DN, GUID, Attribute, New, Risk string }
		Proposals []struct{ Conflict, DN, Advice string }
		Counts    struct{ Conflicts int }
	}
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		t.Fatal(err)
	}
	w := newSayings()
	w.conflicts, w.manual = doc.Counts.Conflicts, 0
	names, risks := conflicts.NewNames(a), map[string]string{}
	changed := map[string]bool{}
	for _, c := range doc.Changes {
		key := fateOf(c.Conflict, words.Escape(c.DN))
		if f, ok := w.fates[key]; !ok {
			w.fates[key] = fate{becomes: cmp.Or(words.Escape(conflicts.ParseAddress(c.New).Trimmed()), "removed"), risk: c.Risk}
		} else if f.risk != c.Risk {
			t.Errorf("%s: risks %s and %s", key, f.risk, c.Risk)
		}
		changed[c.Conflict] = true
		order := []string{"", "low", "medium", "high"}
		if object := c.DN; slices.Index(order, c.Risk) > slices.Index(order, risks[object]) {
			risks[object] = c.Risk
		}
	}
	w.objects, w.high, w.medium, w.low = len(risks), 0, 0, 0
	for _, r := range risks {
		switch r {
		case "high":
			w.high++
		case "medium":
			w.medium++
		default:
			w.low++
		}
	}
	for i, c := range doc.Conflicts {
		if len(c.Obstacles) > 0 || !changed[c.ID] {
			w.manual++
		}
		var short []string
		for _, s := range a.Conflicts[i].Reasons() {
			short = append(short, words.Reason(s))
		}
		for key, f := range w.fates {
			if strings.HasPrefix(key, c.ID+" ") {
				f.keeper, f.because, f.becauseInFull = words.Escape(names.Of(a.Conflicts[i].Keeper().Object)), words.Escape(strings.Join(short, "; then ")), c.Reason
				if a.Conflicts[i].Keeper().DN != c.Keeper.DN {
					t.Errorf("%s: keepers %s and %s", c.ID, a.Conflicts[i].Keeper().DN, c.Keeper.DN)
				}
				w.fates[key] = f
			}
		}
	}
	for _, p := range doc.Proposals {
		key := fateOf(p.Conflict, words.Escape(p.DN))
		f := w.fates[key]
		f.advice = map[string]string{"replace": "Approve", "remove": "Remove", "choose": "Approve or Swap"}[p.Advice]
		w.fates[key] = f
	}
	return w
}

// hostileNames are names with which a directory may try to pass for what it is not.
var hostileNames = []string{"=HYPERLINK(\"http://x\")", "<script>alert(1)</script>", "a|b|c", "`code` *b* _u_ [l](http://x)", "\u202egnp.exe", "two\r\nlines",
	"'quoted', \"twice\"", "-1+1", "% {{.}} %s", "\x1b[31mred", strings.Repeat("long ", 40), "日本 太郎", "A, group", "same object"}

// writeHostile writes pairs of objects that share an address, one of each pair with a hostile name
// and a secondary address, and two whose primary addresses are the same.
func writeHostile(w io.Writer) error {
	out := ldif.NewWriter(w)
	n := 0
	add := func(name, class, primary string, secondary ...string) error {
		n++
		rdn := strings.NewReplacer(`\`, `\5c`, ",", `\,`, "+", `\+`, `"`, `\"`, "<", `\<`, ">", `\>`, ";", `\;`, "=", `\=`, "\r", `\0d`, "\n", `\0a`, "\x1b", `\1b`).Replace(strings.TrimSpace(name))
		rec := &ldif.Record{DN: fmt.Sprintf("CN=%s %d,OU=a|b,DC=evil,DC=example", rdn, n)}
		for _, a := range [][2]string{{"objectClass", "top"}, {"objectClass", class}, {"objectGUID", fmt.Sprintf("guid of %08d", n)}, {"displayName", name},
			{"whenCreated", fmt.Sprintf("202001010000%02d.0Z", n)}, {"mail", primary}, {"proxyAddresses", "SMTP:" + primary}} {
			rec.Attributes = append(rec.Attributes, ldif.Attribute{Name: a[0], Value: []byte(a[1])})
		}
		for _, s := range secondary {
			rec.Attributes = append(rec.Attributes, ldif.Attribute{Name: "proxyAddresses", Value: []byte("smtp:" + s)})
		}
		return out.Write(rec)
	}
	for i, name := range hostileNames {
		shared := fmt.Sprintf("a|`%d'@evil.example", i)
		if err := add("Keeper of "+name, "user", shared); err != nil {
			return err
		}
		if err := add(name, "group", fmt.Sprintf("own%d@evil.example", i), shared); err != nil {
			return err
		}
	}
	for range 3 { // namesakes, whom only the date tells apart
		if err := add("Same | Name", "user", "same@evil.example"); err != nil {
			return err
		}
	}
	return out.Flush()
}
