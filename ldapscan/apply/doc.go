// Package apply writes fix records to a directory. No other package writes to one, and
// the packages that scan do not import it.
//
// A [Journal] holds the confirmed fix records in order, with the outcome of each. A
// [Writer] makes the changes, one modify request for each object. It reads the object
// before and after on the same connection, and first checks that the new addresses are
// free in the whole forest. It stops at the first surprise. However a run ends, by an
// error, by kill -9 or by a power cut, the journal and the directory together tell what
// was done: [Open] the journal, [Recover] the pending change, and run what is
// [Journal.Left].
//
// A fix record deletes exact values and adds others. A directory makes all of this or
// nothing (RFC 4511 section 4.6), and only once: if the request is sent again, there is
// nothing to delete and it is refused. All requests for a domain go to one domain
// controller, so replication does not matter.
package apply
