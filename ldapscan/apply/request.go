package apply

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// request returns the one modify request of a fix record. Whatever a file or a journal
// asks for, the request changes only proxyAddresses and mail, and removes only values
// that it names. It names the object by its objectGUID ([MS-ADTS] 3.1.1.3.1.2.4), which
// no other object can take over.
func request(a *conflicts.FixRecord) (*ldap.ModifyRequest, error) {
	if a.GUID == (conflicts.GUID{}) {
		return nil, fmt.Errorf("%s: no objectGUID", a.DN)
	}
	r := ldap.NewModifyRequest("<GUID="+a.GUID.String()+">", nil)
	for _, e := range a.Attributes {
		if e.Attribute != conflicts.ProxyAddresses.String() && e.Attribute != conflicts.Mail.String() {
			return nil, fmt.Errorf("%s: %s is never changed", a.DN, e.Attribute)
		}
		if slices.ContainsFunc(slices.Concat(e.Delete, e.Add, []string{a.DN}), func(v string) bool { return v == "" || !utf8.ValidString(v) }) {
			return nil, fmt.Errorf("%s: %s has no value that is empty or not UTF-8", a.DN, e.Attribute)
		}
		if len(e.Delete) > 0 {
			r.Delete(e.Attribute, e.Delete)
		}
		if len(e.Add) > 0 {
			r.Add(e.Attribute, e.Add)
		}
	}
	if len(r.Changes) == 0 {
		return nil, fmt.Errorf("%s: nothing to change", a.DN)
	}
	return r, nil
}
