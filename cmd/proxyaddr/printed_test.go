package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The commands of a change request work as they are printed, in the directory of the change
// request, however the server, its CA and the subtree were named.
func TestPrintedCommandsWorkInTheirDirectory(t *testing.T) {
	const elsewhere = "\ndn: OU=x y,DC=a,DC=example\nobjectClass: organizationalUnit\n\n" +
		"dn: CN=Third,OU=x y,DC=a,DC=example\nobjectClass: user\nproxyAddresses: SMTP:third@a.example\n"
	_, args := serve(t, strings.ReplaceAll(twoOwners, "CN=", "CN=a & b ")+elsewhere)
	secret := args[len(args)-1]
	t.Chdir(filepath.Dir(secret))
	var stderr bytes.Buffer
	scan := append([]string{"scan", "--base", "CN=a & b New,DC=a,DC=example", "--exclude", "OU=x y,DC=a,DC=example", "-o", "out dir"}, args[1:]...)
	scan[len(scan)-5] = "ca.pem"
	if code := run(scan, strings.NewReader(""), &bytes.Buffer{}, &stderr); code != exitConflicts {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	t.Chdir("out dir")
	text, err := os.ReadFile("change-request.md")
	if err != nil {
		t.Fatal(err)
	}
	var ran []string
	wants := map[string]int{"fix": exitClean, "verify": exitClean, "apply": exitClean, "scan": exitClean}
	for _, m := range regexp.MustCompile(`(?m)^       proxyaddr (.*)$`).FindAllStringSubmatch(string(text), -1) {
		command := splitAtSpaces(m[1])
		if command[0] != "fix" {
			command = append(command, "-y", secret)
		}
		if command[0] == "apply" {
			command = append(command, "--yes")
		}
		stderr.Reset()
		if code := run(command, strings.NewReader(""), &bytes.Buffer{}, &stderr); code != wants[command[0]] {
			t.Errorf("%s: exit %d, want %d\n%s", m[1], code, wants[command[0]], stderr.String())
		}
		ran = append(ran, command[0])
	}
	if diff := cmp.Diff([]string{"fix", "verify", "apply", "verify", "scan", "apply"}, ran); diff != "" {
		t.Errorf("(-want +printed):\n%s", diff)
	}
}

// splitAtSpaces splits a command at spaces outside of double quotes.
func splitAtSpaces(line string) (list []string) {
	for _, m := range regexp.MustCompile(`(?:"[^"]*"|[^ "]+)+`).FindAllString(line, -1) {
		list = append(list, strings.ReplaceAll(m, `"`, ""))
	}
	return list
}
