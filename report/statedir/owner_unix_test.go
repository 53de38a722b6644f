//go:build unix

package statedir

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Root that scans once by hand leaves the state to the user of the service.
func TestRootLeavesTheOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const user, group = 1234, 5678
	path := t.TempDir()
	if err := os.Chown(path, user, group); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path, "root")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for n := 1; n <= 2; n++ {
		if err := d.Commit(sample(n), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{lockName, stateName, beforeName, historyName} {
		info, err := os.Stat(filepath.Join(path, name))
		if err != nil {
			t.Fatal(err)
		}
		if s := info.Sys().(*syscall.Stat_t); s.Uid != user || s.Gid != group {
			t.Errorf("%s is of %d:%d", name, s.Uid, s.Gid)
		}
	}
}
