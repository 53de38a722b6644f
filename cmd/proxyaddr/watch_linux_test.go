package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"proxyaddr/ldapscan/debuglog"
	"proxyaddr/ldapscan/ldaptest/samba"
)

// beginsRun is in the log of the first request of each run.
const beginsRun = `attributes="dsServiceName highestCommittedUSN tokenGroups"`

// On Samba, with the rights of any user, watch tells within two periods of a duplicate that was
// written over LDAP, and of its end. A period in which nobody changed a recipient takes five
// requests.
func TestWatchOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	ou := dc.OU(t, "Watched")
	const password = "Reads-0nly!"
	dc.Load(t, strings.NewReader(contacts(ou, 3, "left")))
	dir := t.TempDir()
	logFile := filepath.Join(dir, "requests.log")
	args := []string{"--state", filepath.Join(dir, "state"), "-H", dc.URL("ldaps"), "--ca-file", dc.CAFile,
		"-D", dc.AddUser(t, "watcher", password), "-y", secretFile(t, password)}

	cmd, _ := program(t, append([]string{"watch", "--every", "1s", "--log-file", logFile}, args...)...)
	cmd.Stderr = nil
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(stderr)
	until := func(pattern string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), pattern) {
				return
			}
		}
		t.Fatalf("it ended, and did not tell: %s", pattern)
	}
	until("1 known (baseline)")
	for _, step := range []struct{ do, tells string }{{"add", " new: duplicate "}, {"delete", " resolved: duplicate "}} {
		dc.Modify(t, strings.NewReader(fmt.Sprintf("dn: CN=Contact 0,%s\nchangetype: modify\n%s: proxyAddresses\nproxyAddresses: smtp:c1.wat@contoso.example\n-\n", ou, step.do)))
		written := time.Now()
		until(step.tells)
		told := time.Now()
		if runs := runsBetween(t, logFile, written, told); runs > 2 {
			t.Errorf("%s was told in the run %d after it was written", step.tells, runs)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until("watch has ended")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}

	w := newWatch(t, args...)
	w.clock = time.Now() // as for the state
	var requests bytes.Buffer
	w.c.requests = debuglog.New(&requests, false)
	w.next()
	for range 3 {
		dc.Modify(t, strings.NewReader(fmt.Sprintf("dn: %s\nchangetype: modify\nreplace: description\ndescription: x\n-\n", ou)))
		requests.Reset()
		w.tells()
		if n := strings.Count(requests.String(), "msg=search "); n != 5 {
			t.Errorf("%d requests:\n%s", n, &requests)
		}
	}
}

// runsBetween counts the runs in a log that began between two times.
func runsBetween(t *testing.T, logFile string, from, to time.Time) (runs int) {
	t.Helper()
	text, err := os.ReadFile(logFile)
	if err != nil {
		t.Fatal(err)
	}
	stamp := regexp.MustCompile(`^time=(\S+)`)
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, beginsRun) {
			continue
		}
		at, err := time.Parse(time.RFC3339, stamp.FindStringSubmatch(line)[1])
		if err != nil {
			t.Fatal(err)
		}
		if at.After(from) && at.Before(to) {
			runs++
		}
	}
	return runs
}

// While a disk is full nothing is lost, and what could not be remembered is told again when
// there is room, but not in every period.
func TestWatchFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounts a file system, as root")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(disk, 0)
	srv, login := serveCounting(t, "dc1.a.example")
	state, told := filepath.Join(disk, "state"), filepath.Join(t.TempDir(), "told")
	w := newWatch(t, append(login, "--state", state, "--notify-command", noting(told))...)
	t.Cleanup(w.end)
	w.next()
	w.tells()
	fill := filepath.Join(disk, "fill")
	if err := os.WriteFile(fill, make([]byte, 64<<10), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	if text := w.next(); !strings.Contains(text, "checked: no space left on device\nhint: ") {
		t.Error(text)
	}
	applyTo(t, srv, addsAddress+"\n"+makesAnother)
	for range 30 {
		w.next()
	}
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	w.clock = w.clock.Add(maxRest)
	w.tells("proxyaddr: 1 new, 1 known", " new: ", "complete again, after ")
	text, err := os.ReadFile(told)
	if n := strings.Count(string(text), "warning: 1 new, 1 known\n"); err != nil || n < 2 || n > 6 {
		t.Errorf("told %d times, %v:\n%s", n, err, text)
	}
	if events := toldIn(t, state); events["new smtp:fresh@a.example"] != 1 {
		t.Errorf("%v", events)
	}
	w.end() // before the disk goes away
}
