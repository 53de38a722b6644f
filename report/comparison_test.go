package report

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// aComparison has a copy of every status, there and not, of four domain controllers.
func aComparison(t *testing.T) *conflicts.Comparison {
	now := stamped(0, 0, "", "").Time.Add(10 * time.Minute)
	c := &conflicts.Comparison{Version: "1.0.0", Command: "proxyaddr scan --compare-dcs=true --domain corp.contoso.com", Time: now, Servers: []conflicts.Server{
		{URL: "ldap://dc1.corp.contoso.com", Host: "dc1.corp.contoso.com", Site: "Berlin"}, {URL: "ldap://dc2.corp.contoso.com", Host: "dc2.corp.contoso.com", Site: "Berlin"},
		{URL: "ldap://dc3.corp.contoso.com", Host: "dc3.corp.contoso.com", Site: "Tokyo"}, {URL: "ldap://10.0.0.4", Site: "Tokyo"}}}
	for i := range c.Servers {
		c.Coverage = append(c.Coverage, conflicts.ReplicaCoverage{Server: &c.Servers[i], Coverage: conflicts.Coverage{Partition: corp, Objects: 4, Values: 9, Pages: 1}})
	}
	written := func(o *conflicts.Object, s conflicts.Stamp) *conflicts.Object {
		o.Written, o.Created = s, conflicts.InstantOf(s.Time)
		return o
	}
	add := func(copies ...conflicts.Copy) {
		for i := range copies {
			copies[i].Server = &c.Servers[i]
		}
		d, ok := conflicts.NewDifference(copies, now)
		if !ok {
			t.Fatal("no difference")
		}
		c.Differences = append(c.Differences, d)
	}
	jane := func(s conflicts.Stamp, values ...string) conflicts.Copy {
		return conflicts.Copy{Object: written(object(1, "Jane Doe", corp, values...), s)}
	}
	before := jane(stamped(-7*3600, 4, "Berlin", "DC1"), "SMTP:jane.doe@contoso.com", "smtp:jd@contoso.com")
	add(jane(stamped(-6*3600, 5, "Berlin", "DC1"), "SMTP:jane.doe@contoso.com", "smtp:info@contoso.com"), before, before, before)
	mallory := conflicts.Copy{Object: written(object(2, "Mallory\x1b[2J\n\u202e", corp, "smtp:\xff@contoso.com", "smtp:info@contoso.com"), stamped(0, 1, "Tokyo", "DC3\n"))}
	add(conflicts.Copy{}, conflicts.Copy{}, mallory, conflicts.Copy{Unread: true})
	tied := func(value string) conflicts.Copy {
		return conflicts.Copy{Object: object(3, "No Stamps", corp, value)}
	}
	add(tied("smtp:a@contoso.com"), tied("smtp:b@contoso.com"), tied("smtp:b@contoso.com"), tied("smtp:a@contoso.com"))
	gone := conflicts.Copy{Object: written(object(4, "Leaver", corp, "SMTP:leaver@contoso.com"), stamped(-9000, 2, "Berlin", "DC1"))}
	add(gone, conflicts.Copy{Deleted: stamped(0, 1, "Berlin", "DC2")}, gone, gone)
	c.Judge(nil, conflicts.Options{})
	c.Notes = []string{"CN=Configuration,DC=contoso,DC=com: only ldap://10.0.0.4 of the compared servers holds it"}
	c.Problems = []string{"ldap://10.0.0.4: the server closed the connection: not all objects that differ could be read again"}
	return c
}

