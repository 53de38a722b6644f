// Package index finds the objects of a forest that have to be examined, without keeping all
// addresses in memory.
//
// An [Index] keeps a fingerprint of each address: a few bytes, equal for equal addresses. It is
// filled in one pass over the forest, and then returns the suspects: the objects that may share
// an address with another. A fingerprint can be equal by chance, so the suspects are read again,
// and [conflicts.Judge] compares the exact values of that second reading.
//
// A posting is a fingerprint with the object and the attribute that have the address. The first
// bits of a fingerprint choose its shard. A shard is a list of blocks of postings. Blocks are in
// slabs, which never move in memory.
//
// A [Digest] keeps one fingerprint for all addresses of each object on a domain controller, so
// that domain controllers can be compared.
package index
