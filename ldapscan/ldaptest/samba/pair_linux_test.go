package samba

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPair(t *testing.T) {
	hosts := readFile(t, "/etc/hosts")
	p := StartPair(t, Config{Exchange: true})
	t.Run("the DNS server of each knows both", func(t *testing.T) {
		for _, dc := range []*DC{p.A, p.B} {
			for name, port := range services {
				want := []string{
					fmt.Sprintf("%s.:%d", p.A.Host, port),
					fmt.Sprintf("%s.:%d", p.B.Host, port),
				}
				slices.Sort(want)
				if got := lookupSRV(t, dc, name); !slices.Equal(got, want) {
					t.Errorf("%s: %s: %q, want %q", dc.Host, name, got, want)
				}
			}
			for _, host := range []*DC{p.A, p.B} {
				if got, err := resolver(dc).LookupHost(context.Background(), host.Host); err != nil || !slices.Equal(got, []string{host.IP}) {
					t.Errorf("%s: %s: %q, %v", dc.Host, host.Host, got, err)
				}
			}
		}
	})
	t.Run("a change reaches the other", func(t *testing.T) {
		for _, way := range [][2]*DC{{p.A, p.B}, {p.B, p.A}} {
			base := way[0].OU(t, "From "+way[0].domain.Host)
			way[0].Modify(t, recipient(base, "r", "r@fabrikam.test"))
			p.Sync(t)
			if got := owners(t, way[1], base, "r@fabrikam.test"); got != 1 {
				t.Errorf("%s has %d owners of what was written on %s", way[1].Host, got, way[0].Host)
			}
		}
	})
	t.Run("an address is claimed on both while they are paused", func(t *testing.T) {
		base := p.A.OU(t, "Race")
		p.Pause(t)
		p.A.Modify(t, recipient(base, "a", "same@fabrikam.test"))
		p.B.Modify(t, recipient(base, "b", "same@fabrikam.test"))
		if err := p.sync(); err == nil || !strings.Contains(err.Error(), "DISABLED") {
			t.Errorf("replication is not refused: %v", err)
		}
		for _, dc := range []*DC{p.A, p.B} {
			if got := owners(t, dc, base, "same@fabrikam.test"); got != 1 {
				t.Errorf("paused, %s sees %d owners", dc.Host, got)
			}
		}
		p.Resume(t)
		p.Sync(t)
		for _, dc := range []*DC{p.A, p.B} {
			if got := owners(t, dc, base, "same@fabrikam.test"); got != 2 {
				t.Errorf("resumed, %s sees %d owners", dc.Host, got)
			}
		}
	})
	t.Run("one is stopped and started again", func(t *testing.T) {
		base := p.A.OU(t, "Stopped")
		p.Sync(t)
		for _, dcs := range [][2]*DC{{p.A, p.B}, {p.B, p.A}} {
			up, down := dcs[0], dcs[1]
			group := down.server.group
			down.Stop(t)
			checkGone(t, down.IP, group)
			address := "without-" + down.domain.Host + "@fabrikam.test"
			up.Modify(t, recipient(base, up.domain.Host, address))
			down.Start(t)
			p.Sync(t)
			if got := owners(t, down, base, address); got != 1 {
				t.Errorf("%s sees %d owners of what was written while it was stopped", down.Host, got)
			}
		}
	})
	if now := readFile(t, "/etc/hosts"); now != hosts {
		t.Errorf("/etc/hosts changed:\n%s", now)
	}
}

func TestStoppedDCKeepsItsData(t *testing.T) {
	dc := Start(t, Config{})
	dc.AddUser(t, "kept", "K3pt-pass")
	dc.Stop(t)
	dc.Stop(t) // which is not an error
	dc.Start(t)
	if got := dc.Search(t, dc.BaseDN, "(sAMAccountName=kept)", "1.1"); !strings.HasPrefix(got, "dn: ") {
		t.Errorf("started again, the DC has %q", got)
	}
	dc.Stop(t) // the cleanups of the user and of the DC live with that
}

// recipient returns the change that adds a contact with an address.
func recipient(base, cn, address string) *strings.Reader {
	return strings.NewReader(fmt.Sprintf(
		"dn: CN=%[1]s,%[2]s\nchangetype: add\nobjectClass: contact\nmailNickname: %[1]s\nproxyAddresses: SMTP:%[3]s\n", cn, base, address))
}

// owners counts the objects that have an address.
func owners(t *testing.T, dc *DC, base, address string) int {
	t.Helper()
	return strings.Count(dc.Search(t, base, "(proxyAddresses=smtp:"+address+")", "1.1"), "dn: ")
}