const comparisonTable = `Jane Doe, user mailbox
          CN=Jane Doe,OU=Staff,DC=corp,DC=contoso,DC=com
  dc1.corp.contoso.com: newest
          version 5, written 2023-05-15 03:40:50 UTC on Berlin\DC1
          has   smtp:info@contoso.com
          lacks smtp:jd@contoso.com
  dc2.corp.contoso.com: likely stuck: the newest was written 6h10m0s ago, which is 5h55m0s overdue
          version 4, written 2023-05-15 02:40:50 UTC on Berlin\DC1
          has   smtp:jd@contoso.com
          lacks smtp:info@contoso.com
  dc3.corp.contoso.com, ldap://10.0.0.4: likely stuck: the newest was written 6h10m0s ago, which is
  3h10m0s overdue
          version 4, written 2023-05-15 02:40:50 UTC on Berlin\DC1
          has   smtp:jd@contoso.com
          lacks smtp:info@contoso.com

Mallory\x1b[2J\n\u202e, user mailbox
          CN=Mallory\x1b[2J\n\u202e,OU=Staff,DC=corp,DC=contoso,DC=com
  dc1.corp.contoso.com, dc2.corp.contoso.com: not there; likely on the way: the object was created
  10m0s ago, which arrives within 3h0m0s as a rule
  dc3.corp.contoso.com: newest
          version 1, written 2023-05-15 09:40:50 UTC on Tokyo\DC3\n
          has   smtp:info@contoso.com
          has   smtp:\xff@contoso.com
  ldap://10.0.0.4: not known: it could not be read there

No Stamps, user mailbox
          CN=No Stamps,OU=Staff,DC=corp,DC=contoso,DC=com
  dc1.corp.contoso.com, ldap://10.0.0.4: not known: the directory does not tell when the addresses
  were written
          has   smtp:a@contoso.com
          lacks smtp:b@contoso.com
  dc2.corp.contoso.com, dc3.corp.contoso.com: not known: the directory does not tell when the
  addresses were written
          has   smtp:b@contoso.com
          lacks smtp:a@contoso.com

Leaver, user mailbox
          CN=Leaver,OU=Staff,DC=corp,DC=contoso,DC=com
  dc1.corp.contoso.com: possibly on the way: the object was deleted 10m0s ago, which arrives within
  15m0s as a rule
          version 2, written 2023-05-15 07:10:50 UTC on Berlin\DC1
          has   SMTP:leaver@contoso.com
  dc2.corp.contoso.com: deleted; newest
          deleted 2023-05-15 09:40:50 UTC on Berlin\DC2
  dc3.corp.contoso.com, ldap://10.0.0.4: likely on the way: the object was deleted 10m0s ago, which
  arrives within 3h0m0s as a rule
          version 2, written 2023-05-15 07:10:50 UTC on Berlin\DC1
          has   SMTP:leaver@contoso.com

C-I7ZLFD6J6JPRHSX5  duplicate  smtp:info@contoso.com
  Jane Doe, user mailbox
          CN=Jane Doe,OU=Staff,DC=corp,DC=contoso,DC=com
          smtp:info@contoso.com
          seen on dc1.corp.contoso.com
  Mallory\x1b[2J\n\u202e, user mailbox
          CN=Mallory\x1b[2J\n\u202e,OU=Staff,DC=corp,DC=contoso,DC=com
          smtp:info@contoso.com
          seen on dc3.corp.contoso.com
  cause: likely a race: no domain controller sees two of the owners yet

4 objects differ: 1 stuck, 2 not known, 1 on the way. Replication brings 1 conflict.
dc1.corp.contoso.com: 1 not known, 2 on the way.
dc2.corp.contoso.com: 1 stuck, 1 not known, 1 on the way.
dc3.corp.contoso.com: 1 stuck, 1 not known, 1 on the way.
ldap://10.0.0.4: 1 stuck, 2 not known, 1 on the way.
Note: CN=Configuration,DC=contoso,DC=com: only ldap://10.0.0.4 of the compared servers holds it
INCOMPLETE: not everything in 1 partition on 4 domain controllers was compared, so differences may
be missing: ldap://10.0.0.4: the server closed the connection: not all objects that differ could be
read again
`

func TestComparisonTable(t *testing.T) {
	var out bytes.Buffer
	if err := ComparisonTable(&out, aComparison(t), TableOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(comparisonTable, out.String()); diff != "" {
		t.Errorf("%s\n%s", diff, out.String())
	}
	out.Reset()
	clean := &conflicts.Comparison{Servers: make([]conflicts.Server, 2)}
	const want = "No object differs.\nComplete: 0 partitions on 2 domain controllers were compared.\n"
	if err := ComparisonTable(&out, clean, TableOptions{}); err != nil || out.String() != want {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestComparisonJSON(t *testing.T) {
	const golden = "testdata/comparison.json"
	var out bytes.Buffer
	if err := ComparisonJSON(&out, aComparison(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Error(diff)
	}
}
