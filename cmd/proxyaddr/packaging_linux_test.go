package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The commands of the service and the task have flags that there are, and do as they say up to
// the first server that they ask.
func TestPackagedCommands(t *testing.T) {
	read := func(name string, command *regexp.Regexp) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join("..", "..", "packaging", name))
		if err != nil {
			t.Fatal(err)
		}
		if command == nil {
			return string(text)
		}
		m := command.FindSubmatch(text)
		if m == nil {
			t.Fatalf("%s: no command", name)
		}
		return string(m[1])
	}
	settings := read("scan.conf", nil)
	for name, command := range map[string]string{
		"service": read("systemd/proxyaddr-scan.service", regexp.MustCompile(`(?m)^ExecStart=proxyaddr (.*)$`)),
		"task":    read("windows/proxyaddr-scan.xml", regexp.MustCompile(`(?m)proxyaddr\.exe" (.*?) &gt;`)),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			// Every setting that the file shows is one, too.
			conf := regexp.MustCompile(`(?m)^#([a-z-]+ = )/(etc|var/lib)/proxyaddr/`).ReplaceAllString(settings, "$1"+dir+"/")
			if name == "service" { // which names an account
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
			command = strings.NewReplacer("/etc/proxyaddr", dir, "%d", dir, "%S/proxyaddr", dir, `C:\ProgramData\proxyaddr`, dir, `\`, "/", `"`, "").Replace(command)
			var stderr bytes.Buffer
			code := run(strings.Fields(command), strings.NewReader(""), io.Discard, &stderr)
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
