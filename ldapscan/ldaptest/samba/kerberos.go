//go:build linux

package samba

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// DemandsChannelBinding reports whether the DC takes Kerberos over TLS, and then
// only with the channel binding of the connection, as Samba does from 4.20.3 on.
// Before that it takes none there.
func (dc *DC) DemandsChannelBinding() bool {
	v := make([]int, 3)
	fmt.Sscanf(dc.domain.Version, "Version %d.%d.%d", &v[0], &v[1], &v[2])
	return slices.Compare(v, []int{4, 20, 3}) >= 0
}

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

// Shell runs a command line in a directory, as the administrator would type it at a
// computer of the domain after kinit: the name of the DC resolves, by an /etc/hosts
// that only this command sees. A command that fails fails the test.
func (dc *DC) Shell(tb testing.TB, dir, line string) {
	tb.Helper()
	hosts := filepath.Join(tb.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost\n"+dc.IP+" "+dc.Host+"\n"), 0o644); err != nil {
		tb.Fatal(err)
	}
	d := *dc.domain
	d.hosts = hosts
	cmd := d.command("sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(cmd.Env, "KRB5CCNAME=FILE:"+dc.CCache(tb, "Administrator", dc.AdminPassword))
	if _, err := output(cmd); err != nil {
		tb.Fatalf("%s: %v", line, err)
	}
}
