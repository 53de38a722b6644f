//go:build linux

package samba

import (
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// Pair is two domain controllers of one domain that replicate from each other. A
// change to one reaches the other within seconds, or at once by [Pair.Sync]. Each
// one's DNS server knows both.
type Pair struct {
	A *DC // the first of the domain, and the owner of its single-master roles
	B *DC // the one that joined
}

// StartPair runs a pair until the end of the test, skipping and failing as
// [Start] does. It takes ten seconds or so, as it joins B anew, and needs
// CAP_SYS_ADMIN, which a container may lack: the DCs find each other by an
// /etc/hosts that only they see.
func StartPair(tb testing.TB, c Config) *Pair {
	tb.Helper()
	skipShort(tb)
	p, err := startPair(c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.end(); err != nil {
			tb.Error(err)
		}
	})
	return p
}

// Sync returns when each DC has every change made to the other before. It fails
// the test while the pair is paused.
func (p *Pair) Sync(tb testing.TB) {
	tb.Helper()
	if err := p.sync(); err != nil {
		tb.Fatal(err)
	}
}

// Bits of the options of an nTDSDSA object, [MS-ADTS] 6.1.1.2.2.1.2.1.1.
const (
	optIsGC                = 1
	optDisableInboundRepl  = 2
	optDisableOutboundRepl = 4
)

// Pause brings the DCs to the same state and stops replication: a change to one
// is not seen on the other until [Pair.Resume]. Both serve their clients.
func (p *Pair) Pause(tb testing.TB) {
	tb.Helper()
	p.Sync(tb)
	p.setOptions(tb, optIsGC|optDisableInboundRepl|optDisableOutboundRepl)
}

// Resume lets the DCs replicate again, at once by [Pair.Sync].
func (p *Pair) Resume(tb testing.TB) {
	tb.Helper()
	p.setOptions(tb, optIsGC)
}

func (p *Pair) setOptions(tb testing.TB, options int) {
	tb.Helper()
	for _, dc := range []*DC{p.A, p.B} {
		dc.Modify(tb, strings.NewReader(fmt.Sprintf(
			"dn: %s\nchangetype: modify\nreplace: options\noptions: %d\n-\n", dc.dsa(), options)))
	}
}

func startPair(c Config) (*Pair, error) {
	a, err := newDC(c)
	if err != nil {
		return nil, err
	}
	b, err := newDC(c)
	if err != nil {
		return nil, errors.Join(err, a.end())
	}
	p := &Pair{A: a, B: b}
	if err := p.start(c); err != nil {
		return nil, errors.Join(fmt.Errorf("samba at %s and %s: %w", a.IP, b.IP, err), p.end())
	}
	return p, nil
}

func (p *Pair) end() error { return errors.Join(p.B.end(), p.A.end()) }

//go:embed partner.py
var partnerPy string

func (p *Pair) start(c Config) error {
	for _, dc := range []*DC{p.A, p.B} {
		dc.domain.Paired = true
		dc.domain.hosts = p.A.domain.path("hosts")
	}
	if err := p.A.domain.create(c); err != nil {
		return err
	}
	if err := p.writeHosts(); err != nil {
		return err
	}
	if err := p.A.serve(); err != nil {
		return err
	}
	if err := p.A.addPrincipal(p.A, p.A.inDomain()); err != nil {
		return err
	}
	if err := p.A.offerReplication(); err != nil {
		return err
	}
	if err := p.B.domain.join(p.A); err != nil {
		return err
	}
	if _, err := output(python(partnerPy, p.A.domain.path("smb.conf"), p.B.Host, p.B.IP)); err != nil {
		return err
	}
	var err error
	if p.B.dsaGUID, err = p.A.guid(p.B.dsa()); err != nil {
		return err
	}
	for _, name := range []string{"ldap/" + p.B.Host, p.B.inDomain()} { // as A has them
		if err := p.A.addPrincipal(p.B, name); err != nil {
			return err
		}
	}
	if err := p.writeHosts(); err != nil {
		return err
	}
	if err := p.B.serve(); err != nil {
		return err
	}
	return p.B.server.await(p.sync)
}

// offerReplication gives the first DC of a domain the principal name under which
// a partner replicates from it, [MS-DRSR] 2.2.3.2. One that joins has it.
func (dc *DC) offerReplication() (err error) {
	if dc.dsaGUID, err = dc.guid(dc.dsa()); err != nil {
		return err
	}
	return dc.addPrincipal(dc, "E3514235-4B06-11D1-AB04-00C04FC2DCD2/"+dc.dsaGUID+"/"+dc.domain.DNS())
}

// inDomain is the principal name of the LDAP service that domain controllers alone
// have. Like that without the domain, a DC registers it minutes after it started.
func (dc *DC) inDomain() string { return "ldap/" + dc.Host + "/" + dc.domain.DNS() }

// addPrincipal gives the account of a DC a service principal name.
func (dc *DC) addPrincipal(of *DC, name string) error {
	return dc.modify(strings.NewReader(fmt.Sprintf(`dn: CN=%s,OU=Domain Controllers,%s
changetype: modify
add: servicePrincipalName
servicePrincipalName: %s
-
`, of.domain.Host, dc.BaseDN, name)))
}

// writeHosts writes the hosts file (hosts(5)) that the DCs see. They look each
// other up under the GUIDs of their nTDSDSA objects, as far as there are any yet.
func (p *Pair) writeHosts() error {
	text := "127.0.0.1 localhost\n"
	for _, dc := range []*DC{p.A, p.B} {
		text += dc.IP + " " + dc.Host
		if dc.dsaGUID != "" {
			text += " " + dc.dsaGUID + "._msdcs." + dc.domain.DNS()
		}
		text += "\n"
	}
	return os.WriteFile(p.A.domain.hosts, []byte(text), 0o644) // in place, as it is mounted
}

//go:embed sync.py
var syncPy string

func (p *Pair) sync() error {
	login := fmt.Sprintf(`%s\Administrator%%%s`, p.A.Domain, p.A.AdminPassword)
	_, err := output(python(syncPy, p.A.domain.path("smb.conf"), login, p.A.IP, p.A.dsaGUID, p.B.IP, p.B.dsaGUID))
	return err
}

// dsa returns the DN of the object that stands for the DC in replication.
func (dc *DC) dsa() string {
	return fmt.Sprintf("CN=NTDS Settings,CN=%s,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,%s",
		dc.domain.Host, dc.BaseDN)
}

// guid reads the objectGUID of an object, in the form of [MS-DTYP] 2.3.4.3.
func (dc *DC) guid(dn string) (string, error) {
	out, err := output(dc.command("ldapsearch", "-LLL", "-s", "base", "-b", dn, "objectGUID"))
	if err != nil {
		return "", err
	}
	_, value, _ := strings.Cut(strings.TrimSpace(out), "objectGUID:: ")
	b, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(b) != 16 {
		return "", fmt.Errorf("%s: no objectGUID in %q", dn, out)
	}
	le := binary.LittleEndian
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", le.Uint32(b), le.Uint16(b[4:]), le.Uint16(b[6:]), b[8:10], b[10:]), nil
}
