//go:build unix

package osfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestReplaceKeepsTheOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	path := filepath.Join(t.TempDir(), "file")
	for n, text := range []string{"new", "replaced"} {
		if err := Replace(path, text, 0o640); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || string(got) != text || info.Mode() != 0o640 {
			t.Fatalf("%q, %v, %v", got, info.Mode(), err)
		}
		if s := info.Sys().(*syscall.Stat_t); int(s.Uid) != 1234*n || int(s.Gid) != 5678*n {
			t.Errorf("%s is of %d:%d", text, s.Uid, s.Gid)
		}
		if err := os.Chown(path, 1234, 5678); err != nil {
			t.Fatal(err)
		}
	}
}
