package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts/eventlog/evtx/evtxtest"
	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/report/schematest"
)

var update = flag.Bool("update", false, "write what commands print into the scripts instead of comparing with it")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"proxyaddr": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// serve FILE serves the entries of a file as a directory server, to which the
			// environment leads the commands that follow.
			"serve": func(ts *testscript.TestScript, _ bool, args []string) {
				srv, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader(ts.ReadFile(args[0])), Users: map[string]string{"anna@a.example": password}})
				ts.Check(err)
				ts.Defer(srv.Close)
				ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), srv.CAPEM, 0o600))
				ts.Check(os.WriteFile(ts.MkAbs("secret"), []byte(password), 0o600))
				ts.Setenv("PROXYADDR_URL", srv.URL)
				ts.Setenv("PROXYADDR_CA_FILE", "ca.pem")
				ts.Setenv("PROXYADDR_BIND_DN", "anna@a.example")
				ts.Setenv("PROXYADDR_PASSWORD_FILE", "secret")
			},
			// exit CODE COMMAND… runs a command and checks its exit code, and JSON on its
			// stdout against the schema.
			"exit": func(ts *testscript.TestScript, _ bool, args []string) {
				err := ts.Exec(args[1], args[2:]...)
				code := 0
				if e, ok := err.(interface{ ExitCode() int }); ok {
					code = e.ExitCode()
				} else if err != nil {
					ts.Fatalf("%v", err)
				}
				if strconv.Itoa(code) != args[0] {
					ts.Fatalf("exit %d, want %s", code, args[0])
				}
				if out := ts.ReadFile("stdout"); strings.HasPrefix(out, "{") {
					ts.Check(schematest.Check([]byte(out)))
				}
			},
			// evtx LINES FILE [SIZE] writes an .evtx file, up to a size. A line has the number of an event, its
			// provider, computer and time, and behind " | " each its strings or NAME=VALUE.
			"evtx": func(ts *testscript.TestScript, _ bool, args []string) {
				var events []evtxtest.Event
				for line := range strings.Lines(ts.ReadFile(args[0])) {
					parts := strings.Split(strings.TrimSpace(line), " | ")
					head := strings.Fields(parts[0])
					id, err := strconv.ParseUint(head[0], 10, 16)
					ts.Check(err)
					at, err := time.Parse(time.RFC3339, head[3])
					ts.Check(err)
					e := evtxtest.Event{ID: uint16(id), Provider: head[1], Computer: head[2], Time: at, Data: evtxtest.Strings(parts[1:]...)}
					if e.ID == 5136 {
						e.Data = evtxtest.Named(parts[1:]...)
					}
					events = append(events, e)
				}
				file := evtxtest.File(events...)
				if len(args) > 2 {
					size, err := strconv.Atoi(args[2])
					ts.Check(err)
					file = file[:size]
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), file, 0o600))
			},
			// schema FILE checks a file against the schema.
			"schema": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(schematest.Check([]byte(ts.ReadFile(args[0]))))
			},
			// replace OLD NEW FILE edits a text file.
			"replace": func(ts *testscript.TestScript, _ bool, args []string) {
				text := ts.ReadFile(args[2])
				if !strings.Contains(text, args[0]) {
					ts.Fatalf("%s: no %s", args[2], args[0])
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.ReplaceAll(text, args[0], args[1])), 0o600))
			},
			// mode OCTAL FILE… holds files to their permissions.
			"mode": func(ts *testscript.TestScript, _ bool, args []string) {
				for _, name := range args[1:] {
					info, err := os.Stat(ts.MkAbs(name))
					ts.Check(err)
					if mode := strconv.FormatUint(uint64(info.Mode().Perm()), 8); mode != args[0] {
						ts.Fatalf("%s: mode %s, want %s", name, mode, args[0])
					}
				}
			},
			// nostaging DIR holds that no run has left a workspace in a directory.
			"nostaging": func(ts *testscript.TestScript, _ bool, args []string) {
				if left, _ := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), ".*.proxyaddr")); len(left) > 0 {
					ts.Fatalf("left behind: %v", left)
				}
			},
			// cells WORKBOOK CELL=TEXT… writes into the sheet Decide as a reviewer does.
			"cells": func(ts *testscript.TestScript, _ bool, args []string) {
				f, err := excelize.OpenFile(ts.MkAbs(args[0]))
				ts.Check(err)
				defer f.Close()
				for _, arg := range args[1:] {
					cell, text, _ := strings.Cut(arg, "=")
					ts.Check(f.SetCellValue("Decide", cell, text))
				}
				ts.Check(f.Save())
			},
		},
	})
}

