package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

var sspiProgram = flag.String("sspi.program", "", "the Windows build to run in TestSambaSSPI, with Wine before it")

// The Windows build binds as the signed-in user. Samba from 4.20.3 on refuses a bind
// inside TLS that lacks the channel binding. Wine signs in with MIT's ticket cache, and
// needs more than it has in any release: .ci/windows has the test run.
func TestSambaSSPI(t *testing.T) {
	if *sspiProgram == "" {
		t.Skip("-sspi.program names no Windows build")
	}
	dc := samba.Shared(t)
	if !dc.DemandsChannelBinding() {
		t.Fatal("this Samba demands no channel binding")
	}
	ou := dc.OU(t, "SSPI")
	dc.Load(t, strings.NewReader("dn: CN=One,"+ou+"\nobjectClass: contact\nproxyAddresses: SMTP:one@a.example\n"))
	for _, server := range []string{
		"-H ldaps://" + dc.Host + " --auth sspi",
		"-H ldap://" + dc.Host + " -Z --auth sspi",
		"-d " + strings.ToLower(dc.Realm) + " --dns " + dc.IP,
	} {
		t.Run(server, func(t *testing.T) {
			dir := t.TempDir()
			dc.Shell(t, dir, fmt.Sprintf("%s scan %s --ca-file Z:%s --format json >scan.json", *sspiProgram, server, dc.CAFile))
			b, err := os.ReadFile(filepath.Join(dir, "scan.json"))
			if err != nil {
				t.Fatal(err)
			}
			var a answer
			if err := json.Unmarshal(b, &a.doc); err != nil {
				t.Fatal(err)
			}
			if s := a.doc.Scope.Servers; !a.doc.Complete || len(s) != 1 || s[0].Mechanism != "sspi" {
				t.Errorf("complete %t, servers %+v", a.doc.Complete, s)
			}
		})
	}
}
