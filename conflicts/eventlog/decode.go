package eventlog

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decode turns an export into UTF-8. It recognizes UTF-16 by its byte order mark, or by the zero
// bytes of ASCII characters. Bytes that are not UTF-8 are taken for Windows-1252, the encoding of
// older programs on western Windows.
func decode(r io.Reader) io.Reader {
	src := bufio.NewReaderSize(r, headSize)
	head, _ := src.Peek(headSize) // an error comes again with the next Read
	switch order := byteOrder(head); {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		src.Discard(3)
	case order != nil:
		return transform.NewReader(src, unicode.UTF16(*order, unicode.UseBOM).NewDecoder())
	}
	return transform.NewReader(src, lenient{})
}

// byteOrder returns the byte order of UTF-16, or nil if head is not UTF-16.
func byteOrder(head []byte) *unicode.Endianness {
	little, big := unicode.LittleEndian, unicode.BigEndian
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	half := len(head) / 4 // of all characters
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), zeros[1] > half && zeros[0] == 0:
		return &little
	case bytes.HasPrefix(head, []byte("\xFE\xFF")), zeros[0] > half && zeros[1] == 0:
		return &big
	}
	return nil
}

// lenient passes UTF-8 on and decodes all other bytes as Windows-1252.
type lenient struct{ transform.NopResetter }

func (lenient) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		c, size := utf8.DecodeRune(src[nSrc:])
		if c == utf8.RuneError && size == 1 {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			c = charmap.Windows1252.DecodeByte(src[nSrc])
		}
		if nDst+utf8.RuneLen(c) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], c)
		nSrc += size
	}
	return nDst, nSrc, nil
}
