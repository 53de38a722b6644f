// Package apply writes fix records to a directory. It is the only package that
// does, and nothing that scans imports it.
//
// A [Journal] holds the fix records that were confirmed, in order, and what became
// of each. A [Writer] makes them, one modify request an object, each between two reads
// of the object on the same connection and once its new addresses are known to be free
// in the whole forest. It stops at the first thing that is not as expected. Wherever a
// run ends, by an error, by kill -9 or by a power cut, the journal and the directory tell
// together what was done: [Open] the journal, [Recover] the change that was under way, and
// run what is [Journal.Left].
//
// A fix record deletes exact values and adds others, which a directory does
// together or not at all (RFC 4511 section 4.6) and once: a request that is sent
// again finds nothing to delete and is refused. All requests for a domain go to
// one domain controller, so that replication plays no part.
package apply
