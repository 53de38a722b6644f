package ldapscan_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest/samba"
)

// BenchmarkChangesOnSamba compares a reading of changes, when there are none, with a whole
// sweep of 100,000 contacts. Loading them takes minutes.
func BenchmarkChangesOnSamba(b *testing.B) {
	const contacts, conflicts = 100_000, 20
	dc := samba.Start(b, samba.Config{Realm: "CONTOSO.TEST", LMDB: true})
	ou := "OU=Changes," + dc.BaseDN // deleting it would take half an hour
	r, w := io.Pipe()
	go func() {
		fmt.Fprintf(w, "dn: %s\nobjectClass: organizationalUnit\n\n", ou)
		for i := range contacts {
			extra := ""
			if i < conflicts {
				extra = fmt.Sprintf("proxyAddresses: smtp:c%d@contoso.example\n", contacts-1-i)
			}
			fmt.Fprintf(w, "dn: CN=c%[1]d,%[2]s\nobjectClass: contact\nmail: c%[1]d@contoso.example\nproxyAddresses: SMTP:c%[1]d@contoso.example\n%[3]s\n", i, ou, extra)
		}
		w.Close()
	}()
	dc.Load(b, r)
	src, err := ldapscan.OpenForest(b.Context(), ldapscan.ForestConfig{Servers: []ldapscan.Config{sambaConfig(b, dc)}})
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	n := newNightly(b)
	start := time.Now()
	whole := n.scan(src)
	wholeTime := time.Since(start)
	if len(whole.Audit.Conflicts) != conflicts || whole.Bookmark == nil {
		b.Fatalf("%d conflicts, problems %q", len(whole.Audit.Conflicts), whole.Audit.Problems)
	}
	var changes *ldapscan.Reading
	for b.Loop() {
		changes = n.scan(src)
	}
	if changes.Whole != "" || len(changes.Audit.Conflicts) != conflicts {
		b.Fatalf("%q, %d conflicts", changes.Whole, len(changes.Audit.Conflicts))
	}
	each := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(wholeTime.Seconds(), "whole-s")
	b.ReportMetric(float64(whole.Entries), "whole-entries")
	b.ReportMetric(float64(changes.Entries), "entries")
	b.ReportMetric(float64(changes.Requests), "requests")
	b.ReportMetric(float64(whole.Entries)/float64(changes.Entries), "times-fewer-entries")
	b.ReportMetric(wholeTime.Seconds()/each.Seconds(), "times-less-time")
}
