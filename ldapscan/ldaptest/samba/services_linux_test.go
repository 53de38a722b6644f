package samba

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

func TestDNSServerNamesTheDC(t *testing.T) {
	dc := Shared(t)
	for name, port := range services {
		want := []string{fmt.Sprintf("%s.:%d", dc.Host, port)}
		if got := lookupSRV(t, dc, name); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// services are the SRV names by which a client finds a DC, less the name of the
// domain, and their ports.
var services = map[string]uint16{
	"_ldap._tcp.dc._msdcs":                                    389,
	"_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs":     389,
	"_kerberos._tcp":                                          88,
	"_kerberos._tcp.Default-First-Site-Name._sites.dc._msdcs": 88,
	"_gc._tcp": 3268,
	"_gc._tcp.Default-First-Site-Name._sites": 3268,
}

// lookupSRV returns host:port of the records, sorted.
func lookupSRV(t *testing.T, dc *DC, name string) (targets []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, records, err := resolver(dc).LookupSRV(ctx, "", "", name+"."+strings.ToLower(dc.Realm))
	if err != nil {
		t.Errorf("%s: %s: %v", dc.Host, name, err)
	}
	for _, r := range records {
		targets = append(targets, fmt.Sprintf("%s:%d", r.Target, r.Port))
	}
	slices.Sort(targets)
	return targets
}

// resolver asks the DNS server of a DC.
func resolver(dc *DC) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, dc.IP+":53")
	}}
}

// The LDAP ping over UDP, [MS-ADTS] 6.3.3.
func TestCLDAPAnswers(t *testing.T) {
	dc := Shared(t)
	udp, err := net.Dial("udp", dc.IP+":389")
	if err != nil {
		t.Fatal(err)
	}
	conn := ldap.NewConn(datagrams{udp, bufio.NewReader(udp)}, false)
	conn.Start()
	defer conn.Close()
	conn.SetTimeout(10 * time.Second)
	filter := fmt.Sprintf(`(&(DnsDomain=%s)(NtVer=\06\00\00\00))`, strings.ToLower(dc.Realm))
	res, err := conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, filter, []string{"Netlogon"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Entries) != 1 {
		t.Fatalf("%d entries", len(res.Entries))
	}
	if got := res.Entries[0].GetEqualFoldAttributeValue("netlogon"); !strings.Contains(got, "Default-First-Site-Name") {
		t.Errorf("no site in %q", got)
	}
}

// datagrams reads a datagram in pieces.
type datagrams struct {
	net.Conn
	in *bufio.Reader
}

func (d datagrams) Read(b []byte) (int, error) { return d.in.Read(b) }

func TestKeytabAndCCacheLogIn(t *testing.T) {
	dc := Shared(t)
	dc.AddUser(t, "ticket", "T1cket-pass")
	kinit := exec.Command("kinit", "-c", "FILE:"+t.TempDir()+"/cc", "-k", "-t", dc.Keytab(t, "ticket"), "ticket@"+dc.Realm)
	kinit.Env = append(os.Environ(), "KRB5_CONFIG="+dc.Krb5Conf)
	if _, err := output(kinit); err != nil {
		t.Error(err)
	}
	list, err := output(exec.Command("klist", "-c", dc.CCache(t, "ticket", "T1cket-pass")))
	if want := fmt.Sprintf("krbtgt/%[1]s@%[1]s", dc.Realm); err != nil || !strings.Contains(list, want) {
		t.Errorf("no %s in the cache: %v\n%s", want, err, list)
	}
}

// A simple bind without TLS is refused unless the option allows it.
func TestOptionsReachTheServer(t *testing.T) {
	lax := Start(t, Config{Options: []string{"ldap server require strong auth = no"}})
	for _, tt := range []struct {
		dc   *DC
		code uint16
	}{
		{Shared(t), ldap.LDAPResultStrongAuthRequired},
		{lax, ldap.LDAPResultSuccess},
	} {
		conn, err := ldap.DialURL(tt.dc.URL("ldap"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		err = conn.Bind(tt.dc.AdminUPN, tt.dc.AdminPassword)
		if (err != nil || tt.code != ldap.LDAPResultSuccess) && !ldap.IsErrorWithCode(err, tt.code) {
			t.Errorf("%s: %v, want code %d", tt.dc.Host, err, tt.code)
		}
	}
}

func TestForestsDoNotKnowEachOther(t *testing.T) {
	forests := []*DC{Shared(t), Start(t, Config{Realm: "NORTHWIND.TEST"})}
	for i, dc := range forests {
		dc.AddUser(t, "twin", fmt.Sprintf("Tw1n-pass-%d", i))
		dc.Modify(t, strings.NewReader(fmt.Sprintf(
			"dn: CN=twin,CN=Users,%s\nchangetype: modify\nadd: proxyAddresses\nproxyAddresses: SMTP:twin@example.test\n-\n", dc.BaseDN)))
	}
	for i, dc := range forests {
		want := "dn: CN=twin,CN=Users," + dc.BaseDN + "\n\n"
		if got := withoutComments(dc.Search(t, dc.BaseDN, "(proxyAddresses=smtp:twin@example.test)", "1.1")); got != want {
			t.Errorf("%s: found %q, want %q", dc.Realm, got, want)
		}
		dc.CCache(t, "twin", fmt.Sprintf("Tw1n-pass-%d", i))
		other := strings.ToLower(forests[1-i].Realm)
		if _, records, err := resolver(dc).LookupSRV(context.Background(), "ldap", "tcp", other); err == nil {
			t.Errorf("%s: knows %s: %v", dc.Realm, other, records)
		}
	}
}

// withoutComments takes the comment lines out of LDIF.
func withoutComments(ldif string) string {
	lines := strings.SplitAfter(ldif, "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") })
	return strings.TrimRight(strings.Join(lines, ""), "\n") + "\n\n"
}
