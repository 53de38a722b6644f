package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proxyaddr/ldapscan/ldaptest"
)

// The exit code says whether domain controllers agree, and that one refused to be read; the
// table is the same whenever they are asked.
func TestCompare(t *testing.T) {
	start := func(host, content string) *ldaptest.Server {
		srv, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader(content), Host: host, Users: map[string]string{"anna@a.example": password},
			Now: func() time.Time { return time.Date(2020, 1, 1, 0, 0, 30, 0, time.UTC) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(srv.Close)
		return srv
	}
	one, two := start("dc1.a.example", twoOwners), start("dc2.a.example", twoOwners)
	without, _, _ := strings.Cut(twoOwners, "dn: CN=Old,")
	three := start("dc3.a.example", without+twoOwners[strings.Index(twoOwners, "dn: CN=New,"):])
	dir := t.TempDir()
	ca, secret := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "secret")
	for path, text := range map[string]string{ca: string(one.CAPEM) + string(two.CAPEM) + string(three.CAPEM), secret: password} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	compare := func(servers ...*ldaptest.Server) (code int, stdout, stderr string) {
		args := []string{"scan", "--compare-dcs", "--ca-file", ca, "-D", "anna@a.example", "-y", secret}
		for _, srv := range servers {
			args = append(args, "-H", srv.URL)
		}
		var out, log bytes.Buffer
		code = run(args, strings.NewReader(""), &out, &log)
		return code, out.String(), log.String()
	}
	if code, out, log := compare(one, two); code != exitClean || !strings.Contains(out, "No object differs.") {
		t.Errorf("the same: exit %d\n%s%s", code, out, log)
	}
	const table = `Old, user
          CN=Old,DC=a,DC=example
  dc1.a.example: newest
          has   SMTP:x@a.example
  dc3.a.example: not there; likely on the way: the object was created 30s ago, which arrives within
  3h0m0s as a rule

C-WRWFRJBG2SG2KN5B  duplicate  smtp:x@a.example
  Old, user
          CN=Old,DC=a,DC=example
          SMTP:x@a.example
          seen on dc1.a.example
  New, user
          CN=New,DC=a,DC=example
          smtp:X@a.example
          seen on dc1.a.example, dc3.a.example

1 object differs: 1 on the way. Replication brings 1 conflict.
dc3.a.example: 1 on the way.
Complete: 1 partition on 2 domain controllers were compared.
`
	if code, out, log := compare(one, three); code != exitConflicts || out != table {
		t.Errorf("different: exit %d\n%s%s", code, out, log)
	}
	three.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Entry: 1, Code: 53, Times: -1})
	if code, out, log := compare(one, three, two); code != exitIncomplete || !strings.Contains(log, "incomplete: DC=a,DC=example: "+three.URL) || !strings.Contains(out, "INCOMPLETE: ") {
		t.Errorf("one refuses: exit %d\n%s%s", code, out, log)
	}
}
