package ldaptest

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
)

// stampedAttributes are the attributes in replPropertyMetaData, by their names in lower
// case, with their ATTRTYPs ([MS-DRSR] 5.16.4).
var stampedAttributes = []struct {
	key string
	id  uint32
}{
	{"objectclass", 0x00000000},
	{"isdeleted", 0x00020030},
	{"proxyaddresses", 0x000200D2},
	{"targetaddress", 0x00020160},
	{"name", 0x00090001},
	{"legacyexchangedn", 0x0009028F},
	{"userprincipalname", 0x00090290},
	{"mail", 0x00150003},
}

// stamp is when this server wrote an attribute.
type stamp struct {
	id, version uint32
	usn         int64
}

// stamp notes the attributes in which an entry differs from the old one, which is nil for
// a new entry. uSNCreated never changes.
func (d *directory) stamp(old, e *entry) {
	if !d.stamps {
		return
	}
	if old == nil {
		old = &entry{}
		e.set(textAttribute("uSNCreated", strconv.FormatInt(d.usn, 10)))
	}
	e.stamps = slices.Clone(e.stamps)
	for _, a := range stampedAttributes {
		if slices.EqualFunc(old.attribute(a.key).values, e.attribute(a.key).values, bytes.Equal) {
			continue
		}
		i := slices.IndexFunc(e.stamps, func(s stamp) bool { return s.id == a.id })
		if i < 0 {
			i = len(e.stamps)
			e.stamps = append(e.stamps, stamp{id: a.id})
		}
		e.stamps[i].version++
		e.stamps[i].usn = d.usn
	}
	e.set(newAttribute("replPropertyMetaData", metaData(e.stamps)))
}

// metaData writes stamps in the format of [MS-DRSR] 5.166, without times and origins.
func metaData(stamps []stamp) []byte {
	b := binary.LittleEndian.AppendUint64(nil, 1)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(stamps)))
	for _, s := range stamps {
		b = binary.LittleEndian.AppendUint32(b, s.id)
		b = binary.LittleEndian.AppendUint32(b, s.version)
		b = append(b, make([]byte, 24)...)
		b = binary.LittleEndian.AppendUint64(b, uint64(s.usn))
		b = binary.LittleEndian.AppendUint64(b, uint64(s.usn))
	}
	return b
}
