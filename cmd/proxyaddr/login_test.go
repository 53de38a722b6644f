package main

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
)

// --auth sspi logs on as the signed-in user. A user that is named too would be ignored, so it is
// refused.
func TestSignedInUserIsNotNamed(t *testing.T) {
	want := "proxyaddr: --auth sspi works on Windows only\nhint: use --auth gssapi, which binds with the ticket of kinit\n"
	if runtime.GOOS == "windows" {
		want = "proxyaddr: --auth sspi binds as the signed-in user, not as anna@a.example\nhint: leave out -D, or use --auth gssapi\n"
	}
	for _, server := range [][]string{{"-H", "ldap://127.0.0.1:1"}, {"-d", "a.example"}} {
		var stdout, stderr bytes.Buffer
		code := run(append([]string{"scan", "--auth", "sspi", "-D", "anna@a.example"}, server...), strings.NewReader(""), &stdout, &stderr)
		if code != exitUsage || stderr.String() != want {
			t.Errorf("exit %d\n%s", code, stderr.String())
		}
	}
}
