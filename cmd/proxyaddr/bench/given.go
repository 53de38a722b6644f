package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// A given server is one that exists, with a directory of its own.
type given struct{ url, user, passwordFile, caFile, base string }

// measure compares a scan of the server with ldapsearch, of which nothing is kept.
func (g given) measure(ctx context.Context, stdout io.Writer, rounds int) error {
	if g.user == "" || g.passwordFile == "" || g.base == "" {
		return errors.New("-server needs -user, -password-file and -base")
	}
	dir, err := os.MkdirTemp("", "proxyaddr-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir}
	if err := b.build(ctx); err != nil {
		return err
	}
	secret, err := os.ReadFile(g.passwordFile)
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(secret), "\n")
	if err := os.WriteFile(b.path(passwordFile), []byte(strings.TrimRight(line, "\r")), 0o600); err != nil { // ldapsearch takes the whole file
		return err
	}
	scan := []string{b.proxyaddr, "scan", "-H", g.url, "-D", g.user, "-y", b.path(passwordFile), "--format", "json"}
	var trust []string
	if g.caFile != "" {
		scan = append(scan, "--ca-file", g.caFile)
		trust = []string{"LDAPTLS_CACERT=" + g.caFile}
	}
	objects := 0
	list := []program{{name: "proxyaddr scan --format json", argv: scan, exits: []int{0, 1}, check: func(output io.Reader) error {
		var a struct {
			Complete bool
			Counts   struct{ Objects int }
		}
		err := json.NewDecoder(output).Decode(&a)
		if err == nil && !a.Complete {
			err = errors.New("incomplete")
		}
		objects = a.Counts.Objects
		return err
	}}}
	if _, err := exec.LookPath("ldapsearch"); err != nil {
		return err
	}
	list = append(list, program{name: "ldapsearch > /dev/null", env: trust, argv: slices.Concat([]string{"ldapsearch", "-x", "-LLL", "-D", g.user, "-y", b.path(passwordFile),
		"-b", g.base, "-E", fmt.Sprintf("pr=%d/noprompt", maxPage), "-o", "ldif-wrap=no", "-H", g.url}, scanQuestion)})
	if _, err := compare(ctx, stdout, g.url, dir, list, rounds); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "\n%d objects\n", objects)
	return err
}
