package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// directory is a toy one: the values of the attributes of objects, by DN.
type directory map[string]map[string][]string

// newDirectory holds the objects of an audit as they were read.
func newDirectory(a *conflicts.Audit) directory {
	d := make(directory)
	add := func(o *conflicts.Object) {
		d[o.DN] = map[string][]string{conflicts.ProxyAddresses.String(): slices.Sorted(slices.Values(o.ProxyAddresses))}
		if o.Mail != "" {
			d[o.DN][conflicts.Mail.String()] = []string{o.Mail}
		}
	}
	for _, c := range a.Conflicts {
		for _, o := range c.Owners {
			add(o.Object)
		}
	}
	return d
}

func (d directory) clone() directory {
	c := make(directory)
	for dn, attributes := range d {
		c[dn] = make(map[string][]string)
		for name, values := range attributes {
			c[dn][name] = slices.Clone(values)
		}
	}
	return c
}

// modify applies a record as RFC 4511 section 4.6 has it, whole or not at all.
func (d directory) modify(rec *ldif.Record) error {
	object, ok := d[rec.DN]
	if !ok || rec.Change != ldif.ChangeModify {
		return fmt.Errorf("%q: no such object or not a modify", rec.DN)
	}
	object = maps.Clone(object)
	for _, m := range rec.Mods {
		values := slices.Clone(object[m.Name])
		for _, v := range m.Values {
			i := slices.Index(values, string(v))
			switch {
			case m.Op == ldif.Delete && i >= 0:
				values = slices.Delete(values, i, i+1)
			case m.Op == ldif.Add && i < 0:
				values = append(values, string(v))
			default:
				return fmt.Errorf("%q: cannot %s %s: %q", rec.DN, m.Op, m.Name, v)
			}
		}
		slices.Sort(values)
		object[m.Name] = values
	}
	d[rec.DN] = object
	return nil
}

func readLDIF(t *testing.T, write func(io.Writer, *conflicts.Audit, string) error, a *conflicts.Audit, domain string) []*ldif.Record {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, a, domain); err != nil {
		t.Fatal(err)
	}
	for i, b := range out.Bytes() {
		if b != '\n' && (b < ' ' || b > '~') {
			t.Fatalf("byte %d is %#x: ldifde wants ASCII", i, b)
		}
	}
	var recs []*ldif.Record
	r := ldif.NewReader(&out)
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return recs
		}
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
}

