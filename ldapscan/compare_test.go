package ldapscan_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

// replicaOf serves a directory of two sites with what is added to it, as one of its
// domain controllers, at ten minutes past noon on monday.
func replicaOf(t testing.TB, host string, entries ...string) *ldaptest.Server {
	t.Helper()
	return serve(t, ldaptest.Config{Entries: strings.NewReader(evidenceHeads + sitesLDIF() + strings.Join(entries, "")), Host: host,
		Now: func() time.Time { return monday.Add(10 * time.Minute) }})
}

// stampedLDIF is a contact whose addresses were written so long after monday noon.
func stampedLDIF(name string, version uint32, after time.Duration, dc conflicts.GUID, addresses ...string) string {
	text := fmt.Sprintf("dn: CN=%s,DC=contoso,DC=example\nobjectClass: contact\nobjectGUID:: %s\nwhenCreated: 20200101000000.0Z\nreplPropertyMetaData:: %s\n",
		name, base64.StdEncoding.EncodeToString(guidOfName(name)), binaryStamps(version, monday.Add(after), dc))
	for _, a := range addresses {
		text += "proxyAddresses: " + a + "\n"
	}
	return text + "\n"
}

func guidOfName(name string) []byte { return fmt.Appendf(nil, "%-16s", name)[:16] }

// many are contacts that are the same everywhere.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(stampedLDIF(fmt.Sprintf("c%d", i), 1, -time.Hour, here, fmt.Sprintf("SMTP:c%d@contoso.example", i), fmt.Sprintf("smtp:c.%d@contoso.example", i)))
	}
	return b.String()
}

// forestOf names servers, each with small pages and several connections.
func forestOf(servers ...*ldaptest.Server) ldapscan.ForestConfig {
	var forest ldapscan.ForestConfig
	for i, srv := range servers {
		cfg := config(srv)
		cfg.PageSize, cfg.Connections = 20+i, 1+i
		forest.Servers = append(forest.Servers, cfg)
	}
	return forest
}

