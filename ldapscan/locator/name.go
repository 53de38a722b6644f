package locator

import "strings"

const (
	maxLabel = 63
	maxName  = 253 // RFC 1035 section 2.3.4, without the root's empty label
	inLabels = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
)

// HostName returns a DNS name in lower case and without a final dot. It reports false
// unless the name has the form of a host name: labels of letters, digits, hyphens (RFC
// 1123 section 2.1) and underscores, which Windows allows. DNS and the LDAP ping can
// carry any byte, and some of them end the host of a URL: #, ?, % and @.
func HostName(name string) (host string, ok bool) {
	name = strings.TrimSuffix(name, ".")
	if len(name) > maxName {
		return "", false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, inLabels) != "" {
			return "", false
		}
	}
	return canonical(name), true
}

// canonical is the form in which DNS names are compared and returned.
func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
