package packaging_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// units copies the unit files to a directory, with a program that is there for proxyaddr.
func units(t *testing.T) (files []string) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts the tools of systemd")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"proxyaddr-scan.service", "proxyaddr-watch.service", "proxyaddr-scan.timer", "proxyaddr-scan-failed.service"} {
		text, err := os.ReadFile(filepath.Join("systemd", name))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), "\nExecStart=proxyaddr ", "\nExecStart="+program+" ", 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// tool runs a tool of systemd, and returns what it prints.
func tool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=cat", "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// What systemd does not know it passes over, with a message alone.
func TestSystemdTakesTheUnits(t *testing.T) {
	if said := tool(t, append([]string{"systemd-analyze", "verify"}, units(t)...)...); said != "" {
		t.Errorf("systemd-analyze says:\n%s", said)
	}
}

// 1.2 of 10 is what the network, which a scan needs, and a few things of the host leave.
func TestTheServicesAreLockedIn(t *testing.T) {
	for _, unit := range units(t)[:2] {
		tool(t, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=13", unit)
	}
}

func TestSystemdTakesTheUser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the tools of systemd")
	}
	file, err := filepath.Abs("systemd/proxyaddr.sysusers")
	if err != nil {
		t.Fatal(err)
	}
	if said := tool(t, "systemd-sysusers", "--root="+t.TempDir(), "--dry-run", file); !strings.Contains(said, "Creating user 'proxyaddr'") {
		t.Errorf("systemd-sysusers says:\n%s", said)
	}
}
