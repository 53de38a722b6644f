package ldapscan

import (
	"encoding/binary"
	"testing"
)

func TestWrittenSince(t *testing.T) {
	meta := string(decode(t)) // proxyAddresses has the local number 0x375d = 14173, another 14168
	entry := func(created, meta string) attributes {
		a := attributes{}
		if created != "" {
			a.add("uSNCreated", []byte(created))
		}
		if meta != "" {
			a.add("replPropertyMetaData", []byte(meta))
		}
		return a
	}
	none := make([]byte, 16)
	binary.LittleEndian.PutUint32(none, 1)
	for name, tc := range map[string]struct {
		a    attributes
		usn  int64
		want bool
	}{
		"before":                    {entry("10", meta), 14173, false},
		"since":                     {entry("10", meta), 14172, true},
		"created since":             {entry("14174", meta), 14173, true},
		"creation hidden":           {entry("", meta), 14173, true},
		"stamps hidden":             {entry("10", ""), 14173, true},
		"stamps cut":                {entry("10", meta[:len(meta)-1]), 14173, true},
		"no stamps":                 {entry("10", string(none)), 14173, true},
		"stamps of another version": {entry("10", "\x02"+meta[1:]), 14173, true},
	} {
		if got := tc.a.writtenSince(tc.usn, claimStamps...); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if entry("10", meta).writtenSince(14172, nameStamp.id) {
		t.Error("another attribute counts")
	}
}

func FuzzLocalUSNs(f *testing.F) {
	f.Add(decode(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		for range localUSNs(b) {
			n++
		}
		if n > len(b)/48 {
			t.Errorf("%d stamps in %d bytes", n, len(b))
		}
	})
}
