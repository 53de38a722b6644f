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
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/ldapscan/ldaptest/company"
)

// A commandBlock is a fenced block of a document. Its tag says what it is:
//
//   - sh: commands for cmd, PowerShell and bash alike
//   - bash, bat, powershell: commands for that shell
//   - text, ini: what is printed, or stands in a file
//
// Behind the tag, exit=1,0 gives the exit codes of its proxyaddr commands in order, and
// those that are left out are 0.
type commandBlock struct {
	tag   string
	exits []int
	lines []string
	place string
}

var fence = regexp.MustCompile("^( *)```(\\S*)(?: exit=([0-9,]+))?$")

// commandBlocks returns the fenced blocks of a document. An indented block is an error: it
// does not say what it is.
func commandBlocks(t *testing.T, path string) (blocks []commandBlock) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	inside, indent, before := false, "", ""
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSuffix(line, "\r")
		place := fmt.Sprintf("%s:%d", filepath.Base(path), i+1)
		m := fence.FindStringSubmatch(line)
		switch {
		case inside && m != nil:
			inside = false
		case inside:
			b := &blocks[len(blocks)-1]
			b.lines = append(b.lines, strings.TrimPrefix(line, indent))
		case m != nil:
			inside, indent = true, m[1]
			b := commandBlock{tag: m[2], place: place}
			for code := range strings.SplitSeq(m[3], ",") {
				if n, err := strconv.Atoi(code); err == nil {
					b.exits = append(b.exits, n)
				}
			}
			blocks = append(blocks, b)
		case strings.HasPrefix(line, "    ") && before == "":
			t.Errorf("%s: put the block between ``` and say what it is", place)
		}
		before = line
	}
	return blocks
}

// otherPrograms are those that documents call beside proxyaddr and that no test runs.
var otherPrograms = []string{"go", "git", ".ci/run", "kinit", "ldapmodify"}

// shellBlocks are the tags of blocks with commands.
var shellBlocks = []string{"sh", "bash", "bat", "powershell"}

// documents are those that users read.
func documents(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(list) == 0 {
		t.Fatal("no documents: ", err)
	}
	list = append(list, "../../README.md", "../../CONTRIBUTING.md", "../../SECURITY.md", "../../CHANGELOG.md")
	return slices.DeleteFunc(list, func(name string) bool { return filepath.Base(name) == "schedule.md" })
}

// Every proxyaddr command of the documents runs, against the company of the demo, and ends
// with the exit code that the document gives.
func TestDocumentedCommandsRun(t *testing.T) {
	ran := 0
	for _, path := range documents(t) {
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			var d *follower
			for _, b := range commandBlocks(t, path) {
				commands := 0
				for _, line := range b.lines {
					named := commandIn.MatchString(line) && !strings.HasPrefix(line, "#")
					switch {
					case slices.Contains([]string{"text", "ini"}, b.tag):
						if strings.HasPrefix(line, "proxyaddr ") {
							t.Errorf("%s: a command stands in a block of %s", b.place, b.tag)
						}
						continue
					case !slices.Contains(shellBlocks, b.tag):
						t.Fatalf("%s: what is a block of %q?", b.place, b.tag)
					case d == nil:
						d = follow(t)
					}
					want := 0
					if commands < len(b.exits) {
						want = b.exits[commands]
					}
					if named {
						commands++
					}
					if code, said := d.line(b.tag, line); code != want {
						t.Errorf("%s: %s: exit %d, want %d\n%s", b.place, line, code, want, said)
					}
				}
				ran += commands
				if len(b.exits) > commands {
					t.Errorf("%s: %d exit codes for %d commands", b.place, len(b.exits), commands)
				}
			}
		})
	}
	if ran < 20 {
		t.Errorf("%d commands were run", ran)
	}
}

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
)

