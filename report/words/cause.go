package words

import (
	"fmt"

	"proxyaddr/conflicts"
)

// CauseAdvice says what leads to a conflict, and how to avoid another.
var CauseAdvice = map[conflicts.CauseKind]string{
	conflicts.Race:              "Two domain controllers took the address before they had heard of each other, as the documentation of event 9514 says: likely within 1 minute in a site and 15 minutes between sites, possibly within 15 minutes and 3 hours. Manage recipients through one domain controller, or let replication finish in between.",
	conflicts.Restored:          "An object came back from deletion with its addresses, which another had got meanwhile. Look for them before an object is restored.",
	conflicts.ContactAndMailbox: "Address policies and imported address books give contacts the addresses of mailboxes. Leave contacts out of the policies for your own domains.",
	conflicts.SameAlias:         "Address policies make the same address of an alias that two domains have. Give each domain addresses of its own.",
	conflicts.Unchecked:         "The address was there to be found when it was written again. Exchange looks for it first; provisioning, migration tools and scripts that write over LDAP often do not. Make them look.",
	conflicts.TwoForests:        "Exchange looks for an address in its own forest only. Agree on who has which, or scan the forests together before addresses are given.",
}

// Written says when and where the addresses of an owner were last written, or
// nothing if that is not known or says nothing of the address.
func Written(o *conflicts.Owner) string {
	if !o.Written.Known() || o.Claims[0].Attribute != conflicts.ProxyAddresses {
		return ""
	}
	return fmt.Sprintf("proxyAddresses (version %d) last written %s", o.Written.Version, o.Written)
}
