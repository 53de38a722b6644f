// Package index finds what objects of a forest have to be looked at, without keeping
// the addresses of all of them in memory.
//
// An [Index] keeps a fingerprint of each address: a few bytes, equal for equal
// addresses. It is filled in one pass over the forest and then names the suspects, which
// are the objects that may share an address with another. A fingerprint can be equal
// by chance, so the suspects are read again, and [conflicts.Judge] compares the exact
// values of that second reading.
//
// A posting is a fingerprint together with the object that has the address and the
// attribute that it stands in. The first bits of a fingerprint choose its shard; a shard
// is a list of blocks of postings; blocks lie in slabs, which never move in memory.
//
// A [Digest] keeps a fingerprint of all addresses of each object that one domain
// controller holds, so that several domain controllers can be compared.
package index
