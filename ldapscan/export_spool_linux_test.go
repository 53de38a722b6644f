package ldapscan

import (
	"strings"
	"syscall"
	"testing"
)

// A full disk is told as what it is. It takes root to make one.
func TestSpoolOnFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("mounts a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("TMPDIR", dir)
	_, err := SpoolExport(t.Context(), "standard input", strings.NewReader(strings.Repeat("# nothing\n", 10_000)))
	if want := "standard input: no room for a copy in " + dir + ": no space left on device"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	nothingLeft(t, dir)
}
