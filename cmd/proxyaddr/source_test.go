package main

import (
	"bytes"
	"testing"

	"proxyaddr/conflicts"
)

// Each server has a line, and what their schemas lack is told once for all.
func TestTellServers(t *testing.T) {
	var stderr bytes.Buffer
	c := &console{stderr: &stderr}
	c.tellServers([]conflicts.Server{
		{URL: "ldaps://dc1", Transport: "TLS 1.3", Mechanism: "simple", Identity: `A\anna`, Missing: []string{"mailNickname"}},
		{URL: "ldaps://dc2", Transport: "TLS 1.3", Mechanism: "simple", Identity: `A\anna`, Missing: []string{"mailNickname", "targetAddress"}},
	})
	want := `proxyaddr: ldaps://dc1: TLS 1.3, logged on as A\anna (simple)
proxyaddr: ldaps://dc2: TLS 1.3, logged on as A\anna (simple)
proxyaddr: note: the schema lacks mailNickname, targetAddress: Exchange's schema is not installed, or a global catalog does not hold them all; what they tell of an object, such as the type of its mailbox, is unknown
`
	if got := stderr.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
