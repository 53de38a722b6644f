package apply

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// The same against a real domain controller, which refuses what is made twice.
func TestKilledOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	base := dc.OU(t, "Killed")
	dc.Load(t, strings.NewReader(staff(base, 3)))
	v := newVictim(t, job{URL: dc.URL("ldaps"), CAFile: dc.CAFile, User: dc.AdminUPN, Password: dc.AdminPassword}, 2, base)
	for round := range 20 {
		undone := round%2 == 1
		if !undone {
			v.Journal = filepath.Join(t.TempDir(), fmt.Sprintf("journal%d", round))
		}
		v.finish(t, undone)
	}
	t.Logf("killed %v", v.windows)
}