func TestFixMakesTheChangesOfTheModelAndRollbackTakesThemBack(t *testing.T) {
	for name, audit := range audits {
		t.Run(name, func(t *testing.T) {
			a := audit()
			before := newDirectory(a)
			want := before.clone()
			for _, c := range a.Changes {
				values := want[c.Object.DN][c.Attribute.String()]
				values = slices.DeleteFunc(values, func(v string) bool { return v == c.Old })
				if c.New != "" {
					values = append(values, c.New)
				}
				slices.Sort(values)
				want[c.Object.DN][c.Attribute.String()] = values
			}

			got := before.clone()
			apply := func(write func(io.Writer, *conflicts.Audit, string) error) {
				t.Helper()
				for _, domain := range Domains(a) {
					for _, rec := range readLDIF(t, write, a, domain) {
						if err := got.modify(rec); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			apply(Fix)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("after the fix (-model +directory):\n%s", diff)
			}
			apply(Rollback)
			if diff := cmp.Diff(before, got); diff != "" {
				t.Errorf("after the rollback (-before +directory):\n%s", diff)
			}
		})
	}
}

func TestRollbackIsTheFixBackwards(t *testing.T) {
	a := domainsAudit()
	domain := "emea.corp.contoso.com"
	fix, back := readLDIF(t, Fix, a, domain), readLDIF(t, Rollback, a, domain)
	slices.Reverse(back)
	if len(fix) != 2 || len(back) != 2 {
		t.Fatalf("%d fix and %d rollback records, want 2 each", len(fix), len(back))
	}
	for i := range fix {
		if fix[i].DN != back[i].DN {
			t.Errorf("record %d changes %q, its inverse %q", i, fix[i].DN, back[i].DN)
		}
	}
}

func TestEachObjectIsOneRecordThatDeletesWhatWasSeen(t *testing.T) {
	for name, audit := range audits {
		a := audit()
		seen := make(map[string]bool)
		for _, domain := range Domains(a) {
			for _, rec := range readLDIF(t, Fix, a, domain) {
				if seen[rec.DN] {
					t.Errorf("%s: %q has two records", name, rec.DN)
				}
				seen[rec.DN] = true
				guards := make(map[string]bool)
				for _, m := range rec.Mods {
					switch {
					case m.Op == ldif.Delete && len(m.Values) > 0 && !guards[m.Name]:
						guards[m.Name] = true
					case m.Op == ldif.Add && guards[m.Name]:
					default:
						t.Errorf("%s: %q: %s %s is no delete of seen values, nor an add behind one", name, rec.DN, m.Op, m.Name)
					}
				}
			}
		}
		for _, c := range a.Changes {
			if !seen[c.Object.DN] {
				t.Errorf("%s: no record for %q", name, c.Object.DN)
			}
		}
	}
}

func TestADirectoryThatHasChangedRefusesTheFix(t *testing.T) {
	a := normalAudit()
	d := newDirectory(a)
	rec := readLDIF(t, Fix, a, "corp.contoso.com")[0]
	d[rec.DN][conflicts.ProxyAddresses.String()] = []string{"SMTP:somebody.else@contoso.com", "smtp:jd@contoso.com"}
	before := d.clone()
	if err := d.modify(rec); err == nil {
		t.Error("a record whose old value is gone was applied")
	}
	if diff := cmp.Diff(before, d); diff != "" {
		t.Errorf("a refused record left a trace:\n%s", diff)
	}
}

func TestFixNeverTouchesALogonName(t *testing.T) {
	a := normalAudit()
	a.Changes[0].Attribute = conflicts.UserPrincipalName
	for name, write := range map[string]func(io.Writer, *conflicts.Audit, string) error{"fix": Fix, "rollback": Rollback} {
		err := write(io.Discard, a, "corp.contoso.com")
		if err == nil || !strings.Contains(err.Error(), a.Changes[0].Object.DN) {
			t.Errorf("%s: error %v, want one that names the object", name, err)
		}
	}
}

func TestEveryRecordSaysWhyItIsThere(t *testing.T) {
	a := normalAudit()
	for _, rec := range readLDIF(t, Fix, a, "corp.contoso.com") {
		said := strings.Join(strings.Fields(strings.Join(rec.Comments, " ")), " ")
		for _, c := range a.Changes {
			if c.Object.DN != rec.DN {
				continue
			}
			i := slices.IndexFunc(a.Conflicts, func(k conflicts.Conflict) bool { return k.ID == c.Conflict })
			for _, want := range []string{c.Conflict, c.Object.GUID.String(), a.Conflicts[i].Reason(), c.RiskReason()} {
				if !strings.Contains(said, want) {
					t.Errorf("%q: the comments lack %q:\n%s", rec.DN, want, strings.Join(rec.Comments, "\n"))
				}
			}
		}
	}
}

func TestDomainsCoverEveryChangeAndEveryDomainThatWasRead(t *testing.T) {
	tests := []struct {
		name  string
		audit *conflicts.Audit
		want  []string
	}{
		{"one domain", normalAudit(), []string{"corp.contoso.com"}},
		{"no change", incompleteAudit(), []string{"corp.contoso.com"}},
		{"idle domain and no domain", domainsAudit(),
			[]string{"corp.contoso.com", "directory", "emea.corp.contoso.com", "idle.corp.contoso.com"}},
		{"export without conflicts", emptyAudit(), []string{"directory"}},
		{"export with a finding", &conflicts.Audit{
			Coverage: []conflicts.Coverage{{Partition: "export.ldif"}},
			Findings: []conflicts.Finding{{DN: "CN=x,DC=Contoso,DC=com"}},
		}, []string{"contoso.com"}},
		{"a name that is no file name", &conflicts.Audit{
			Coverage: []conflicts.Coverage{{Partition: `DC=../../etc\\c:\*,DC=x y`}},
		}, []string{".._.._etc_c__.x_y"}},
		{"international name", &conflicts.Audit{
			Coverage: []conflicts.Coverage{{Partition: "DC=Müller,DC=de"}},
		}, []string{"xn--mller-kva.de"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Domains(tt.audit)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
