package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// A disk is a file system of its own, mounted at a directory.
type disk string

// newDisk mounts a disk in memory, which only root may.
func newDisk(t *testing.T) disk {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounts a file system, as root")
	}
	d := disk(t.TempDir())
	if err := syscall.Mount("tmpfs", string(d), "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(string(d), 0); err != nil {
			t.Error(err)
		}
	})
	return d
}

// leave resizes the disk, in bytes ("size") or files ("nr_inodes"), to what is
// in use and some more.
func (d disk) leave(t *testing.T, what string, more uint64) {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(string(d), &s); err != nil {
		t.Fatal(err)
	}
	size := (s.Blocks-s.Bfree)*uint64(s.Bsize) + more
	if what == "nr_inodes" {
		size = s.Files - s.Ffree + more
	}
	if err := syscall.Mount("tmpfs", string(d), "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("%s=%d", what, size)); err != nil {
		t.Fatal(err)
	}
}

// An audit is published to a disk with a little more room each time, until it
// fits: whatever does not fit is named, and all stays as it was. The files are written one after
// the other, so that each is the first without room once.
func TestFullDiskLeavesTheEarlierFilesAlone(t *testing.T) {
	for _, tt := range []struct {
		what string
		step uint64
	}{{"size", uint64(os.Getpagesize())}, {"nr_inodes", 1}} {
		t.Run(tt.what, func(t *testing.T) {
			d := newDisk(t)
			dir := filepath.Join(string(d), "audit")
			publishTo(t, dir, normalAudit())
			before := snapshot(t, dir)
			blamed := map[string]bool{}
			for room := uint64(0); ; room += tt.step {
				d.leave(t, tt.what, room)
				err := publishInTurn(dir, domainsAudit())
				if err == nil {
					break
				}
				path, problem, _ := strings.Cut(err.Error(), ": ")
				if problem != "no space left on device" || !errors.Is(err, syscall.ENOSPC) || path != dir && filepath.Dir(path) != dir {
					t.Fatalf("%d left: %v", room, err)
				}
				blamed[filepath.Base(path)] = true
				if left, _ := os.ReadDir(string(d)); len(left) != 1 {
					t.Fatalf("%d left: left behind: %v", room, left)
				}
				if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
					t.Fatalf("%d left: the directory has changed (-before +after):\n%s", room, diff)
				}
			}
			for name := range snapshot(t, dir) {
				if !blamed[name] {
					t.Errorf("%s was never blamed", name)
				}
			}
		})
	}
}

// publishInTurn publishes an audit with one file after the other.
func publishInTurn(dir string, a *conflicts.Audit) error {
	d, err := Claim(dir, time.Time{}, Any)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.publish(slices.Concat(files(a, d.sum)...))
	return err
}

// A directory that cannot be made is named too.
func TestFullDiskHasNoRoomForTheDirectory(t *testing.T) {
	d := newDisk(t)
	d.leave(t, "nr_inodes", 1)
	dir := filepath.Join(string(d), "made", "not made")
	if err := publishOver(dir, normalAudit()); err == nil || err.Error() != dir+": no space left on device" {
		t.Error(err)
	}
	if left, _ := os.ReadDir(string(d)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Sheets that excelize would keep in temporary files need none.
func TestFullTemporaryDirectoryDoesNotMatter(t *testing.T) {
	d := newDisk(t)
	d.leave(t, "size", uint64(os.Getpagesize()))
	t.Setenv("TMPDIR", string(d))
	a := normalAudit()
	for range 4000 {
		a.Findings = append(a.Findings, conflicts.Finding{Kind: conflicts.TooLong, DN: corp, Value: strings.Repeat("x", 6000)})
	}
	publishTo(t, filepath.Join(t.TempDir(), "audit"), a)
}
