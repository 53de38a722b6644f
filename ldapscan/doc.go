// Package ldapscan is where directory data comes from.
//
// A [Source] of directory data has three verbs. Sweep hands over every object that
// carries an address, once, with the few attributes that detection needs. Inspect
// reads chosen objects again, with all that a judgment needs. Lookup finds the
// objects that hold chosen addresses. The sources are [Directory], a domain
// controller over LDAPv3 (RFC 4511); [Forest], several of them; and [Export], an
// LDIF file (RFC 2849).
//
// [Scan] runs a source from end to end and returns the audit. [Compare] reads what
// several domain controllers hold of the same partitions, which [OpenDirectories]
// opens, and returns where they differ. Nothing in this package writes to a
// directory: it sends only binds, searches, and the extended requests StartTLS and
// "Who am I?". A [WriteConn] is for a caller that does write.
//
// Nothing goes missing silently. Everything that could not be read is in
// [conflicts.Coverage] and [conflicts.Audit.Problems], and an audit with a problem
// is incomplete.
//
// How a server is asked, from the dial to the pages of a search, is in the files conn_*.go;
// conn.go has the rules of retry. How an export is read is in export_*.go, and what scans
// have in common, whatever the source, in scan*.go.
package ldapscan
