package samba

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

func TestLoadedObjectsArePagedOverTLS(t *testing.T) {
	dc := Shared(t)
	const contacts, users = 300, 150
	ou := dc.OU(t, "Paged")
	dc.Load(t, content(ou, contacts, users))
	upn := dc.AddUser(t, "reader", "Re4der-pass")

	roots := x509.NewCertPool()
	ca, err := os.ReadFile(dc.CAFile)
	if err != nil || !roots.AppendCertsFromPEM(ca) {
		t.Fatalf("%s: no certificate: %v", dc.CAFile, err)
	}
	for _, tt := range []struct {
		name, user string
		dial       func() (*ldap.Conn, error)
	}{
		{"ldaps, by address", upn, func() (*ldap.Conn, error) {
			return ldap.DialURL(dc.URL("ldaps"), ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots}))
		}},
		{"StartTLS, by host name", dc.Domain + `\reader`, func() (*ldap.Conn, error) {
			conn, err := ldap.DialURL(dc.URL("ldap"))
			if err != nil {
				return nil, err
			}
			return conn, conn.StartTLS(&tls.Config{RootCAs: roots, ServerName: dc.Host})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := tt.dial()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.Bind(tt.user, "Re4der-pass"); err != nil {
				t.Fatal(err)
			}
			paging := ldap.NewControlPaging(100)
			objects, addresses, pages := 0, 0, 0
			for {
				res, err := conn.Search(ldap.NewSearchRequest(ou, ldap.ScopeWholeSubtree, 0, 0, 0, false,
					"(proxyAddresses=*)", []string{"proxyAddresses"}, []ldap.Control{paging}))
				if err != nil {
					t.Fatal(err)
				}
				pages++
				for _, e := range res.Entries {
					objects++
					addresses += len(e.GetAttributeValues("proxyAddresses"))
				}
				next, ok := ldap.FindControl(res.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
				if !ok {
					t.Fatalf("page %d came without a paging control", pages)
				}
				if len(next.Cookie) == 0 {
					break
				}
				paging.SetCookie(next.Cookie)
			}
			if objects != contacts+users || addresses != 2*objects || pages != 5 {
				t.Errorf("got %d objects with %d addresses in %d pages; want %d, %d, 5",
					objects, addresses, pages, contacts+users, 2*(contacts+users))
			}
		})
	}
}

func TestLoadReadsLDIF(t *testing.T) {
	dc := Shared(t)
	base := "OU=Sub," + dc.OU(t, "LDIF")
	sub := "dn:: " + base64.StdEncoding.EncodeToString([]byte(base)) + "\nobjectClass: organizationalUnit\n"
	dc.Load(t, strings.NewReader("# first\n of all\nversion: 1\n"+sub+"description: one line\n  in two\n\n# end\n"))
	crlf := strings.ReplaceAll("version: 1\n\ndn: CN=José,"+base+"\nobjectClass: contact\nmail:: "+
		base64.StdEncoding.EncodeToString([]byte("josé@fabrikam.test"))+"\n", "\n", "\r\n")
	dc.Load(t, strings.NewReader(crlf))

	for filter, want := range map[string]string{
		"(ou=*)": "dn: " + base + "\ndescription: one line in two\n\n",
		"(cn=*)": "dn:: " + base64.StdEncoding.EncodeToString([]byte("CN=José,"+base)) + "\n" +
			"mail:: " + base64.StdEncoding.EncodeToString([]byte("josé@fabrikam.test")) + "\n\n",
	} {
		if got := dc.Search(t, base, filter, "description", "mail"); got != want {
			t.Errorf("%s: got:\n%swant:\n%s", filter, got, want)
		}
	}
}

func TestModifyIsSeenBySearch(t *testing.T) {
	dc := Shared(t)
	base := dc.OU(t, "Modify")
	dc.Load(t, content(base, 1, 0))
	const filter = "(proxyAddresses=smtp:c0@old.fabrikam.test)"
	if got := dc.Search(t, base, filter, "proxyAddresses"); strings.Count(got, "proxyAddresses: ") != 2 {
		t.Fatalf("before the change, search found:\n%s", got)
	}
	dc.Modify(t, strings.NewReader(fmt.Sprintf(`dn: CN=c0,OU=Contacts,%s
changetype: modify
delete: proxyAddresses
proxyAddresses: smtp:c0@old.fabrikam.test
-
add: proxyAddresses
proxyAddresses: smtp:c02@old.fabrikam.test
-
`, base)))
	if got := dc.Search(t, base, filter); got != "" {
		t.Errorf("the deleted address is still found:\n%s", got)
	}
	if got := dc.Search(t, base, "(cn=c0)", "proxyAddresses"); !strings.Contains(got, "proxyAddresses: smtp:c02@old.fabrikam.test\n") {
		t.Errorf("the added address is missing:\n%s", got)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	hosts := readFile(t, "/etc/hosts")
	beside := Shared(t)
	var ip, dir string
	var group int
	t.Run("run", func(t *testing.T) {
		dc := Start(t, Config{Realm: "NORTHWIND.TEST"})
		ip, dir, group = dc.IP, dc.domain.Dir, dc.server.group
		if ip == beside.IP {
			t.Fatalf("two DCs at %s", ip)
		}
		if got := dc.Search(t, "CN=Users,DC=northwind,DC=test", "(cn=Administrator)", "1.1"); !strings.HasPrefix(got, "dn: ") {
			t.Errorf("search of the second DC found %q", got)
		}
		if len(processes(t, group)) == 0 {
			t.Errorf("process group %d of a running DC is empty", group)
		}
	})
	checkGone(t, ip, group)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", dir, err)
	}
	if now := readFile(t, "/etc/hosts"); now != hosts {
		t.Errorf("/etc/hosts changed:\n%s", now)
	}
	beside.Search(t, beside.BaseDN, "(cn=Administrator)", "1.1") // fails the test if stopped with the other
}

