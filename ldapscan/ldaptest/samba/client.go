//go:build linux

package samba

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// OU adds an organizational unit below the domain and returns its DN. At the end
// of the test it is deleted with all that is below it.
func (dc *DC) OU(tb testing.TB, name string) (dn string) {
	tb.Helper()
	dn = fmt.Sprintf("OU=%s,%s", name, dc.BaseDN)
	dc.add(tb, dn, "objectClass: organizationalUnit\n")
	return dn
}

// AddUser adds an ordinary account below CN=Users and returns its user principal
// name. It is deleted at the end of the test. The password has to satisfy the
// domain's policy: seven characters of three kinds.
func (dc *DC) AddUser(tb testing.TB, name, password string) (upn string) {
	tb.Helper()
	upn = name + "@" + strings.ToLower(dc.Realm)
	dc.add(tb, fmt.Sprintf("CN=%s,CN=Users,%s", name, dc.BaseDN), fmt.Sprintf(`objectClass: user
sAMAccountName: %s
userPrincipalName: %s
userAccountControl: 512
unicodePwd:: %s
`, name, upn, unicodePwd(password)))
	return upn
}

// add adds an object until the end of the test.
func (dc *DC) add(tb testing.TB, dn, attrs string) {
	tb.Helper()
	dc.Modify(tb, strings.NewReader("dn: "+dn+"\nchangetype: add\n"+attrs))
	tb.Cleanup(func() {
		if dc.server.stopped() {
			return // stopped by the test, which has it to itself
		}
		const treeDelete = "1.2.840.113556.1.4.805" // [MS-ADTS] 3.1.1.3.4.1.15
		if _, err := output(dc.command("ldapdelete", "-e", "!"+treeDelete, dn)); err != nil {
			tb.Errorf("%s: %v", dn, err)
		}
	})
}

// unicodePwd returns the base64 of a password as the attribute takes it: in
// quotes and UTF-16LE ([MS-ADTS] 3.1.1.3.1.5.1).
func unicodePwd(password string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(`"` + password + `"`)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return base64.StdEncoding.EncodeToString(b)
}

//go:embed load.py
var loadPy string

// Load adds the records of an LDIF file of content (RFC 2849), parents before
// children, to the DC's database. It goes past the LDAP server, in transactions
// of 20,000 records, which takes a millisecond or so a contact where LDAP takes
// twenty. A record that cannot be added fails the test, and those before it in
// its transaction are not added either.
func (dc *DC) Load(tb testing.TB, content io.Reader) {
	tb.Helper()
	cmd := python(loadPy, dc.domain.path("smb.conf"))
	cmd.Stdin = content
	if _, err := output(cmd); err != nil {
		tb.Fatalf("%s: load: %v", dc.Host, err)
	}
}

// Modify applies LDIF change records with OpenLDAP's ldapmodify as the
// administrator, over LDAPS. One that the DC refuses fails the test.
func (dc *DC) Modify(tb testing.TB, changes io.Reader) {
	tb.Helper()
	if err := dc.modify(changes); err != nil {
		tb.Fatalf("%s: %v", dc.Host, err)
	}
}

func (dc *DC) modify(changes io.Reader) error {
	cmd := dc.command("ldapmodify")
	cmd.Stdin = changes
	_, err := output(cmd)
	return err
}

// Search returns what OpenLDAP's ldapsearch prints for a subtree search as the
// administrator, over LDAPS: LDIF with one line a value, in which the references
// of a search from the top of the domain are comments. It does not page.
func (dc *DC) Search(tb testing.TB, base, filter string, attrs ...string) string {
	tb.Helper()
	args := append([]string{"-LLL", "-o", "ldif-wrap=no", "-b", base, filter}, attrs...)
	out, err := output(dc.command("ldapsearch", args...))
	if err != nil {
		tb.Fatalf("%s: %v", dc.Host, err)
	}
	return out
}

func (dc *DC) command(tool string, args ...string) *exec.Cmd {
	cmd := exec.Command(tool, append([]string{"-x", "-H", dc.URL("ldaps"),
		"-D", dc.AdminUPN, "-w", dc.AdminPassword, "-o", "nettimeout=10"}, args...)...)
	cmd.Env = append(os.Environ(), "LDAPTLS_CACERT="+dc.CAFile, "LDAPTLS_REQCERT=demand")
	return cmd
}

// ready reports whether every port answers and the administrator can read the
// domain.
func (dc *DC) ready() error {
	ports := ports
	if dc.domain.Paired {
		ports = append(slices.Clip(ports), 135) // RPC
	}
	for _, port := range ports {
		c, err := net.Dial("tcp", net.JoinHostPort(dc.IP, strconv.Itoa(port)))
		if err != nil {
			return err
		}
		c.Close()
	}
	_, err := output(dc.command("ldapsearch", "-LLL", "-s", "base", "-b", dc.BaseDN, "1.1"))
	return err
}
