package main

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"proxyaddr/ldapscan/ldaptest"
)

// An interrupted look-up has no result, whichever of its searches is the one that ends
// early: "free" without the note that deleted objects were not seen promises too much.
func TestInterruptedLookUp(t *testing.T) {
	srv, args := serve(t, twoOwners)
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	if code := run(append(args, "-o", dir), strings.NewReader(""), &stdout, &stderr); code != exitConflicts {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	var searched, last atomic.Int64 // the search that is the last to begin before the interruption
	var interrupt atomic.Pointer[context.CancelFunc]
	srv.Inject(ldaptest.Fault{Times: -1, Match: func(ldaptest.Search) bool { return searched.Add(1) == last.Load() }, Do: func() { (*interrupt.Load())() }})
	for _, command := range [][]string{{"check", "free@a.example"}, {"check", "x@a.example"}, {"verify", filepath.Join(dir, "fix-a.example.ldif")}} {
		proxyaddr := func(n int64) (code int, stdout, stderr bytes.Buffer) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			interrupt.Store(&cancel)
			last.Store(n)
			searched.Store(0)
			c := &console{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}
			code = c.run(ctx, slices.Concat(command, []string{"--format", "json"}, args[1:]))
			return code, stdout, stderr
		}
		if code, _, stderr := proxyaddr(0); code > exitConflicts || searched.Load() == 0 {
			t.Fatalf("%q: exit %d\n%s", command, code, stderr.String())
		}
		for n := range searched.Load() {
			if code, stdout, stderr := proxyaddr(n + 1); code != exitInterrupted || stdout.Len() > 0 {
				t.Errorf("%q, search %d: exit %d\n%s%s", command, n+1, code, stdout.String(), stderr.String())
			}
		}
	}
}
