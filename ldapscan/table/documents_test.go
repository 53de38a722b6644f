package table

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Each column of the documented exports is known, and what the exports write is read.
func TestDocumentedColumns(t *testing.T) {
	page, err := os.ReadFile("../../docs/scan.md")
	if err != nil {
		t.Fatal(err)
	}
	lists := regexp.MustCompile(`Select-Object (\S+)|-l "([^"]+)"`).FindAllStringSubmatch(string(page), -1)
	if len(lists) < 5 {
		t.Fatalf("only %d lists of columns in docs/scan.md", len(lists))
	}
	calculated := regexp.MustCompile(`@\{n='(\w+)';.*`)
	for _, list := range lists {
		for name := range strings.SplitSeq(list[1]+list[2], ",") {
			name = calculated.ReplaceAllString(name, "$1")
			if columnOf(name).field == unknown {
				t.Errorf("%q in %q: unknown", name, list[0])
			}
		}
	}
	for _, name := range regexp.MustCompile("`(PrimarySmtpAddress|smtp|x500|sip|eum|EmailAddresses|proxyAddresses_1|ImmutableId|mS-DS-ConsistencyGuid|sAMAccountType|msRTCSIP-PrimaryUserAddress|msExchShadowProxyAddresses)`").FindAllStringSubmatch(string(page), -1) {
		if columnOf(name[1]).field == unknown {
			t.Errorf("%s: unknown", name[1])
		}
	}
}