// follow starts the servers, and makes the files that documents name.
func follow(t *testing.T) *follower {
	t.Helper()
	d := &follower{t: t}
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
	event := fmt.Sprintf("Two objects in the directory have the same proxy - %s and %s\n",
		"dc=example/dc=northwind/ou=Sites/ou=Berlin/ou=Shared Mailboxes/cn=Bewerbung", "dc=example/dc=northwind/ou=Groups/cn=Bewerbungen")
	for name, text := range map[string]string{
		"example-ca.pem": string(d.server.CAPEM) + string(d.second.CAPEM),
		"first-ca.pem":   string(d.server.CAPEM),
		"secret.txt":     password,
		"fabrikam.txt":   password,
		"export.ldif":    entries.String(),
		"events.xml":     event,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The files of an audit, without SHA256SUMS.
	if code, said := d.line("sh", "proxyaddr scan -d example.com -o first"); code != exitConflicts {
		t.Fatalf("exit %d\n%s", code, said)
	}
	for _, name := range []string{"fix-" + company.Domain + ".ldif", "rollback-" + company.Domain + ".ldif"} {
		if err := os.Rename(filepath.Join("first", name), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll("first"); err != nil {
		t.Fatal(err)
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
		words := shellWords(d.t, part)
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
		case words[0] == "ldapsearch":
			d.ldapsearch(words)
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
	if args[0] == "fix" {
		approve(d.t, args[1])
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	if i >= 0 {
		a := commands[i].new()
		fs := commands[i].flags(a)
		err := fs.Parse(append(args[1:], confirmed(args[0])...))
		if err == nil {
			err = a.check(&console{stderr: io.Discard}, fs, fs.Args())
		}
		if err != nil {
			return exitUsage, err.Error()
		}
	}
	var stdout, stderr bytes.Buffer
	code = run(d.led(args), input, &stdout, &stderr)
	return code, stdout.String() + stderr.String()
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
		case "--ca-file":
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

// approve is a reviewer who approves everything.
func approve(t *testing.T, name string) {
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
		if len(rows) == 0 {
			continue
		}
		column := slices.Index(rows[0], "Decision")
		for i := 1; column >= 0 && i < len(rows); i++ {
			cell, err := excelize.CoordinatesToCellName(column+1, i+1)
			if err == nil {
				err = f.SetCellValue(sheet, cell, "Approve")
			}
			if err != nil {
				t.Fatal(err)
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

// plainWord is what cmd, PowerShell and bash leave as it is. PowerShell takes a comma for a
// list, braces and parentheses for code, and @ at the beginning for a variable.
var (
	plainWord  = regexp.MustCompile(`^[\w./\\:=*+-][\w./\\:=*+@-]*$`)
	quotedWord = regexp.MustCompile("^[^\"'`$%!]*$")
)

// Commands that are shown for every shell mean the same in each: cmd knows no single quotes,
// bash eats a backslash that stands outside of quotes.
func TestCommandsSuitEveryShell(t *testing.T) {
	hold := func(place, line string) {
		t.Helper()
		for _, m := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1) {
			if text, ok := strings.CutPrefix(m, `"`); ok {
				if !quotedWord.MatchString(strings.TrimSuffix(text, `"`)) {
					t.Errorf("%s: %s does not mean the same in every shell: %s", place, m, line)
				}
			} else if m != "|" && (!plainWord.MatchString(m) || strings.Contains(m, `\`)) {
				t.Errorf("%s: put %s in double quotes: %s", place, m, line)
			}
		}
	}
	for _, path := range documents(t) {
		for _, b := range commandBlocks(t, path) {
			for _, line := range b.lines {
				if b.tag == "sh" {
					hold(b.place, line)
				}
			}
		}
	}
	for _, cmd := range commands {
		_, examples, _ := strings.Cut(cmd.usage, "\nEXAMPLE\n")
		examples, _, _ = strings.Cut(examples, "\n\n")
		examples = strings.ReplaceAll(examples, "\\\n", "") // a line that is too long for a terminal
		for line := range strings.Lines(examples) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "proxyaddr ") && !strings.Contains(line, " >") { // into a file of one shell
				hold("help "+cmd.name, line)
			}
		}
	}
}
