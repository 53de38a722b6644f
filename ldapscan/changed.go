package ldapscan

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// changedAttributes tell whether an address of an object was written.
var changedAttributes = append([]string{"uSNChanged", "uSNCreated", "replPropertyMetaData"}, sweepAttributes...)

// claimStamps are the attributes that, when written, can make an object claim an
// address. A restored object keeps the stamp of its addresses, but gets one of
// isDeleted ([MS-ADTS] 3.1.1.5.3.7); one that moved into what is reported gets one
// of name.
var (
	nameStamp   = stampedAttribute{0x00090001, "name"} // 1.2.840.113556.1.4.1
	claimStamps = []uint32{
		addressStamp.id,
		deletionStamp.id,
		nameStamp.id,
		0x00150003, // mail, 0.9.2342.19200300.100.1.3
		0x00090290, // userPrincipalName, 1.2.840.113556.1.4.656
		0x00020160, // targetAddress, 1.2.840.113556.1.2.352
		0x0009028F, // legacyExchangeDN, 1.2.840.113556.1.4.655
	}
)

// writtenSince reports whether one of the attributes was written, here or by replication,
// after the domain controller had counted usn changes, or whether that is unknown.
// uSNChanged alone does not do: it changes with every logon and new password.
func (a attributes) writtenSince(usn int64, stamps ...uint32) bool {
	if created := a.number("usncreated"); created == 0 || created > usn {
		return true
	}
	meta := []byte(a.first("replpropertymetadata"))
	known := false
	for id, local := range localUSNs(meta) {
		known = true
		if local > usn && slices.Contains(stamps, id) {
			return true
		}
	}
	return !known
}

// localUSNs yields the attributes in replPropertyMetaData with the numbers under which
// this domain controller wrote them: the last 8 of the 48 bytes of a stamp. A value that
// is cut off yields nothing.
func localUSNs(b []byte) func(yield func(uint32, int64) bool) {
	const header, size, local = 16, 48, 40
	return func(yield func(uint32, int64) bool) {
		if len(b) < header || binary.LittleEndian.Uint32(b) != 1 || (len(b)-header)/size < int(binary.LittleEndian.Uint32(b[8:])) {
			return
		}
		n := int(binary.LittleEndian.Uint32(b[8:]))
		for b = b[header:]; n > 0; n, b = n-1, b[size:] {
			if !yield(binary.LittleEndian.Uint32(b), int64(binary.LittleEndian.Uint64(b[local:]))) {
				return
			}
		}
	}
}

// changedFilter finds what was written after usn, and the witnesses. It has no upper
// limit. With one, an object whose address was written before this reading, and which was
// written again during it, would be lost: its uSNChanged is above the limit now, and the
// stamp of its address is below the lower limit of the next reading.
func changedFilter(usn int64, which string, witnesses []conflicts.Witness) string {
	changed := fmt.Sprintf("(&(uSNChanged>=%d)%s)", usn+1, which)
	if len(witnesses) == 0 {
		return changed
	}
	guids := make([]conflicts.GUID, len(witnesses))
	for i, w := range witnesses {
		guids[i] = w.GUID
	}
	return "(|" + changed + strings.TrimPrefix(guidFilter(guids), "(|")
}
