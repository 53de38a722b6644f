//go:build linux

package samba

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Keytab returns the path of a keytab with the present keys of an account, named
// as in sAMAccountName. It is deleted at the end of the test.
func (dc *DC) Keytab(tb testing.TB, user string) (path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "keytab")
	if _, err := output(dc.domain.command("samba-tool", "domain", "exportkeytab", path,
		"--principal="+user, "--configfile="+dc.domain.path("smb.conf"))); err != nil {
		tb.Fatalf("%s: %v", user, err)
	}
	return path
}

// CCache returns the path of a credential cache with a fresh ticket-granting
// ticket of an account, got with MIT's kinit. It is deleted at the end of the test.
func (dc *DC) CCache(tb testing.TB, user, password string) (path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "ccache")
	cmd := exec.Command("kinit", "-c", "FILE:"+path, user+"@"+dc.Realm)
	cmd.Env = append(os.Environ(), "KRB5_CONFIG="+dc.Krb5Conf)
	cmd.Stdin = strings.NewReader(password + "\n")
	if _, err := output(cmd); err != nil {
		tb.Fatalf("%s: %v", user, err)
	}
	return path
}
