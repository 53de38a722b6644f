package ldapscan

import (
	"encoding/binary"
	"time"
)

// proxyAddressesID is the ATTRTYP of proxyAddresses, OID 1.2.840.113556.1.2.210:
// prefix number 2, 210 = 0xD2 ([MS-DRSR] 5.16.4).
const proxyAddressesID = 0x000200D2

// addressesWritten returns when proxyAddresses was last written, from a value
// of replPropertyMetaData: a header of 16 bytes with the number of stamps at
// offset 8, and 48 bytes a stamp: attribute, version, seconds since 1601, GUID
// of the writing database, two sequence numbers ([MS-DRSR] 5.166). The zero
// time means that the value does not tell.
func addressesWritten(b []byte) time.Time {
	const header, stamp, unixEpoch = 16, 48, 11644473600
	if len(b) < header || binary.LittleEndian.Uint32(b) != 1 {
		return time.Time{}
	}
	n := binary.LittleEndian.Uint32(b[8:])
	for b = b[header:]; n > 0 && len(b) >= stamp; n, b = n-1, b[stamp:] {
		if binary.LittleEndian.Uint32(b) == proxyAddressesID {
			if s := binary.LittleEndian.Uint64(b[8:]); s > unixEpoch && s < unixEpoch+1<<33 {
				return time.Unix(int64(s)-unixEpoch, 0).UTC()
			}
		}
	}
	return time.Time{}
}
