package main

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The go-ldap/ldif programs are a module of their own, as proxyaddr does not depend
// on that library.
var (
	//go:embed ldif-map.go
	ldifMapProgram []byte
	//go:embed ldif-map.mod
	ldifMapModule []byte
	//go:embed ldif-map.sum
	ldifMapSums []byte
)

// export lists the programs that read the LDIF file.
func (b *bench) export(ctx context.Context) ([]program, error) {
	list := []program{{name: "proxyaddr scan --input --format json", exits: []int{1}, check: b.audit,
		argv: []string{b.proxyaddr, "scan", "--input", b.path(ldifFile), "--format", "json"}}}
	if b.installed("sh", "grep", "tr", "sort", "uniq") {
		script := `grep '^proxyAddresses: ' "$1" | tr A-Z a-z | sort | uniq -d`
		list = append(list, program{name: "grep | tr | sort | uniq -d", check: b.lines, env: []string{"LC_ALL=C"},
			argv: []string{"sh", "-c", script, "sh", b.path(ldifFile)}})
	}
	ldifMap, err := b.buildLDIFMap(ctx)
	if err != nil || ldifMap == "" {
		return list, err
	}
	for _, how := range []string{"Unmarshal", "UnmarshalEntries"} {
		list = append(list, program{name: "go-ldap/ldif " + how + " and a map", check: b.lines,
			argv: []string{ldifMap, how, b.path(ldifFile)}})
	}
	return list, nil
}

// buildLDIFMap returns the executable of the go-ldap/ldif programs, or notes that
// the library cannot be had.
func (b *bench) buildLDIFMap(ctx context.Context) (path string, err error) {
	dir := b.path("ldif-map")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	for name, content := range map[string][]byte{"main.go": ldifMapProgram, "go.mod": ldifMapModule, "go.sum": ldifMapSums} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return "", err
		}
	}
	path = filepath.Join(dir, "ldif-map")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "main.go") // named, so that its build tag does not count
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := cmd.CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		b.miss("go-ldap/ldif: " + lines[len(lines)-1])
		return "", ctx.Err()
	}
	return path, nil
}
