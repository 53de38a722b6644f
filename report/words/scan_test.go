package words

import (
	"testing"

	"proxyaddr/conflicts"
)

func TestServer(t *testing.T) {
	for _, tt := range []struct {
		server conflicts.Server
		want   string
	}{
		{conflicts.Server{URL: "ldaps://dc1.a.example", Host: "dc1.a.example", Site: "Berlin", Transport: "TLS 1.3", Mechanism: "simple", Protection: "", Identity: `A\anna`},
			`ldaps://dc1.a.example (site Berlin): TLS 1.3, logged on as A\anna (simple)`},
		{conflicts.Server{URL: "ldap://192.0.2.1", Host: "dc1.a.example", Site: "Berlin", Mechanism: "gssapi", Protection: "sealed", Identity: `A\anna`},
			`ldap://192.0.2.1 (dc1.a.example, site Berlin): logged on as A\anna (gssapi sealed)`},
		{conflicts.Server{URL: "ldap://dc1", Mechanism: "gssapi", Protection: "signed"}, "ldap://dc1: not encrypted, gssapi signed"},
	} {
		if got := Server(&tt.server); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
