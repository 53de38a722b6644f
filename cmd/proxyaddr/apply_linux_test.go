package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// The loop of a change with apply in the place of ldapmodify: by Kerberos, a few
// first and then the rest, and taken back over TLS.
func TestApplyOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	base := dc.OU(t, "Apply")
	dc.Load(t, strings.NewReader(staffOf(base)))
	secret := secretFile(t, dc.AdminPassword)
	sealed := []string{"-d", dc.Realm, "--dns", dc.IP, "-D", dc.AdminUPN, "-y", secret}
	overTLS := []string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", dc.AdminUPN, "-y", secret}
	proxyaddr := func(want int, login []string, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(slices.Concat(args, login), strings.NewReader(""), &out, &errs); code != want {
			t.Fatalf("%q: exit %d, want %d\n%s%s", args, code, want, out.String(), errs.String())
		}
		return out.String(), errs.String()
	}
	before := values(t, dc, base)
	dir := t.TempDir()
	proxyaddr(exitConflicts, sealed, "scan", "-b", base, "-o", dir)
	domain := strings.ToLower(dc.Realm)
	fix, journal := filepath.Join(dir, "fix-"+domain+".ldif"), filepath.Join(dir, "fix-"+domain+".journal")

	plan, _ := proxyaddr(exitClean, sealed, "apply", fix, "--yes", "--limit", "2", "--max-percent", "100")
	if !strings.HasPrefix(plan, "on "+dc.Host+":\n") || strings.Count(plan, "\napplied ") != 2 {
		t.Errorf("%s", plan)
	}
	proxyaddr(exitStale, sealed, "verify", fix)
	_, stderr := proxyaddr(exitClean, sealed, "apply", "--resume", journal, "--yes")
	if !strings.Contains(stderr, "5 of 5 objects were changed") {
		t.Errorf("%s", stderr)
	}
	if lines, _ := proxyaddr(exitClean, overTLS, "verify", fix); strings.Count(lines, "applied ") != 5 {
		t.Errorf("%s", lines)
	}
	proxyaddr(exitClean, sealed, "scan", "-b", base)
	if slices.Equal(values(t, dc, base), before) {
		t.Error("nothing has changed")
	}

	undone, stderr := proxyaddr(exitClean, overTLS, "apply", "--undo", journal, "--yes")
	if strings.Count(undone, "\nundone ") != 5 || !strings.Contains(stderr, "0 of 5 objects are left to be taken back") {
		t.Errorf("%s%s", undone, stderr)
	}
	if after := values(t, dc, base); !slices.Equal(after, before) {
		t.Errorf("not every value is back:\n%s", strings.Join(after, "\n"))
	}
	proxyaddr(exitConflicts, sealed, "scan", "-b", base)
}
