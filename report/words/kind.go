package words

import (
	"cmp"
	"strings"

	"proxyaddr/conflicts"
)

// shortKinds are the kinds that people know by a shorter name.
var shortKinds = map[string]string{
	"user mailbox": "mailbox", "remote mailbox": "mailbox", "distribution group": "group", "non-universal group": "group",
	"dynamic distribution group": "dynamic group", "mail contact": "contact", "msExchPublicMDB": "mailbox store",
	"remote room mailbox": "room mailbox", "remote equipment mailbox": "equipment mailbox", "remote shared mailbox": "shared mailbox",
}

// ShortKind says in a word or two what sort of object it is; empty if it is not known.
func ShortKind(o *conflicts.Object) string {
	kind := o.Kind()
	return cmp.Or(shortKinds[kind], strings.TrimSpace(kind))
}