// TestServersDieWithTestBinary kills a copy of the test binary that runs a pair, as
// the out-of-memory killer or an impatient developer would.
func TestServersDieWithTestBinary(t *testing.T) {
	const child = "PROXYADDR_SAMBA_TEST_CHILD"
	if os.Getenv(child) != "" {
		p := StartPair(t, Config{})
		fmt.Printf("\nrunning %s %d %s %d\n", p.A.IP, p.A.server.group, p.B.IP, p.B.server.group)
		select {}
	}
	skipShort(t)
	mounts := readFile(t, "/proc/self/mountinfo")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestServersDieWithTestBinary$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()

	var ips [2]string
	var groups [2]int
	var log strings.Builder
	for lines := bufio.NewScanner(io.TeeReader(out, &log)); lines.Scan(); {
		if n, _ := fmt.Sscanf(lines.Text(), "running %s %d %s %d", &ips[0], &groups[0], &ips[1], &groups[1]); n == 4 {
			break
		}
	}
	if groups[1] == 0 {
		t.Fatalf("the copy ran no pair:\n%s", &log)
	}
	for _, group := range groups {
		if len(processes(t, group)) == 0 {
			t.Fatalf("process group %d of a running DC is empty", group)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for i, ip := range ips {
		if err := awaitFree(ip, 10*time.Second); err != nil {
			t.Fatalf("%s: still claimed: %v", ip, err)
		}
		checkGone(t, ip, groups[i])
	}
	if now := readFile(t, "/proc/self/mountinfo"); now != mounts {
		t.Errorf("the mounts changed:\n%s\nwere:\n%s", now, mounts)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// awaitFree waits until every process that held the claim of an address is gone.
func awaitFree(ip string, timeout time.Duration) error {
	for deadline := time.Now().Add(timeout); ; time.Sleep(10 * time.Millisecond) {
		f, err := claim(ip)
		if err == nil {
			return f.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(deadline) {
			return err
		}
	}
}

// checkGone fails the test unless, within ten seconds, the process group is empty
// and with it the ports at ip are closed. A few of samba's processes hold no claim,
// and hold ports: each ends by itself once the one that it watches has ended.
func checkGone(t *testing.T, ip string, group int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	left := processes(t, group)
	for len(left) > 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
		left = processes(t, group)
	}
	if len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
	for _, port := range ports {
		addr := net.JoinHostPort(ip, strconv.Itoa(port))
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			t.Errorf("%s is open", addr)
		}
	}
}

// processes returns the ids of the live processes of a process group.
func processes(t *testing.T, group int) (pids []int) {
	t.Helper()
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err != nil {
			continue // ended meanwhile
		}
		// "pid (name) state ppid pgrp …", where the name may hold anything: proc(5).
		_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')'):]), " ")
		if f := strings.Fields(rest); f[0] != "Z" && f[2] == strconv.Itoa(group) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// content returns LDIF of contacts and users, each kind in an OU below base, with
// two addresses each.
func content(base string, contacts, users int) io.Reader {
	var b strings.Builder
	b.WriteString("version: 1\n\n# test objects\n")
	for _, ou := range []string{"OU=Contacts,", "OU=Users,"} {
		fmt.Fprintf(&b, "dn: %s%s\nobjectClass: organizationalUnit\n\n", ou, base)
	}
	addresses := func(name string) {
		fmt.Fprintf(&b, "proxyAddresses: SMTP:%[1]s@fabrikam.test\nproxyAddresses: smtp:%[1]s@old.fabrikam.test\n\n", name)
	}
	for i := range contacts {
		fmt.Fprintf(&b, "dn: CN=c%d,OU=Contacts,%s\nobjectClass: contact\n", i, base)
		addresses(fmt.Sprintf("c%d", i))
	}
	for i := range users {
		fmt.Fprintf(&b, "dn: CN=u%[1]d,OU=Users,%[2]s\nobjectClass: user\nsAMAccountName: u%[1]d\n", i, base)
		addresses(fmt.Sprintf("u%d", i))
	}
	return strings.NewReader(b.String())
}
