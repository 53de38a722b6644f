//go:build linux

package samba

import (
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
