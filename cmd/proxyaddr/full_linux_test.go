package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// What does not fit is an incomplete scan, whatever it is that does not fit.
func TestFullDisk(t *testing.T) {
	export := filepath.Join(t.TempDir(), "export.ldif")
	if err := os.WriteFile(export, []byte(twoOwners), 0o600); err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, format := range []string{"table", "json", "jsonl", "csv"} {
		var stderr bytes.Buffer
		code := run([]string{"scan", "--input", export, "--format", format}, strings.NewReader(""), full, &stderr)
		if want := "proxyaddr: stdout: no space left on device\nhint: the output ends early and is useless\n"; code != exitIncomplete || stderr.String() != want {
			t.Errorf("%s: exit %d, and says %q, want %q", format, code, &stderr, want)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("mounts a file system, as root")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d", os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(disk, 0)
	dir := filepath.Join(disk, "audit")
	var stdout, stderr bytes.Buffer
	code := run([]string{"scan", "--input", export, "-o", dir}, strings.NewReader(""), &stdout, &stderr)
	want := regexp.MustCompile(`^proxyaddr: ` + dir + `/[a-z.]+: no space left on device\nhint: ` + dir + ` needs room and write access; -o names another directory\n$`)
	if code != exitIncomplete || !want.MatchString(stderr.String()) {
		t.Errorf("exit %d, and says %q, want %q", code, &stderr, want)
	}
	if left, err := os.ReadDir(disk); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	// A run that cannot be remembered says so, and the next one tells the same.
	fill := writeFile(t, filepath.Join(disk, "fill"), "full")
	state := filepath.Join(disk, "state")
	stderr.Reset()
	code = run([]string{"scan", "--input", export, "--state", state}, strings.NewReader(""), &stdout, &stderr)
	if want := "proxyaddr: " + filepath.Join(state, "history.jsonl") + ": no space left on device\nhint: this run may not be remembered"; code != exitIncomplete || !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("exit %d, and says %q, want %q", code, &stderr, want)
	}
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	if summary, _ := scanState(t, exitConflicts, "--input", export, "--state", state); summary != "1 known (baseline)" {
		t.Error(summary)
	}
}
