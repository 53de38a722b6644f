package ldaptest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/ldapscan/ldaptest"
)

// openldap runs a program of OpenLDAP: an implementation that shares no code with the server
// and its other tests.
func openldap(t *testing.T, srv *ldaptest.Server, program string, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs programs of OpenLDAP")
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, srv.CAPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, append([]string{"-x", "-D", user, "-w", password}, args...)...)
	cmd.Env = append(os.Environ(), "LDAPTLS_CACERT="+ca, "LDAPCONF="+os.DevNull, "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}

func TestLdapsearchReadsAllPages(t *testing.T) {
	srv := start(t, ldaptest.Config{}, crowd(250))
	for _, connection := range [][]string{{"-H", srv.URL}, {"-H", srv.PlainURL, "-ZZ"}} {
		out := openldap(t, srv, "ldapsearch", append(connection, "-LLL", "-b", root, "-E", "pr=100/noprompt", "(proxyAddresses=*)", "cn")...)
		var got []string
		for line := range strings.Lines(out) {
			if cn, ok := strings.CutPrefix(line, "cn: "); ok {
				got = append(got, strings.TrimSpace(cn))
			}
		}
		if diff := cmp.Diff(contacts(0, 250), got); diff != "" {
			t.Error(diff)
		}
	}
	if got := srv.Counts(); got.Pages != 6 || got.ClearPasswords != 0 {
		t.Errorf("counts %+v", got)
	}
}

func TestLdapmodifyAppliesAFile(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	file := filepath.Join(t.TempDir(), "fix.ldif")
	const fix = `version: 1

# Ann keeps her primary address.
dn: CN=Ann,OU=Staff,DC=contoso,DC=test
changetype: modify
delete: proxyAddresses
proxyAddresses: smtp:a.smith@contoso.test
-
add: proxyAddresses
proxyAddresses: smtp:a.smith2@contoso.test
-
`
	if err := os.WriteFile(file, []byte(fix), 0o600); err != nil {
		t.Fatal(err)
	}
	openldap(t, srv, "ldapmodify", "-H", srv.URL, "-f", file)
	want := []string{"SMTP:ann@contoso.test", "smtp:ann.smith@contoso.test", "smtp:a.smith2@contoso.test"}
	if diff := cmp.Diff(want, read(t, bound(t, srv), ann).GetAttributeValues("proxyAddresses")); diff != "" {
		t.Error(diff)
	}
}