// serve starts a directory server and leaves its CA and a password in files.
func serve(t *testing.T, content string) (srv *ldaptest.Server, args []string) {
	t.Helper()
	srv, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader(content), Users: map[string]string{"anna@a.example": password}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{"ca.pem": string(srv.CAPEM), "secret": password + "\r\n"} {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return srv, []string{"scan", "-H", srv.URL, "--ca-file", dir + "/ca.pem", "-D", "anna@a.example", "-y", dir + "/secret"}
}

const password = "correct horse battery"

const twoOwners = `dn: DC=a,DC=example
objectClass: domainDNS

dn: CN=Old,DC=a,DC=example
objectClass: user
whenCreated: 20200101000000.0Z
proxyAddresses: SMTP:x@a.example

dn: CN=New,DC=a,DC=example
objectClass: user
whenCreated: 20210101000000.0Z
proxyAddresses: smtp:X@a.example
`

// The way through the whole command, with each source of the password.
func TestScanServer(t *testing.T) {
	srv, args := serve(t, twoOwners)
	plain := append([]string{}, args...)
	plain[2] = srv.PlainURL
	withCommand := append(append([]string{}, args[:len(args)-2]...), "--password-command", "echo "+password)
	for name, tc := range map[string]struct {
		args []string
		code int
		says string
	}{
		"ldaps":            {args, exitConflicts, ""},
		"StartTLS":         {append(append([]string{}, plain...), "-Z"), exitConflicts, ""},
		"password command": {withCommand, exitConflicts, ""},
		"unencrypted":      {plain, exitUsage, "hint: use ldaps://, add --starttls, or use --auth gssapi"},
		"no terminal":      {args[:len(args)-2], exitUsage, "hint: give it with --password-file or --password-command"},
		"both sources":     {append(append([]string{}, args...), "--password-command", "echo "+password), exitUsage, "both --password-file and --password-command"},
		"unknown CA":       {append(append([]string{}, args[:3]...), args[5:]...), exitConnect, srv.URL + ": certificate signed by unknown authority\nhint: pass the domain's CA with --ca-file: the issuer"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := run(tc.args, strings.NewReader(""), &stdout, &stderr); code != tc.code || !strings.Contains(stderr.String(), tc.says) {
				t.Errorf("exit %d\n%s", code, stderr.String())
			}
			if tc.code == exitConflicts && !strings.Contains(stdout.String(), "x@a.example") || tc.code != exitConflicts && stdout.Len() > 0 {
				t.Errorf("stdout: %s", stdout.String())
			}
			if strings.Contains(stdout.String()+stderr.String(), password) {
				t.Error("the password is in the output")
			}
		})
	}
	if c := srv.Counts(); c.ClearPasswords != 0 || c.Updates != 0 {
		t.Errorf("%+v", c)
	}
}

// A file with a secret that others can read is told, and used.
func TestSharedSecretIsTold(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mode does not tell who may read")
	}
	_, args := serve(t, twoOwners)
	secret := args[len(args)-1]
	for mode, told := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true} {
		if err := os.Chmod(secret, mode); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		code := run(args, strings.NewReader(""), &stdout, &stderr)
		if got := strings.Contains(stderr.String(), secret+": other accounts on this computer can read it"); code != exitConflicts || got != told {
			t.Errorf("%04o: exit %d\n%s", mode, code, stderr.String())
		}
		stderr.Reset()
		run([]string{"scan", "-H", "ldap://127.0.0.1:1", "--keytab", secret}, strings.NewReader(""), &stdout, &stderr)
		if got := strings.Contains(stderr.String(), secret+": other accounts on this computer can read it"); got != told {
			t.Errorf("%04o, a keytab:\n%s", mode, stderr.String())
		}
	}
}

