package ldapscan

import (
	"encoding/binary"
	"encoding/xml"
	"strings"
	"time"

	"proxyaddr/conflicts"
)

// A stamped attribute is known in replPropertyMetaData by its ATTRTYP ([MS-DRSR] 5.16.4),
// in msDS-ReplAttributeMetaData by its name. Both OIDs here have the prefix
// 1.2.840.113556.1.2, which is number 2 on every domain controller.
type stampedAttribute struct {
	id   uint32
	name string
}

var (
	addressStamp  = stampedAttribute{0x000200D2, "proxyAddresses"} // 1.2.840.113556.1.2.210
	deletionStamp = stampedAttribute{0x00020030, "isDeleted"}      // 1.2.840.113556.1.2.48
)

// stamp returns when an attribute was last written, the zero Stamp if the
// metadata does not tell.
func (a attributes) stamp(of stampedAttribute) conflicts.Stamp {
	if s := binaryStamp([]byte(a.first("replpropertymetadata")), of.id); s.Known() {
		return s
	}
	return xmlStamp(a["msds-replattributemetadata"], of.name)
}

// restored returns when an object that exists was brought back from deletion, if
// it ever was: isDeleted was written once then, and again when it was removed
// ([MS-ADTS] 3.1.1.5.3.7).
func (a attributes) restored() time.Time {
	if s := a.stamp(deletionStamp); s.Version > 1 {
		return s.Time
	}
	return time.Time{}
}

// binaryStamp reads replPropertyMetaData: a header of 16 bytes with the number of
// stamps at offset 8, and 48 bytes a stamp: attribute, version, seconds since
// 1601, invocation id, two sequence numbers ([MS-DRSR] 5.166).
func binaryStamp(b []byte, id uint32) conflicts.Stamp {
	const header, size, unixEpoch = 16, 48, 11644473600
	if len(b) < header || binary.LittleEndian.Uint32(b) != 1 {
		return conflicts.Stamp{}
	}
	n := binary.LittleEndian.Uint32(b[8:])
	for b = b[header:]; n > 0 && len(b) >= size; n, b = n-1, b[size:] {
		if binary.LittleEndian.Uint32(b) == id {
			return newStamp(int64(binary.LittleEndian.Uint64(b[8:])-unixEpoch), binary.LittleEndian.Uint32(b[4:]), conflicts.GUID(b[16:32]))
		}
	}
	return conflicts.Stamp{}
}

// xmlStamp reads msDS-ReplAttributeMetaData, of which each value is the stamp of
// one attribute (DS_REPL_ATTR_META_DATA_2, [MS-DRSR] 4.1.13.1.17), ended by a NUL.
func xmlStamp(values [][]byte, name string) conflicts.Stamp {
	for _, v := range values {
		var x struct {
			Name       string `xml:"pszAttributeName"`
			Version    uint32 `xml:"dwVersion"`
			Time       string `xml:"ftimeLastOriginatingChange"`
			Invocation string `xml:"uuidLastOriginatingDsaInvocationID"`
			DSA        string `xml:"pszLastOriginatingDsaDN"`
		}
		if xml.Unmarshal([]byte(strings.TrimRight(string(v), "\x00")), &x) != nil || x.Name != name {
			continue
		}
		t, err := time.Parse(time.RFC3339, x.Time)
		if err != nil {
			return conflicts.Stamp{}
		}
		invocation, _ := conflicts.ParseGUID(x.Invocation)
		s := newStamp(t.Unix(), x.Version, invocation)
		if s.Known() {
			dc := controllerOf(x.DSA)
			s.Origin = conflicts.NewOrigin(invocation, dc.server, dc.site)
		}
		return s
	}
	return conflicts.Stamp{}
}

// newStamp returns the zero Stamp for a time that cannot be one: FILETIMEs
// of 1601 mean never.
func newStamp(unix int64, version uint32, invocation conflicts.GUID) conflicts.Stamp {
	if unix <= 0 || unix >= 1<<33 {
		return conflicts.Stamp{}
	}
	return conflicts.Stamp{Time: time.Unix(unix, 0).UTC(), Version: int(version), Origin: conflicts.NewOrigin(invocation, "", "")}
}
