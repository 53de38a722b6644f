// Package conflicts is the core of proxyaddr: it decides which addresses more
// than one directory object claims, who should keep each, and what the others
// could have instead.
//
// It does no I/O and knows no clock and no randomness: what it returns depends
// on its input alone, and not on the input's order.
//
// # Nouns
//
// An [Address] is one value of the attribute proxyAddresses. Its [Key] decides
// whether it is the same address as another. An [Entry] is what detection
// needs of an object, an [Object] what a judgement needs.
//
// An [Index] takes the entries of a whole forest as they arrive and keeps a few
// bytes of each address. When all are in, it names the suspects: objects that
// may share an address. They are read again, and [Judge] makes of that second
// reading conflicts, changes that would end them, and findings. An [Audit] is
// all of a scan, and [Audit.Decide] leaves of it what people approved.
//
// A [Replica] is what one domain controller holds of a partition. Several of them
// give the objects that are not the same everywhere, each of which is a
// [Difference] of the [Copy] that each domain controller has. A [Comparison] is all
// of them, with the conflicts that replication brings.
package conflicts
