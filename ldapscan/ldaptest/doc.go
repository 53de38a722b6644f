// Package ldaptest is an LDAP directory server inside the process, as net/http/httptest is for
// HTTP. It answers like an Active Directory domain controller wherever a scanner can tell the
// difference, and it fails on request.
//
// Start one with [NewServer], from LDIF; reach it at [Server.URL] (TLS) or [Server.PlainURL] (in
// clear, with StartTLS); trust [Server.CAPEM] or [Server.CertPool]; change its content with
// [Server.Apply]; make it fail with [Server.Inject]; get the number of requests with
// [Server.Counts]. It listens on 127.0.0.1 only.
//
// # What it does
//
//   - Bind: simple, over TLS only. An anonymous bind, and one with an empty password, succeeds
//     and stays anonymous, as in AD.
//   - Extended operations: StartTLS (RFC 4511 section 4.14) and Who am I (RFC 4532).
//   - Search: all scopes and filters, extensible matches by the bit-and rule, bases of the form
//     <GUID=…>, paging (RFC 2696), range retrieval ([MS-ADTS] 3.1.1.3.1.3.3), the show-deleted and
//     domain-scope controls, referrals and continuation references. Without a bind, only the root
//     DSE can be read, and only without controls.
//   - Modify (RFC 4511 section 4.6), for every user that is bound. Other updates come through
//     [Server.Apply].
//
// # What differs from Active Directory
//
//   - There is no schema. Strings compare without case, and not more loosely; known binary
//     attributes compare bytes; <= and >= compare integers if both sides are integers. "*" asks for
//     all attributes of an entry.
//   - There are no access rights, linked attributes or constructed attributes.
//   - A size limit counts the entries of one answer, not those of all pages. Time limits are
//     ignored, and an abandoned search is answered too.
package ldaptest