func compare(t testing.TB, cfg ldapscan.ForestConfig, opt ldapscan.Options) *conflicts.Comparison {
	t.Helper()
	r, err := ldapscan.OpenDirectories(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, err := ldapscan.Compare(context.Background(), r, opt)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// differences writes those of a comparison, an object a line.
func differences(c *conflicts.Comparison) []string {
	var lines []string
	for _, d := range c.Differences {
		line := d.Object().Name()
		for _, one := range d.Copies {
			line += fmt.Sprintf(" | %s %s %s", strings.TrimSuffix(one.Server.Name(), ".contoso.example"), one.Status, strings.Join(one.Has, " "))
		}
		lines = append(lines, line)
	}
	return lines
}

func TestCompare(t *testing.T) {
	deletion := func(name string, after time.Duration) string {
		b := make([]byte, 16+48)
		binary.LittleEndian.PutUint32(b[0:], 1)
		binary.LittleEndian.PutUint32(b[8:], 1)
		binary.LittleEndian.PutUint32(b[16:], 0x20030)
		binary.LittleEndian.PutUint32(b[20:], 1)
		binary.LittleEndian.PutUint64(b[24:], uint64(monday.Add(after).Unix()-time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC).Unix()))
		copy(b[32:], away[:])
		return fmt.Sprintf("dn: CN=%s\\0ADEL,DC=contoso,DC=example\nobjectClass: contact\nobjectGUID:: %s\nisDeleted: TRUE\nreplPropertyMetaData:: %s\n\n",
			name, base64.StdEncoding.EncodeToString(guidOfName(name)), base64.StdEncoding.EncodeToString(b))
	}
	inConfiguration := func(value string) string {
		return strings.ReplaceAll(stampedLDIF("Store", 2, 0, here, value), "CN=Store,", "CN=Store,CN=Configuration,")
	}
	dc1 := replicaOf(t, "dc1.contoso.example", many(100), inConfiguration("smtp:store@contoso.example"),
		stampedLDIF("Changed", 3, 9*time.Minute, away, "SMTP:a@contoso.example", "smtp:new@contoso.example"),
		stampedLDIF("Deleted", 3, -4*time.Hour, here, "SMTP:d@contoso.example"),
		stampedLDIF("Here", 1, -4*time.Hour, here, "SMTP:here@contoso.example"))
	dc2 := replicaOf(t, "dc2.contoso.example", many(100), inConfiguration("smtp:Store@contoso.example"),
		stampedLDIF("Changed", 2, 0, here, "SMTP:a@contoso.example"),
		deletion("Deleted", -time.Hour),
		stampedLDIF("Emptied", 4, -4*time.Hour, away))
	dc3 := replicaOf(t, "dc3.contoso.example", many(100), inConfiguration("smtp:store@contoso.example"),
		stampedLDIF("Changed", 2, 0, here, "SMTP:a@contoso.example"),
		stampedLDIF("Deleted", 3, -4*time.Hour, here, "SMTP:d@contoso.example"),
		stampedLDIF("Emptied", 3, -5*time.Hour, here, "smtp:e@contoso.example"))

	c := compare(t, forestOf(dc1, dc2, dc3), ldapscan.Options{})
	want := []string{
		"Emptied | dc1 unknown  | dc2 newest  | dc3 stuck smtp:e@contoso.example",
		"Here | dc1 newest SMTP:here@contoso.example | dc2 unknown  | dc3 unknown ",
		"Store | dc1 unknown smtp:store@contoso.example | dc2 unknown smtp:Store@contoso.example | dc3 unknown smtp:store@contoso.example",
		"Changed | dc1 newest smtp:new@contoso.example | dc2 on-the-way  | dc3 on-the-way ",
		"Deleted | dc1 on-the-way SMTP:d@contoso.example | dc2 newest  | dc3 on-the-way SMTP:d@contoso.example",
	}
	if got := differences(c); !slices.Equal(got, want) || !c.Complete() || c.Clean() {
		t.Errorf("problems %q\n%s\nwant\n%s", c.Problems, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !c.Time.Equal(monday.Add(10*time.Minute)) || c.Partitions() != 2 || len(c.Coverage) != 6 {
		t.Errorf("time %v, coverage %+v", c.Time, c.Coverage)
	}
	changed := c.Differences[3].Copies[0].Object.Written
	deleted := c.Differences[4].Copies[1].Deleted
	if changed.On() != `Rhein, Main\DC2` || changed.Version != 3 || deleted.String() != `2024-05-06 11:00:00 UTC on Rhein, Main\DC2` {
		t.Errorf("written %v, deleted %v", changed, deleted)
	}
	if again := compare(t, forestOf(dc3, dc2, dc1), ldapscan.Options{}); len(again.Differences) != len(want) {
		t.Errorf("in another order %q", differences(again))
	}
	within := ldapscan.Options{Judge: conflicts.Options{Base: []string{"CN=Configuration,DC=contoso,DC=example"}}}
	if got := differences(compare(t, forestOf(dc1, dc2), within)); len(got) != 1 || !strings.HasPrefix(got[0], "Store") {
		t.Errorf("in the configuration: %q", got)
	}
	if same := compare(t, forestOf(dc1, replicaOf(t, "dc4.contoso.example", many(100), inConfiguration("smtp:store@contoso.example"),
		stampedLDIF("Changed", 3, 9*time.Minute, away, "smtp:new@contoso.example", "SMTP:a@contoso.example"),
		stampedLDIF("Deleted", 3, -4*time.Hour, here, "SMTP:d@contoso.example"),
		stampedLDIF("Here", 1, -4*time.Hour, here, "SMTP:here@contoso.example"))), ldapscan.Options{}); !same.Clean() || !same.Complete() {
		t.Errorf("the same: %q, problems %q", differences(same), same.Problems)
	}
}

// An address that comes to one object and that another has is a conflict to come:
// also where that other one does not differ, and unless it is in order everywhere.
func TestPendingConflicts(t *testing.T) {
	common := many(200) + stampedLDIF("Held", 1, -time.Hour, here, "SMTP:Held@contoso.example") + stampedLDIF("Old", 1, -time.Hour, here, "SMTP:old@contoso.example") +
		strings.ReplaceAll(stampedLDIF("Store", 1, -time.Hour, here, "smtp:store@contoso.example"), "CN=Store,", "CN=Store,CN=Configuration,") +
		strings.TrimSuffix(stampedLDIF("Legacy", 1, -time.Hour, here, "SMTP:legacy@contoso.example"), "\n") + "legacyExchangeDN: /o=Contoso/cn=legacy\n\n"
	newest := stampedLDIF("Taker", 3, 9*time.Minute, here, "SMTP:taker@contoso.example", "smtp:held@contoso.example", "smtp:Store@contoso.example", "smtp:old@contoso.example", "X500:/O=contoso/cn=Legacy")
	older := stampedLDIF("Taker", 2, 0, here, "SMTP:taker@contoso.example", "smtp:old@contoso.example")
	dc1 := replicaOf(t, "dc1.contoso.example", common, newest)
	dc2 := replicaOf(t, "dc2.contoso.example", common, older)
	pending := func(opt ldapscan.Options) (lines []string) {
		c := compare(t, forestOf(dc1, dc2), opt)
		if !c.Complete() || len(c.Differences) > 1 {
			t.Errorf("%q, problems %q", differences(c), c.Problems)
		}
		for _, p := range c.Pending {
			line := p.Key.Address()
			for i, o := range p.Owners {
				line += fmt.Sprintf(" | %s %s", o.Name(), o.Written.On())
				for _, s := range p.Seen[i] {
					line += " " + strings.TrimSuffix(s.Name(), ".contoso.example")
				}
			}
			lines = append(lines, line)
		}
		return lines
	}
	want := []string{`held@contoso.example | Held Berlin\DC1 dc1 dc2 | Taker Berlin\DC1 dc1`, `store@contoso.example | Store Berlin\DC1 dc1 dc2 | Taker Berlin\DC1 dc1`,
		`/o=contoso/cn=legacy | Legacy Berlin\DC1 dc1 dc2 | Taker Berlin\DC1 dc1`}
	if got := pending(ldapscan.Options{}); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	within := conflicts.Options{Base: []string{"CN=Configuration,DC=contoso,DC=example"}}
	if got := pending(ldapscan.Options{Judge: within}); !slices.Equal(got, want[1:2]) {
		t.Errorf("in the configuration %q", got)
	}
	dc1.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Times: -1, Match: func(s ldaptest.Search) bool { return strings.Contains(s.Filter, "userPrincipalName=") }})
	if c := compare(t, forestOf(dc1, dc2), ldapscan.Options{}); c.Complete() || !strings.Contains(c.Problems[0], "conflicts that replication brings may be missing") {
		t.Errorf("problems %q", c.Problems)
	}
}

// What changes between the sweeps and has replicated by the second reading is no
// difference.
func TestReplicatedMeanwhileIsNoDifference(t *testing.T) {
	dc1 := replicaOf(t, "dc1.contoso.example", many(10), stampedLDIF("Late", 3, 9*time.Minute, here, "SMTP:late@contoso.example"))
	dc2 := replicaOf(t, "dc2.contoso.example", many(10), stampedLDIF("Late", 2, 0, here, "SMTP:early@contoso.example"))
	arrived := false
	dc2.Inject(ldaptest.Fault{Match: inspecting, Do: func() {
		arrived = true
		err := dc2.Apply(strings.NewReader("dn: CN=Late,DC=contoso,DC=example\nchangetype: modify\nreplace: proxyAddresses\nproxyAddresses: SMTP:late@contoso.example\n-\n"))
		if err != nil {
			t.Error(err)
		}
	}})
	if c := compare(t, forestOf(dc1, dc2), ldapscan.Options{}); !c.Clean() || !c.Complete() || !arrived {
		t.Errorf("read again: %v, %q, problems %q", arrived, differences(c), c.Problems)
	}
}

// What fails on one domain controller is said, and takes nothing from the others.
func TestCompareFaults(t *testing.T) {
	sweeping := func(s ldaptest.Search) bool {
		return s.Paged && s.Base == "DC=contoso,DC=example" && !strings.Contains(s.Filter, "isDeleted")
	}
	tombstones := func(s ldaptest.Search) bool { return strings.Contains(s.Filter, "isDeleted") }
	for _, tc := range []struct {
		name  string
		fault ldaptest.Fault
		says  string // "": nothing, as it passes
	}{
		{"drop once", ldaptest.Fault{Kind: ldaptest.Drop, Entry: 2, Match: sweeping}, ""},
		{"drop always", ldaptest.Fault{Kind: ldaptest.Drop, Entry: 2, Times: -1, Match: sweeping}, "closed the connection"},
		{"drop while objects are read again", ldaptest.Fault{Kind: ldaptest.Drop, Times: -1, Match: inspecting}, "closed the connection: not all objects that differ could be read again"},
		{"drop at the deleted ones", ldaptest.Fault{Kind: ldaptest.Drop, Times: -1, Match: tombstones}, "closed the connection: not all objects that differ could be read again"},
		{"refuse the deleted ones", ldaptest.Fault{Kind: ldaptest.Fail, Code: 50, Times: -1, Match: tombstones}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dc1 := replicaOf(t, "dc1.contoso.example", many(60), stampedLDIF("Changed", 3, 9*time.Minute, here, "SMTP:a@contoso.example"))
			dc2 := replicaOf(t, "dc2.contoso.example", many(60), stampedLDIF("Other", 3, 0, here, "smtp:o@contoso.example"))
			dc3 := replicaOf(t, "dc3.contoso.example", many(60), stampedLDIF("Changed", 2, 0, here, "SMTP:b@contoso.example"))
			dc2.Inject(tc.fault)
			c := compare(t, forestOf(dc1, dc2, dc3), ldapscan.Options{})
			problems := strings.Join(c.Problems, "\n")
			if tc.says == "" && (!c.Complete() || len(c.Differences) != 2) {
				t.Errorf("%q, problems %q", differences(c), problems)
			}
			if tc.says != "" && (!strings.Contains(problems, tc.says) || !strings.Contains(problems, dc2.URL) ||
				!slices.ContainsFunc(c.Differences, func(d conflicts.Difference) bool { return d.Object().Name() == "Changed" })) {
				t.Errorf("%q, problems %q, want %q", differences(c), problems, tc.says)
			}
		})
	}
}

