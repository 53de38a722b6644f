package conflicts

import "iter"

// An address that a proposal brings, or that somebody asks about, is free only if
// nobody has it in any attribute to which mail may be sent: proxyAddresses, mail,
// userPrincipalName (a new mailbox gets an address of it), legacyExchangeDN (an X500
// address to Exchange) and targetAddress (mail for the object that forwards to it would
// reach whoever is given it). Deleted objects count, as they may be restored, and so do
// values without a type.

// OrSMTP returns the address that a value keeps others from having: itself, or the SMTP
// address of the same text if it has no type, as that is what it was most likely meant
// to be. It is no owner of that address: a conflict is about what is stored.
func (a Address) OrSMTP() Address {
	if a.Type == "" {
		return mailAddress(a.Text)
	}
	return a
}

// Taken hands over all that an object keeps others from having.
func (e *Entry) Taken() iter.Seq[Address] {
	return func(yield func(Address) bool) {
		for a := range e.Claimed() {
			if !yield(a.OrSMTP()) {
				return
			}
		}
		if e.TargetAddress != "" {
			yield(ParseAddress(e.TargetAddress).OrSMTP())
		}
	}
}
