// Package conflicts is the core of proxyaddr: it decides which addresses more
// than one directory object claims, who should keep each, and what the others
// could have instead.
//
// It does no I/O and knows no clock and no randomness: what it returns depends
// on its input alone, and not on the input's order. It imports nothing that reaches out
// of the program.
//
// # Nouns
//
// The words of the whole program are in docs/glossary.md.
//
// An [Address] is one value of the attribute proxyAddresses. Its [Key] decides
// whether it is the same address as another. An [Entry] is what detection
// needs of an object, an [Object] what a judgment needs. A [Conflict] is one address with
// all its owners: an [Owner] is an object that claims it, each [Claim] a value that is the
// address, and the keeper the owner that a [Rule] chose to keep it.
//
// A [View] is an entry that is valid for a moment, while a sweep goes through a whole
// forest. Package index keeps a few bytes of each address of it and names the suspects:
// objects that may share an address. They are read again, and [Judge] makes of that
// second reading conflicts, changes that would end them, and findings. An [Audit] is
// all of a scan, and [Audit.Decide] leaves of it what people approved.
//
// A [Change] is what is proposed. A [FixRecord] is what was read back from a file that
// was written of changes, and [Verify] reaches a [Verdict] on each: whether it can still
// be applied. A [TracedEvent] is a logged event with the objects that it is about.
//
// A [Difference] is an object that is not the same on all domain controllers, with the
// [Copy] that each of them has. A [Comparison] is all of them, with the conflicts that
// replication brings.
//
// A [Standing] is what a run that remembers others says of a conflict; package memory
// finds it out.
package conflicts
