// Package ldif reads and writes LDIF version 1, the LDAP Data Interchange Format of RFC 2849.
//
// A [Reader] reads an export record by record; a [Writer] writes change files that
// ldapmodify and ldifde both accept. One input may have content records (an entry and its
// attributes) and change records (add, delete, modify, modrdn); [Record.Change] tells
// them apart. The package opens no file and follows no reference: a value given as a URL
// (attr:< file:///…) is an error.
//
// # What the Reader accepts beyond RFC 2849
//
//   - The version line may be missing, and may be repeated at the start of any record, as in
//     concatenated files.
//   - Input may start with a UTF-8 byte order mark, or be UTF-16 of either byte order with its
//     mark (ldifde -u). Values are returned as UTF-8. Malformed UTF-16 is an error, never a
//     replacement character.
//   - Values and DNs may hold raw bytes above 0x7F where the RFC asks for base64. They are not
//     checked to be UTF-8.
//   - Lines may end in LF or CRLF, mixed.
//   - The last modification of a record may lack its closing "-".
//   - A record may have no attributes: ldapsearch and ldifde write such entries when an object
//     has none of the attributes asked for.
//   - Range options ("member;range=0-1499", "member;range=1500-*", [MS-ADTS] range retrieval)
//     are attribute options.
//   - changetype "moddn" is read as modrdn.
//   - Records of ldapsearch that are not LDIF (it writes them without -L) are skipped when their
//     first line is "ref:" (a continuation reference, which is not followed), or "search:" or
//     "result:" (the outcome). An outcome other than 0 is an [ErrIncomplete].
//   - The comment in which ldapsearch names an entry may have a second line that is not a
//     comment: if the object was deleted, or lost its name to another.
//
// # What the Reader refuses though RFC 2849 allows it
//
//   - Values given as URLs ([ErrURL]), in attributes and controls.
//   - A modify record without modifications, an add modification without values, an empty
//     newsuperior, an entry with neither name nor attributes: signs of a file that was cut off.
//   - Attributes named dn, control or changetype: the sign of a missing blank line.
//   - A last line without a line end ([ErrCutOff]): it may be part of a line.
//
// A file cut between two lines looks like a complete file, unless the cut leaves broken
// base64 or an unfinished change. Other signs of a cut are a [Remark].
//
// # What the Writer does where RFC 2849 leaves a choice
//
//   - Output is 7-bit ASCII. Values are base64 where SAFE-STRING demands it, where they end in
//     a space (RFC 2849, notes on LDIF syntax), and where they hold any other control
//     character, as ldapsearch does: some Windows programs take 0x1A for the end of a file, and
//     terminals obey 0x1B.
//   - Lines are folded at 76 columns, comments are not. Controls state their criticality.
//   - "version: 1" is the first line, every modification ends with "-", and a blank line
//     follows every record.
package ldif
