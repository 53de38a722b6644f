package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Prometheus takes what a scan writes: the first one and one with news, incomplete and
// failed ones, and before there is a state.
func TestPrometheusTakesMetrics(t *testing.T) {
	if testing.Short() {
		t.Skip("starts promtool")
	}
	dir := t.TempDir()
	export, state, metrics := filepath.Join(dir, "export.ldif"), filepath.Join(dir, "state"), filepath.Join(dir, "proxyaddr.prom")
	scan := []string{"--input", export, "--state", state, "--metrics", metrics, "--fail-on", "new"}
	promtool := func(from, metrics string) {
		t.Helper()
		cmd := exec.Command("promtool", "check", "metrics")
		cmd.Stdin = strings.NewReader(metrics)
		if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("%s: %v\n%s\n%s", from, err, said, metrics)
		}
	}
	for _, step := range []struct {
		what, export string
		code         int
	}{
		{"failed before there was a state", "no LDIF", exitUsage},
		{"baseline", pairs(400, 5), exitClean},
		{"news", pairs(400, 5, 6), exitConflicts},
		{"incomplete", pairs(200, 5, 6), exitIncomplete},
		{"failed", "no LDIF", exitUsage},
	} {
		writeFile(t, export, step.export)
		scanState(t, step.code, scan...)
		text, err := os.ReadFile(metrics)
		if err != nil {
			t.Fatal(err)
		}
		promtool(step.what, string(text))
		var stdout bytes.Buffer
		run([]string{"status", "--state", state, "--format", "prometheus"}, strings.NewReader(""), &stdout, io.Discard)
		promtool("status after "+step.what, stdout.String())
	}
}
