package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A commandBlock is a fenced block of a document. Its tag says what it is:
//
//   - sh: commands for cmd, PowerShell and bash alike
//   - bash, bat, powershell: commands for that shell
//   - text, ini: what is printed, or stands in a file
//
// Behind the tag, exit=1,0 gives the exit codes of its proxyaddr commands in order, and
// those that are left out are 0. Behind text, output means that the command before prints
// what is there; an ellipsis stands for what is left out.
type commandBlock struct {
	tag    string
	exits  []int
	output bool
	lines  []string
	place  string
}

var fence = regexp.MustCompile("^( *)```(\\S*)(?: exit=([0-9,]+))?( output)?$")

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
			b := commandBlock{tag: m[2], output: m[4] != "", place: place}
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

// compare holds a block to what the command before it printed, but for the places at which
// lines are broken.
func (b *commandBlock) compare(t *testing.T, said string) {
	t.Helper()
	joined := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	said = joined(said)
	for shown := range strings.SplitSeq(strings.Join(b.lines, "\n"), "…") {
		_, after, found := strings.Cut(said, joined(shown))
		if !found {
			t.Errorf("%s: the command does not print (here)\n%s", b.place, shown)
		}
		said = after
	}
}

// otherPrograms are those that documents call beside proxyaddr and that no test runs.
var otherPrograms = []string{"go", "git", ".ci/run", ".ci/test", "packaging/release", "kinit", "ktutil", "ktutil:", "ldapmodify", "chmod", "install", "touch", "runuser",
	"systemctl", "systemd-sysusers", "journalctl", "sha256sum"}

// shellBlocks are the tags of blocks with commands.
var shellBlocks = []string{"sh", "bash", "bat", "powershell"}

// documents are those that users read.
func documents(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(list) == 0 {
		t.Fatal("no documents: ", err)
	}
	return append(list, "../../README.md", "../../CONTRIBUTING.md", "../../SECURITY.md", "../../CHANGELOG.md")
}

// Every proxyaddr command of the documents runs, against the company of the demo, and ends
// with the exit code that the document gives.
func TestDocumentedCommandsRun(t *testing.T) {
	shown := 0
	for _, path := range documents(t) {
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		blocks := commandBlocks(t, path)
		for _, b := range blocks {
			shown += len(commandIn.FindAllString(strings.Join(b.lines, "\n"), -1))
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			var d *follower
			said := ""
			for _, b := range blocks {
				if b.output {
					b.compare(t, said)
				}
				commands, code := 0, 0
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
					if code, said = d.line(b.tag, line); code != want {
						t.Errorf("%s: %s: exit %d, want %d\n%s", b.place, line, code, want, said)
					}
				}
				if len(b.exits) > commands {
					t.Errorf("%s: %d exit codes for %d commands", b.place, len(b.exits), commands)
				}
			}
		})
	}
	if shown < 20 {
		t.Errorf("the documents show %d commands", shown)
	}
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
