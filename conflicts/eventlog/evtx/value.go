package evtx

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// The types of values ([MS-EVEN6] 2.2.12). typeArray is set in that of an array.
const (
	typeArray = 0x80

	typeNull       = 0x00
	typeString     = 0x01
	typeANSI       = 0x02
	typeInt8       = 0x03
	typeUint8      = 0x04
	typeInt16      = 0x05
	typeUint16     = 0x06
	typeInt32      = 0x07
	typeUint32     = 0x08
	typeInt64      = 0x09
	typeUint64     = 0x0A
	typeFloat32    = 0x0B
	typeFloat64    = 0x0C
	typeBool       = 0x0D
	typeBinary     = 0x0E
	typeGUID       = 0x0F
	typeSize       = 0x10
	typeFiletime   = 0x11
	typeSystemtime = 0x12
	typeSID        = 0x13
	typeHex32      = 0x14
	typeHex64      = 0x15
	typeBinXML     = 0x21
)

// sizes are the lengths of the values that have always the same.
var sizes = map[byte]int{
	typeInt8: 1, typeUint8: 1, typeInt16: 2, typeUint16: 2, typeInt32: 4, typeUint32: 4, typeInt64: 8, typeUint64: 8,
	typeFloat32: 4, typeFloat64: 8, typeBool: 4, typeGUID: 16, typeFiletime: 8, typeSystemtime: 16, typeHex32: 4, typeHex64: 8,
}

// render writes a value as Event Viewer does. A value of an unknown type is an error.
func (p *parser) render(v value) (string, error) {
	b := p.data[v.from:v.to]
	if v.typ&typeArray != 0 {
		list, err := p.array(v)
		return strings.Join(list, ", "), err
	}
	if size, ok := sizes[v.typ]; ok && len(b) != size {
		switch {
		case len(b) == 0:
			return "", nil
		case v.typ != typeBool:
			return "", fmt.Errorf("a value of type %#02x has %d bytes", v.typ, len(b))
		}
	}
	le := binary.LittleEndian
	switch v.typ {
	case typeNull:
		return "", nil
	case typeString:
		return utf16Text(b), nil
	case typeANSI:
		text, _ := charmap.Windows1252.NewDecoder().Bytes(b) // which decodes every byte
		return strings.TrimRight(string(text), "\x00"), nil
	case typeInt8:
		return strconv.Itoa(int(int8(b[0]))), nil
	case typeUint8:
		return strconv.Itoa(int(b[0])), nil
	case typeInt16:
		return strconv.Itoa(int(int16(le.Uint16(b)))), nil
	case typeUint16:
		return strconv.Itoa(int(le.Uint16(b))), nil
	case typeInt32:
		return strconv.Itoa(int(int32(le.Uint32(b)))), nil
	case typeUint32:
		return strconv.FormatUint(uint64(le.Uint32(b)), 10), nil
	case typeInt64:
		return strconv.FormatInt(int64(le.Uint64(b)), 10), nil
	case typeUint64:
		return strconv.FormatUint(le.Uint64(b), 10), nil
	case typeFloat32:
		return strconv.FormatFloat(float64(math.Float32frombits(le.Uint32(b))), 'g', -1, 32), nil
	case typeFloat64:
		return strconv.FormatFloat(math.Float64frombits(le.Uint64(b)), 'g', -1, 64), nil
	case typeBool:
		return strconv.FormatBool(slices.ContainsFunc(b, func(c byte) bool { return c != 0 })), nil
	case typeBinary:
		return strings.ToUpper(hex.EncodeToString(b)), nil
	case typeGUID:
		return guid(b), nil
	case typeSize, typeHex32, typeHex64:
		switch len(b) {
		case 4:
			return fmt.Sprintf("%#x", le.Uint32(b)), nil
		case 8:
			return fmt.Sprintf("%#x", le.Uint64(b)), nil
		}
	case typeFiletime:
		return filetime(le.Uint64(b)).Format(time.RFC3339Nano), nil
	case typeSystemtime:
		field := func(i int) int { return int(le.Uint16(b[2*i:])) }
		t := time.Date(field(0), time.Month(field(1)), field(3), field(4), field(5), field(6), field(7)*int(time.Millisecond), time.UTC)
		return t.Format(time.RFC3339Nano), nil
	case typeSID:
		return sid(b)
	}
	return "", fmt.Errorf("a value of type %#02x with %d bytes", v.typ, len(b))
}

// array returns the elements of an array, and an empty one if it has none.
func (p *parser) array(v value) ([]string, error) {
	b := p.data[v.from:v.to]
	if len(b) < 2 {
		return []string{""}, nil
	}
	typ := v.typ &^ typeArray
	var list []string
	add := func(text string) error {
		list = append(list, text)
		return p.spend(len(text) + 16)
	}
	switch typ {
	case typeString:
		text := utf16Units(b)
		if text[len(text)-1] == 0 {
			text = text[:len(text)-1]
		}
		for len(text) > 0 || list == nil {
			end := slices.Index(text, 0)
			if end < 0 {
				end = len(text)
			}
			if err := add(string(utf16.Decode(text[:end]))); err != nil {
				return nil, err
			}
			text = text[min(end+1, len(text)):]
		}
		return list, nil
	case typeANSI:
		for part := range strings.SplitSeq(strings.TrimSuffix(string(b), "\x00"), "\x00") {
			decoded, _ := charmap.Windows1252.NewDecoder().String(part)
			if err := add(decoded); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	size, ok := sizes[typ]
	if !ok || len(b)%size != 0 {
		return nil, fmt.Errorf("an array of type %#02x with %d bytes", v.typ, len(b))
	}
	for from := v.from; from < v.to; from += size {
		text, err := p.render(value{typ, from, from + size})
		if err == nil {
			err = add(text)
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

func utf16Units(b []byte) []uint16 {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return units
}

// utf16Text decodes a string without the zeros that may end it.
func utf16Text(b []byte) string {
	return strings.TrimRight(string(utf16.Decode(utf16Units(b))), "\x00")
}

func guid(b []byte) string {
	le := binary.LittleEndian
	return fmt.Sprintf("{%08x-%04x-%04x-%x-%x}", le.Uint32(b), le.Uint16(b[4:]), le.Uint16(b[6:]), b[8:10], b[10:16])
}

// sid writes a security identifier ([MS-DTYP] 2.4.2).
func sid(b []byte) (string, error) {
	if len(b) == 0 {
		return "", nil
	}
	if len(b) < 8 || len(b) < 8+4*int(b[1]) {
		return "", fmt.Errorf("a SID with %d bytes", len(b))
	}
	authority := uint64(binary.BigEndian.Uint16(b[2:]))<<32 | uint64(binary.BigEndian.Uint32(b[4:]))
	text := fmt.Appendf(nil, "S-%d-%d", b[0], authority)
	for i := range int(b[1]) {
		text = fmt.Appendf(text, "-%d", binary.LittleEndian.Uint32(b[8+4*i:]))
	}
	return string(text), nil
}
