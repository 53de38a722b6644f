package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// shown is a command with each kind of flag.
type shown struct{ versionOptions }

func (*shown) addFlags(fs *pflag.FlagSet) {
	fs.StringP("output", "o", "", "write to this `directory`")
	fs.String("format", "table", "write in this `format`: table or json")
	choose(fs, "format", "table", "json")
	fs.BoolP("quiet", "q", false, "write nothing [at all]")
	fs.StringArrayP("bind-dn", "D", nil, "bind as this `user`: \"DOMAIN\\name\" or the owner's (repeatable)")
	fs.String("config", "", "read settings from this `file`")
}

// shownTable stands for the commands, so that a new flag is no new golden file.
var shownTable = []command{
	{"scan", "scan a directory", "Scan reads the owner's directory.\n\nUSAGE\n  proxyaddr scan -D USER\n\nEXAMPLE\n  proxyaddr scan -D \"EXAMPLE\\anna\"\n\nWith --format json\n.dots may begin a line.\n\nLast.\n", func() action { return &shown{} }},
	{"completion", "print the completion of a shell", "Completion prints.\n\nUSAGE\n  proxyaddr completion SHELL\n\nEXAMPLE\n  proxyaddr completion bash\n", func() action { return &completionOptions{} }},
}

func TestCompletionAndManualGolden(t *testing.T) {
	texts := map[string]string{"proxyaddr.1": manual(shownTable, "v1.2.3"), "proxyaddr-scan.1": shownTable[0].manual("v1.2.3")}
	for _, shell := range shells {
		var script strings.Builder
		shell.write(&script, shellCommands(shownTable))
		texts["proxyaddr."+shell.name] = script.String()
	}
	for name, text := range texts {
		path := filepath.Join("testdata", "completion", name)
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.ReplaceAll(string(want), "\r\n", "\n"); text != want {
			t.Errorf("%s is now:\n%s", name, text)
		}
	}
}

// Each script and each page has all commands and flags that there are.
func TestCompletionAndManualHaveAllFlags(t *testing.T) {
	for _, shell := range shells {
		var script strings.Builder
		shell.write(&script, shellCommands(commands))
		holdsAll(t, shell.name, script.String(), commands)
	}
	overview := strings.ReplaceAll(manual(commands, ""), `\-`, "-")
	for i := range commands {
		cmd := &commands[i]
		if !strings.Contains(overview, `\fBproxyaddr-`+cmd.name+`\fR(1)`) {
			t.Errorf("proxyaddr(1) does not list %s", cmd.name)
		}
		page := strings.NewReplacer(`\-`, "-", `\fB`, "").Replace(cmd.manual(""))
		holdsAll(t, "man "+cmd.name, page, commands[i:i+1])
		for _, section := range []string{"SYNOPSIS\n.nf\nproxyaddr", "DESCRIPTION\n", "EXAMPLES\n.nf\n"} {
			if !strings.Contains(page, "\n.SH "+section) {
				t.Errorf("man %s has no section %q", cmd.name, section)
			}
		}
	}
}

func holdsAll(t *testing.T, name, text string, table []command) {
	t.Helper()
	word := regexp.MustCompile(`[\w-]+`)
	words := map[string]bool{}
	for _, w := range word.FindAllString(text, -1) {
		words[w] = true
	}
	for _, cmd := range table {
		if !strings.Contains(text, cmd.name) {
			t.Errorf("%s does not have the command %s", name, cmd.name)
		}
		cmd.flags(cmd.new()).VisitAll(func(f *pflag.Flag) {
			if !words["--"+f.Name] && !words[f.Name] { // fish names them without dashes
				t.Errorf("%s does not have --%s of %s", name, f.Name, cmd.name)
			}
		})
	}
}

// What bash proposes for the last word.
func TestBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil && runtime.GOOS == "windows" {
		t.Skip("no bash")
	}
	var script strings.Builder
	bashCompletion(&script, shellCommands(commands))
	for _, tc := range []struct {
		words    []string
		has, not []string // exactly has, if not is nil
	}{
		{words: []string{"sc"}, has: []string{"scan"}},
		{words: []string{"ver"}, has: []string{"verify", "version"}},
		{words: []string{"help", "app"}, has: []string{"apply"}},
		{words: []string{"man", "app"}, has: []string{"apply"}},
		{words: []string{"completion", ""}, has: []string{"bash", "fish", "powershell", "zsh"}},
		{words: []string{"scan", "--format", "json"}, has: []string{"json", "jsonl"}},
		{words: []string{"scan", "--format", "=", "t"}, has: []string{"table", "totals"}},
		{words: []string{"check", "--format", "="}, has: []string{"csv", "json", "jsonl", "table"}},
		{words: []string{"status", "--format", "n"}, has: []string{"nagios"}},
		{words: []string{"scan", "-Y", "gs"}, has: []string{"gssapi"}},
		{words: []string{"scan", "--keep"}, has: []string{"--keep", "--keeper"}},
		{words: []string{"scan", "--ca-file", ""}, has: nil},
		{words: []string{"scan", "-D", ""}, has: nil},
		{words: []string{"apply", "-"}, has: []string{"--undo", "--limit", "-d"}, not: []string{"--keeper", "scan"}},
	} {
		cmd := exec.Command(bash, "--norc", "-c", script.String()+"\nCOMP_WORDS=(proxyaddr \"$@\"); COMP_CWORD=$#; _proxyaddr; printf '%s\\n' \"${COMPREPLY[@]}\"", "bash")
		cmd.Args = append(cmd.Args, tc.words...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", tc.words, err, out)
		}
		got := strings.Fields(string(out))
		slices.Sort(got)
		if tc.not == nil && !slices.Equal(got, tc.has) {
			t.Errorf("%q: %q, want %q", tc.words, got, tc.has)
		}
		for _, word := range tc.has {
			if !slices.Contains(got, word) {
				t.Errorf("%q: no %s in %q", tc.words, word, got)
			}
		}
		for _, word := range tc.not {
			if slices.Contains(got, word) {
				t.Errorf("%q: %s in %q", tc.words, word, got)
			}
		}
	}
}

// The pages are as mandoc wants them, except that they have no date: the same version prints the
// same page.
func TestManualPagesAreValid(t *testing.T) {
	if testing.Short() {
		t.Skip("runs mandoc")
	}
	pages := map[string]string{"proxyaddr": manual(commands, "v1.2.3")}
	for i := range commands {
		pages[commands[i].name] = commands[i].manual("v1.2.3")
	}
	for name, page := range pages {
		cmd := exec.Command("mandoc", "-T", "lint", "-W", "warning")
		cmd.Stdin = strings.NewReader(page)
		out, err := cmd.CombinedOutput()
		if e := (*exec.ExitError)(nil); err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "missing date") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}