func TestOpenDirectories(t *testing.T) {
	dc1, dc2 := replicaOf(t, "dc1.contoso.example", many(3)), replicaOf(t, "dc2.contoso.example", many(3))
	stopped := replicaOf(t, "dc3.contoso.example")
	stopped.Close()
	twin := config(dc1)
	twin.URL = strings.Replace(forward(t, func() *ldaptest.Server { return dc1 }), "127.0.0.1", "localhost", 1)
	catalog := config(dc1)
	catalog.URL = "ldaps://dc1.contoso.example:3269"
	locked := config(dc1)
	locked.Password = "wrong"
	elsewhere := serve(t, ldaptest.Config{Host: "dc.fabrikam.example", Entries: strings.NewReader(strings.ReplaceAll(evidenceHeads+many(3), "contoso", "fabrikam"))})

	for _, tc := range []struct {
		name    string
		servers []ldapscan.Config
		err     string // of opening
		problem string
		note    string
	}{
		{"two", []ldapscan.Config{config(dc1), config(dc2)}, "", "", ""},
		{"one is down", []ldapscan.Config{config(dc1), config(stopped), config(dc2)}, "", stopped.URL + ": connection refused: not compared", ""},
		{"the first is down", []ldapscan.Config{config(stopped), config(dc1), config(dc2)}, "", stopped.URL + ": connection refused: not compared", ""},
		{"all but one are down", []ldapscan.Config{config(dc1), config(stopped)}, stopped.URL + ": connection refused", "", ""},
		{"one alone", []ldapscan.Config{config(dc1)}, "nothing to compare", "", ""},
		{"one under two names", []ldapscan.Config{config(dc1), twin}, "nothing to compare", "", ""},
		{"one under two names, and another", []ldapscan.Config{config(dc1), twin, config(dc2)}, "", "", "the same domain controller as " + dc1.URL},
		{"two forests", []ldapscan.Config{config(dc1), config(elsewhere)}, "nothing to compare", "", ""},
		{"two forests, one with two", []ldapscan.Config{config(dc1), config(elsewhere), config(dc2)}, "", "", "DC=fabrikam,DC=example: only " + elsewhere.URL + " of the compared servers holds it"},
		{"a global catalog", []ldapscan.Config{catalog, config(dc2)}, "a global catalog", "", ""},
		{"a wrong password", []ldapscan.Config{locked, config(dc2)}, "user or password is wrong", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for i := range tc.servers {
				if tc.servers[i].URL == twin.URL {
					tc.servers[i].TLS.ServerName = "localhost"
				}
			}
			binds := dc2.Counts().Binds
			r, err := ldapscan.OpenDirectories(context.Background(), ldapscan.ForestConfig{Servers: tc.servers})
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) || !errors.As(err, new(*ldapscan.Error)) {
					t.Errorf("%v", err)
				}
				if tc.name == "a wrong password" && dc2.Counts().Binds != binds {
					t.Error("the wrong password was sent to the next server too")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			c, err := ldapscan.Compare(context.Background(), r, ldapscan.Options{})
			if err != nil || strings.Join(c.Problems, "\n") != tc.problem || !strings.Contains(strings.Join(c.Notes, "\n"), tc.note) || len(c.Servers) != 2 {
				t.Errorf("%v, problems %q, notes %q", err, c.Problems, c.Notes)
			}
		})
	}
}

