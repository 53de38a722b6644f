package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// packaged returns a file of packaging, or what the first group of a pattern finds in it.
func packaged(t *testing.T, name, pattern string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "packaging", name))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(pattern).FindSubmatch(text)
	if m == nil {
		t.Fatalf("%s: no %s", name, pattern)
	}
	return string(m[1])
}

const (
	whole       = `(?s)^(.*)$`
	ofService   = `(?m)^ExecStart=proxyaddr (.*)$`
	ofWatch     = `(?m)^ExecStart=proxyaddr watch (.*)$`
	ofTask      = `(?m)proxyaddr\.exe" (.*?) &gt;`
	serviceFile = "systemd/proxyaddr-scan.service"
	watchFile   = "systemd/proxyaddr-watch.service"
	taskFile    = "windows/proxyaddr-scan.xml"
)

// in has a packaged command find in dir what is elsewhere on a computer.
func in(dir, command string) []string {
	command = strings.NewReplacer("/etc/proxyaddr", dir, "%d", dir, "%S/proxyaddr", dir, `C:\ProgramData\proxyaddr`, dir, `\`, "/", `"`, "").Replace(command)
	return strings.Fields(command)
}

// packagedSettings writes the settings of the package, with an account where that has to be
// named and a DNS server that does not answer, and the files that they name.
func packagedSettings(t *testing.T, dir string, account bool) {
	t.Helper()
	// Every setting that the file shows is one, too.
	conf := regexp.MustCompile(`(?m)^#([a-z-]+ = )/(etc|var/lib)/proxyaddr/`).ReplaceAllString(packaged(t, "scan.conf", whole), "$1"+dir+"/")
	if account {
		conf = strings.Replace(conf, "#bind-dn", "bind-dn", 1)
	}
	for file, text := range map[string]string{"scan.conf": conf + "dns = 127.0.0.1:1\n", "suppressions.txt": "", "keytab": "", "notify": "#!/bin/sh\ncat >\"$0.told\"\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "metrics"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// The commands of the service and the task have flags that there are, and do as they say up to
// the first server that they ask.
func TestPackagedCommands(t *testing.T) {
	for name, command := range map[string]string{
		"service": packaged(t, serviceFile, ofService),
		"task":    packaged(t, taskFile, ofTask),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			packagedSettings(t, dir, name == "service")
			var stderr bytes.Buffer
			code := run(in(dir, command), strings.NewReader(""), io.Discard, &stderr)
			if code != exitConnect || !strings.Contains(stderr.String(), "the DNS server 127.0.0.1:1 could not be asked") {
				t.Errorf("exit %d\n%s", code, &stderr)
			}
			for _, made := range []string{"metrics/proxyaddr.prom", "notify.told", "requests.log"} {
				if _, err := os.Stat(filepath.Join(dir, made)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// So does that of the service that watches, which goes on, and tells of its second failure.
func TestPackagedWatch(t *testing.T) {
	dir := t.TempDir()
	packagedSettings(t, dir, true)
	w := newWatch(t, in(dir, packaged(t, watchFile, ofWatch))...)
	if text := w.next(); !strings.Contains(text, "the DNS server 127.0.0.1:1 could not be asked") {
		t.Error(text)
	}
	w.tells()
	for _, made := range []string{"metrics/proxyaddr.prom", "notify.told", "watch/lock"} {
		if _, err := os.Stat(filepath.Join(dir, made)); err != nil {
			t.Error(err)
		}
	}
}

// The service scans with the keys that ktutil makes of a password, as docs/schedule.md says.
func TestPackagedServiceOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	dc.Load(t, strings.NewReader(contacts(dc.OU(t, "Packaged"), 3, "twice")))
	const password = "Reads-0nly!"
	upn := dc.AddUser(t, "svc-Proxyaddr", password)
	account, _, _ := strings.Cut(upn, "@")
	account += "@" + strings.ToUpper(dc.Realm)
	dir := t.TempDir()
	dc.Shell(t, dir, `ldapsearch -H ldap://`+dc.Host+` -Y GSSAPI -b `+dc.BaseDN+` "(sAMAccountName=svc-proxyaddr)" msDS-KeyVersionNumber >number`)
	found, err := os.ReadFile(filepath.Join(dir, "number"))
	if err != nil {
		t.Fatal(err)
	}
	number := regexp.MustCompile(`(?m)^msDS-KeyVersionNumber: (\d+)$`).FindSubmatch(found)
	if number == nil {
		t.Fatalf("no number in:\n%s", found)
	}
	cmd := exec.Command("ktutil")
	cmd.Env = append(os.Environ(), "KRB5_CONFIG="+dc.Krb5Conf)
	cmd.Stdin = strings.NewReader("add_entry -password -p " + account + " -k " + string(number[1]) + " -e aes256-cts -f\n" + password + "\nwrite_kt " + filepath.Join(dir, "keytab") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	conf := strings.Replace(packaged(t, "scan.conf", whole), "example.com", dc.Realm, 1) + "bind-dn = " + account + "\ndns = " + dc.IP + "\n"
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "scan.conf"), []byte(conf), 0o600), os.Mkdir(filepath.Join(dir, "metrics"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var stdout, stderr bytes.Buffer
		if code := run(in(dir, packaged(t, serviceFile, ofService)), strings.NewReader(""), &stdout, &stderr); code != exitClean {
			t.Fatalf("exit %d\n%s%s", code, &stdout, &stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "audits", "latest", "report.xlsx")); err != nil {
		t.Error(err)
	}
}
