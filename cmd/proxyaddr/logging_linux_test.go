package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// The log of a scan of a domain, from DNS and the ticket to the last page, and of a logon
// that fails, tells the steps and none of the names.
func TestLogOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	ou := dc.OU(t, "Logged people")
	twice(t, dc, ou, "logged@contoso.example")
	const password = "Reads-0nly!"
	upn := dc.AddUser(t, "logreader", password)
	secret := secretFile(t, password)
	directory := dc.Search(t, ou, "(objectClass=*)") + dc.Search(t, dc.BaseDN, "(sAMAccountName=logreader)")
	for name, tc := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"domain": {[]string{"-d", dc.Realm, "--dns", dc.IP, "-D", upn, "-y", secret}, exitConflicts, []string{
			`msg="DNS SRV" name=_ldap._tcp.dc._msdcs.`, "outcome=ok", `msg="LDAP ping"`, "closest", `msg="order of servers"`, `msg="logon at a KDC"`, "kdc=" + dc.IP + ":88", `transport="no TLS"`, "server chosen",
			"KDC_ERR_PREAUTH_REQUIRED", "outcome=ticket", `msg="service ticket" server=`, "service=ldap/" + dc.Host, "outcome=granted",
			"mechanism=gssapi", "protection=sealed", "credentials=password", "msg=search", `"more pages"=`}},
		"wrong password": {[]string{"-H", dc.URL("ldap"), "--auth", "gssapi", "-D", upn, "-y", secretFile(t, "S3cret-and-wrong")}, exitConnect, []string{
			"KDC_ERR_PREAUTH_FAILED", `msg="service ticket"`, `error="the password or file is wrong"`}},
		"unknown account": {[]string{"-H", dc.URL("ldap"), "--auth", "gssapi", "-D", "logreader2@" + dc.Realm, "-y", secret}, exitConnect, []string{
			"KDC_ERR_C_PRINCIPAL_UNKNOWN", "there is no such account in realm " + dc.Realm}},
		"simple, wrong password": {[]string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", upn, "-y", secretFile(t, "S3cret-and-wrong")}, exitConnect, []string{
			`transport="TLS 1.3"`, "mechanism=simple", "code=49", "data 52e"}},
		"no CA": {[]string{"-H", dc.URL("ldaps"), "-D", upn, "-y", secret}, exitConnect, []string{
			`msg="connecting failed"`, "certificate signed by unknown authority"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "log")
			a := scanJSON(t, slices.Concat(tc.args, []string{"--log-file", file})...)
			if a.code != tc.code {
				t.Fatalf("exit %d\n%s", a.code, a.stderr)
			}
			log := readLog(t, file)
			for _, want := range tc.says {
				if !strings.Contains(log, want) {
					t.Errorf("%s is not in the log:\n%s", want, log)
				}
			}
			checkLog(t, log, directory, password, "S3cret", "logreader", "Logged", "logged@")
		})
	}
}

// A log that is cut short is told, and changes nothing else.
func TestLogThatDoesNotFit(t *testing.T) {
	_, args := serve(t, twoOwners)
	var stdout, stderr bytes.Buffer
	code := run(append(args, "--log-file", "/dev/full"), strings.NewReader(""), &stdout, &stderr)
	if code != exitConflicts || !strings.Contains(stderr.String(), "--log-file /dev/full: not complete: ") || !strings.Contains(stdout.String(), "x@a.example") {
		t.Errorf("exit %d\n%s", code, stderr.String())
	}
}
