//go:build linux

package samba

import (
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// Hide has an account no longer see what is below an object.
func (dc *DC) Hide(tb testing.TB, dn, account string) {
	tb.Helper()
	dc.deny(tb, dn, fmt.Sprintf("(D;CI;RPLC;;;%s)", dc.sid(tb, account))) // read property, list contents
}

// HideAddresses takes the right to read proxyAddresses of an object from an account, which
// goes on seeing the object.
func (dc *DC) HideAddresses(tb testing.TB, dn, account string) {
	tb.Helper()
	const proxyAddresses = "bf967a06-0de6-11d0-a285-00aa003049e2" // its schemaIDGUID
	dc.deny(tb, dn, fmt.Sprintf("(OD;;RP;%s;;%s)", proxyAddresses, dc.sid(tb, account)))
}

// Grant gives an account rights on an object. A right is an ACE in SDDL without an account,
// such as "A;CI;LCRP;;" or "OA;CI;WP;GUID;" ([MS-DTYP] 2.5.1.1).
func (dc *DC) Grant(tb testing.TB, dn, account, right string) {
	tb.Helper()
	dc.acl(tb, dn, fmt.Sprintf("(%s;%s)", right, dc.sid(tb, account)))
}

// Close leaves an object, and what is below it, to the domain administrators.
func (dc *DC) Close(tb testing.TB, dn string) {
	tb.Helper()
	dc.acl(tb, dn, "D:P(A;CI;GA;;;DA)(A;CI;GA;;;SY)")
}

//go:embed acl.py
var aclPy string

func (dc *DC) acl(tb testing.TB, dn, sddl string) {
	tb.Helper()
	if _, err := output(python(aclPy, dc.domain.path("smb.conf"), dn, sddl)); err != nil {
		tb.Fatalf("%s: %v", dn, err)
	}
}

func (dc *DC) deny(tb testing.TB, dn, sddl string) {
	tb.Helper()
	if _, err := output(exec.Command("samba-tool", "dsacl", "set", "--configfile="+dc.domain.path("smb.conf"),
		"--action=deny", "--objectdn="+dn, "--sddl="+sddl)); err != nil {
		tb.Fatalf("%s: %v", dn, err)
	}
}

// sid returns the security identifier of an account as SDDL writes it ([MS-DTYP] 2.4.2.1).
func (dc *DC) sid(tb testing.TB, account string) string {
	tb.Helper()
	found := dc.Search(tb, dc.BaseDN, "(sAMAccountName="+account+")", "objectSid")
	_, rest, _ := strings.Cut(found, "objectSid:: ")
	value, _, _ := strings.Cut(rest, "\n")
	b, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(b) < 8 {
		tb.Fatalf("%s: objectSid %q, %v", account, value, err)
	}
	sid := fmt.Sprintf("S-%d-%d", b[0], b[7])
	for sub := b[8:]; len(sub) >= 4; sub = sub[4:] {
		sid += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(sub))
	}
	return sid
}