// What ldapsearch writes can be piped in, and all that it writes besides the
// entries tells whether it was complete.
func TestScanOfLdapsearch(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a program of OpenLDAP")
	}
	srv, args := serve(t, twoOwners)
	for _, tc := range []struct {
		name, option string
		fault        ldaptest.Kind
		code         int
		says         string
	}{
		{"entries alone", "-LLL", ldaptest.None, exitConflicts, ""},
		{"everything", "-v", ldaptest.None, exitConflicts, ""},
		{"cut short", "-v", ldaptest.Fail, exitIncomplete, `result: "4 Size limit exceeded": the search behind this export did not succeed`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv.Inject(ldaptest.Fault{Kind: tc.fault, Page: 3, Code: 4})
			search := exec.Command("ldapsearch", tc.option, "-x", "-H", srv.URL, "-D", "anna@a.example", "-w", password, "-b", "DC=a,DC=example", "-E", "pr=1/noprompt")
			search.Env = append(os.Environ(), "LDAPTLS_CACERT="+args[4])
			stdin, err := search.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := search.Start(); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			if code := run([]string{"scan", "--input", "-"}, stdin, &stdout, &stderr); code != tc.code || !strings.Contains(stderr.String(), tc.says) {
				t.Errorf("exit %d\n%s%s", code, stdout.String(), stderr.String())
			}
			search.Wait() // its exit code is not the point
		})
	}
}

// A fault on the way is in the exit code and in every output.
func TestIncompleteScan(t *testing.T) {
	for _, format := range []string{"table", "json", "jsonl", "csv"} {
		srv, args := serve(t, twoOwners)
		srv.Inject(ldaptest.Fault{Kind: ldaptest.NoControl})
		dir := t.TempDir()
		var stdout, stderr bytes.Buffer
		code := run(append(args, "--format", format, "-o", dir), strings.NewReader(""), &stdout, &stderr)
		if code != exitIncomplete || !strings.Contains(stderr.String(), "incomplete: DC=a,DC=example") {
			t.Errorf("exit %d\n%s", code, stderr.String())
		}
		if text := stdout.String(); !strings.Contains(text, "paging control") && !strings.Contains(text, "INCOMPLETE") {
			t.Errorf("%s does not say so:\n%s", format, text)
		}
		for _, name := range []string{"fix-a.example.ldif", "rollback-a.example.ldif", "change-request.md"} {
			b, err := os.ReadFile(dir + "/" + name)
			if err != nil || !strings.Contains(string(b), "INCOMPLETE") {
				t.Errorf("%s does not say so: %v\n%s", name, err, b)
			}
		}
	}
}

// Ctrl-C in the middle of a sweep leaves nothing behind.
func TestInterrupted(t *testing.T) {
	srv, args := serve(t, twoOwners)
	ctx, interrupt := context.WithCancel(context.Background())
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Hang, Do: interrupt})
	above := t.TempDir()
	dir := above + "/out"
	var stderr bytes.Buffer
	c := &console{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, getenv: func(string) string { return "" }}
	if code := c.run(ctx, append(args, "-o", dir)); code != exitInterrupted {
		t.Errorf("exit %d\n%s", code, stderr.String())
	}
	if files, err := os.ReadDir(above); err != nil || len(files) > 0 {
		t.Errorf("left %v, %v", files, err)
	}
}

// A result that cannot be printed is not a clean scan.
func TestUnwritableOutput(t *testing.T) {
	_, args := serve(t, twoOwners)
	for _, format := range []string{"table", "json", "jsonl", "csv"} {
		var stderr bytes.Buffer
		if code := run(append(args, "--format", format), strings.NewReader(""), fullDisk{}, &stderr); code != exitIncomplete || !strings.Contains(stderr.String(), "stdout: disk full") {
			t.Errorf("%s: exit %d\n%s", format, code, stderr.String())
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }
