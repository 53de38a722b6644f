package outdir

import (
	"path/filepath"
	"syscall"
	"testing"
)

func TestMountPoint(t *testing.T) {
	asRoot(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(dir, 0)
	if problem := refused(t, dir); problem != "is a mount point" {
		t.Error(problem)
	}
	take(t, filepath.Join(dir, "audit")).Release()
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if problem := refused(t, filepath.Join(dir, "audit")); problem != "read-only file system" {
		t.Error(problem)
	}
}
