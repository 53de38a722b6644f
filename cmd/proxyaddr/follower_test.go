package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts/eventlog/evtx/evtxtest"
	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/ldapscan/ldaptest/company"
)

// A follower does what a document says, in a directory of its own.
type follower struct {
	t                *testing.T
	server, second   *ldaptest.Server
	caFile, password string // of both servers
	firstCA          string // of one alone: GnuTLS does not look for a second of the same name
}

// The names of documents, and what stands for them in the company of the demo.
var placeholders = strings.NewReplacer(
	"dc=com/dc=example", "dc=example/dc=northwind",
	"DC=example,DC=com", company.BaseDN,
	"example.com", company.Domain,
	"EXAMPLE.COM", strings.ToUpper(company.Domain),
	"C-UHWUJZ5NTZM5KSVQ", "C-YN4AZOPKLUZIQU2R",
	"2027-03-31", "2999-12-31", // which is to come
	"/etc/proxyaddr/", "", "/var/lib/proxyaddr/", "",
)

// follow starts the servers, and makes the files that documents name.
func follow(t *testing.T) *follower {
	t.Helper()
	d := &follower{t: t}
	packaging := absolute(t, "../../packaging")
	t.Chdir(t.TempDir())
	var entries bytes.Buffer
	if err := company.WriteLDIF(&entries); err != nil {
		t.Fatal(err)
	}
	users := map[string]string{company.Reader: password, `EXAMPLE\anna`: password, "anna@" + company.Domain: password, "anna@fabrikam.example": password}
	start := func(host string) *ldaptest.Server {
		srv, err := ldaptest.NewServer(ldaptest.Config{Entries: bytes.NewReader(entries.Bytes()), Host: host, Users: users})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(srv.Close)
		return srv
	}
	d.server, d.second = start("dc1."+company.Domain), start("dc2."+company.Domain)
	late := fmt.Sprintf("dn: CN=Late,OU=Groups,%s\nchangetype: add\nobjectClass: contact\nproxyAddresses: smtp:late@%s\n", company.BaseDN, company.Domain)
	if err := d.second.Apply(strings.NewReader(late)); err != nil {
		t.Fatal(err)
	}
	d.caFile, d.password, d.firstCA = absolute(t, "example-ca.pem"), absolute(t, "secret.txt"), absolute(t, "first-ca.pem")
	pair := []string{"dc=example/dc=northwind/ou=Sites/ou=Berlin/ou=Shared Mailboxes/cn=Bewerbung", "dc=example/dc=northwind/ou=Groups/cn=Bewerbungen"}
	event := fmt.Sprintf("Two objects in the directory have the same proxy - %s and %s\n", pair[0], pair[1])
	application := evtxtest.File(evtxtest.Event{ID: 9514, Provider: "MSExchangeIS", Data: evtxtest.Strings(pair...)})
	written := evtxtest.File(evtxtest.Event{ID: 5136, Provider: "Microsoft-Windows-Security-Auditing", Data: evtxtest.Named(
		"ObjectDN=CN=Bewerbungen,OU=Groups,"+company.BaseDN, "AttributeLDAPDisplayName=proxyAddresses", "AttributeValue=SMTP:bewerbung@"+company.Domain,
		"SubjectUserName=hrfeed", "OperationType=%%14674")})
	settings, err := os.ReadFile(filepath.Join(packaging, "scan.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"scan.conf":        placeholders.Replace(string(settings)),
		"keytab":           "",
		"suppressions.txt": "",
		"example-ca.pem":   string(d.server.CAPEM) + string(d.second.CAPEM),
		"first-ca.pem":     string(d.server.CAPEM),
		"secret.txt":       password,
		"fabrikam.txt":     password,
		"export.ldif":      entries.String(),
		"cloud.csv":        "\"Id\",\"UserPrincipalName\",\"OnPremisesImmutableId\",\"ProxyAddresses\"\n\"2b4c7f0e-1111-2222-3333-444455556666\",\"guest@cloud.example\",\"\",\"SMTP:guest@cloud.example\"\n",
		"events.xml":       event,
		"Application.evtx": string(application),
		"dc1.evtx":         string(written),
		"dc2.evtx":         string(written),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func absolute(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// line does what a line says, and returns the exit code of its last command. Where no test
// can run it, that is 0.
func (d *follower) line(shell, line string) (code int, said string) {
	d.t.Helper()
	var input io.Reader = strings.NewReader("")
	for part := range strings.SplitSeq(placeholders.Replace(line), " | ") {
		words := shellWords(d.t, strings.Replace(part, "go run ./cmd/proxyaddr ", "proxyaddr ", 1))
		switch {
		case len(words) == 0:
		case words[0] == "proxyaddr":
			return d.proxyaddr(words[1:], input)
		case words[0] == "cd":
			if err := os.Chdir(words[1]); err != nil {
				d.t.Error(err)
			}
		case words[0] == "wevtutil":
			text, err := os.ReadFile("events.xml")
			if err != nil {
				d.t.Error(err)
			}
			input = bytes.NewReader(text)
		case words[0] == "ldapsearch" && slices.Contains(words, "-W"):
			d.ldapsearch(words)
		case words[0] == "ldapsearch": // by Kerberos, which the server lacks
		case words[0] == "export": // a variable of ldapsearch
		case shell == "bat" || shell == "powershell":
		case !slices.Contains(otherPrograms, words[0]):
			d.t.Errorf("%s: nobody knows whether a test can run %s", line, words[0])
		}
	}
	return 0, ""
}

// proxyaddr runs a command: the flags as they are written are held to what the command
// takes, and then those of the server are put in the place of those that connect.
func (d *follower) proxyaddr(args []string, input io.Reader) (code int, said string) {
	d.t.Helper()
	d.prepare(args)
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	if i >= 0 {
		a := commands[i].new()
		fs := commands[i].flags(a)
		err := fs.Parse(append(args[1:], confirmed(args[0])...))
		c := &console{stderr: io.Discard, getenv: func(string) string { return "" }}
		if err == nil {
			err = c.settle(fs)
		}
		if err == nil {
			err = a.check(c, fs, fs.Args())
		}
		if err != nil {
			return exitUsage, err.Error()
		}
	}
	if args[0] == "watch" {
		return exitClean, "" // it runs until it is ended
	}
	var stdout, stderr bytes.Buffer
	code = run(d.led(args), input, &stdout, &stderr)
	return code, stdout.String() + stderr.String()
}

// prepare does what people do before a command: they decide, or they have made the scan
// that the document does not show.
func (d *follower) prepare(args []string) {
	d.t.Helper()
	switch {
	case args[0] == "fix":
		decide(d.t, args[1], "Approve")
	case args[0] == "verify":
		if _, err := os.Stat(args[1]); err != nil {
			dir := d.t.TempDir()
			d.scan(dir)
			if err := os.Rename(filepath.Join(dir, args[1]), args[1]); err != nil {
				d.t.Fatal(err)
			}
		}
	case args[0] == "suppress" && args[1] == "--from-workbook":
		d.scan(filepath.Dir(args[2]))
		decide(d.t, args[2], "Reject")
	}
}

func (d *follower) scan(dir string) {
	d.t.Helper()
	var stderr bytes.Buffer
	if code := run([]string{"scan", "--input", "export.ldif", "-o", dir}, strings.NewReader(""), io.Discard, &stderr); code != exitConflicts {
		d.t.Fatalf("exit %d\n%s", code, stderr.String())
	}
}

// led returns the arguments that lead a command to the servers of the test.
func (d *follower) led(args []string) (led []string) {
	servers := []string{d.server.URL, d.second.URL}
	connects, compares, users, passwords := 0, false, 0, 0
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "-d", "-H":
			if connects < len(servers) {
				led = append(led, "-H", servers[connects])
			}
			connects++
			i++
		case "--config":
			connects++
			led = append(led, args[i:i+2]...)
			i++
		case "--ca-file", "--keytab":
			i++
		case "-W":
		case "-D":
			users++
			led = append(led, args[i])
		case "-y":
			passwords++
			led = append(led, args[i])
		default:
			compares = compares || args[i] == "--compare-dcs"
			led = append(led, args[i])
		}
	}
	if connects == 0 {
		return led
	}
	if !slices.Contains(led, "-H") {
		led = append(led, "-H", d.server.URL)
	}
	if compares && connects == 1 {
		led = append(led, "-H", d.second.URL)
	}
	led = append(led, "--ca-file", d.caFile)
	if users == 0 {
		led = append(led, "-D", company.Reader)
	}
	if passwords == 0 {
		led = append(led, "-y", d.password)
	}
	return append(led, confirmed(args[0])...)
}

// confirmed are the flags with which a command does not ask.
func confirmed(command string) []string {
	if command == "apply" {
		return []string{"--yes"}
	}
	return nil
}

// ldapsearch exports from the server in place of the one that is named.
func (d *follower) ldapsearch(words []string) {
	d.t.Helper()
	if testing.Short() {
		return // the file is there
	}
	for i, word := range words {
		if strings.HasPrefix(word, "ldaps://") {
			words[i] = d.server.URL
		}
	}
	ldapsearch(d.t, words, password, d.firstCA)
}

// ldapsearch runs a command that asks for the password and ends in the name of a file.
func ldapsearch(t *testing.T, words []string, password, caFile string) {
	t.Helper()
	n := len(words) - 2
	mode := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if words[n] == ">>" {
		mode = os.O_WRONLY | os.O_APPEND
	}
	file, err := os.OpenFile(words[n+1], mode, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	args := slices.Clone(words[1:n])
	args[slices.Index(args, "-W")] = "-w" + password
	search := exec.Command(words[0], args...)
	search.Env = append(os.Environ(), "LDAPTLS_CACERT="+caFile)
	var stderr bytes.Buffer
	search.Stdout, search.Stderr = file, &stderr
	if err := search.Run(); err != nil {
		t.Errorf("%q: %v\n%s", words, err, stderr.String())
	}
}

// decide is a reviewer who decides the same of everything.
func decide(t *testing.T, name, decision string) {
	t.Helper()
	f, err := excelize.OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 || !slices.Contains(rows[0], "Decision") {
			continue
		}
		for i := 1; i < len(rows); i++ {
			for heading, text := range map[string]string{"Decision": decision, "Comment": "agreed in the meeting"} {
				cell, err := excelize.CoordinatesToCellName(slices.Index(rows[0], heading)+1, i+1)
				if err == nil {
					err = f.SetCellValue(sheet, cell, text)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
}

// shellWords takes a command apart as shells do. Text in quotes is one word.
func shellWords(t *testing.T, line string) (words []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?:"[^"]*"|'[^']*'|[^\s"'])+`).FindAllString(line, -1) {
		words = append(words, strings.NewReplacer(`"`, "", `'`, "").Replace(m))
	}
	if strings.Count(line, `"`)%2 != 0 {
		t.Errorf("%s: a quote is open", line)
	}
	return words
}