func TestCompareCanceled(t *testing.T) {
	dc1, dc2 := replicaOf(t, "dc1.contoso.example", many(60)), replicaOf(t, "dc2.contoso.example", many(60))
	ctx, cancel := context.WithCancel(context.Background())
	r, err := ldapscan.OpenDirectories(ctx, forestOf(dc1, dc2))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, err := ldapscan.Compare(ctx, r, ldapscan.Options{Progress: func(ldapscan.Progress) { cancel() }})
	if err != context.Canceled {
		t.Errorf("%v, %v", c, err)
	}
	if _, err := ldapscan.OpenDirectories(ctx, forestOf(dc1, dc2)); err != context.Canceled {
		t.Errorf("open: %v", err)
	}
}

// An account that sees no address on one domain controller has not seen that they
// are missing there.
func TestBlindReplica(t *testing.T) {
	dc1, dc2, dc3 := replicaOf(t, "dc1.contoso.example", many(3)), replicaOf(t, "dc2.contoso.example"), replicaOf(t, "dc3.contoso.example", many(3))
	c := compare(t, forestOf(dc1, dc2, dc3), ldapscan.Options{})
	if len(c.Differences) != 0 || len(c.Problems) != 1 || !strings.Contains(c.Problems[0], dc2.URL+": not one proxy address was seen") {
		t.Errorf("%q, problems %q", differences(c), c.Problems)
	}
}

// A connection that leads to another server in the middle is not treated as the same.
func TestReplicaStaysTheSame(t *testing.T) {
	dc1, dc2, dc3 := replicaOf(t, "dc1.contoso.example", many(60)), replicaOf(t, "dc2.contoso.example", many(60)), replicaOf(t, "dc3.contoso.example", many(60))
	var now atomic.Pointer[ldaptest.Server]
	now.Store(dc2)
	both := config(dc2)
	both.URL = forward(t, now.Load)
	both.TLS.RootCAs = x509.NewCertPool()
	both.TLS.RootCAs.AppendCertsFromPEM(dc2.CAPEM)
	both.TLS.RootCAs.AppendCertsFromPEM(dc3.CAPEM)
	both.PageSize = 20
	dc2.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Page: 2, Do: func() { now.Store(dc3) }, Match: func(s ldaptest.Search) bool { return s.Paged && s.Filter == "(proxyAddresses=*)" }})
	c := compare(t, ldapscan.ForestConfig{Servers: []ldapscan.Config{config(dc1), both}}, ldapscan.Options{})
	if problems := strings.Join(c.Problems, "\n"); c.Complete() || !strings.Contains(problems, both.URL) {
		t.Errorf("problems %q", problems)
	}
}
