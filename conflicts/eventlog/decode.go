package eventlog

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decode turns an export into UTF-8. It recognizes UTF-16 by its byte order mark, or by the zero
// bytes of ASCII characters. Bytes that are not UTF-8 are taken for Windows-1252, the encoding of
// older programs on western Windows; once all is read, guessed tells whether there were any.
func decode(r io.Reader) (decoded io.Reader, guessed *bool) {
	src := bufio.NewReaderSize(r, headSize)
	head, _ := src.Peek(headSize) // an error comes again with the next Read
	switch order := byteOrder(head); {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		src.Discard(3)
	case order != nil:
		return transform.NewReader(src, unicode.UTF16(*order, unicode.UseBOM).NewDecoder()), new(bool)
	}
	var l lenient
	return transform.NewReader(src, &l), &l.guessed
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
type lenient struct {
	transform.NopResetter
	guessed bool // that a byte is Windows-1252
}

func (l *lenient) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		c, size := utf8.DecodeRune(src[nSrc:])
		if c == utf8.RuneError && size == 1 {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			c = decode1252(src[nSrc])
			l.guessed = true
		}
		if nDst+utf8.RuneLen(c) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], c)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// codePages are encodings that consoles and programs on Windows use besides Windows-1252.
var codePages = []*charmap.Charmap{
	charmap.CodePage850, charmap.CodePage437, charmap.CodePage852, charmap.CodePage866,
	charmap.Windows1250, charmap.Windows1251, charmap.Windows1253, charmap.Windows1254,
}

// decode1252 returns a character of Windows-1252. Bytes without one stay what they are, so that
// they can be decoded otherwise.
func decode1252(b byte) rune {
	if c := charmap.Windows1252.DecodeByte(b); c != utf8.RuneError {
		return c
	}
	return rune(b)
}

// windows1252 has the byte of each character of Windows-1252 outside ASCII.
var windows1252 = func() map[rune]byte {
	bytes := map[rune]byte{}
	for b := 0x80; b <= 0xFF; b++ {
		bytes[decode1252(byte(b))] = byte(b)
	}
	return bytes
}()

// otherwise returns what a text is in another encoding if it was wrongly taken for Windows-1252. A
// byte that the encoding does not have becomes U+FFFD.
func otherwise(text string, page *charmap.Charmap) string {
	return strings.Map(func(c rune) rune {
		if b, ok := windows1252[c]; ok {
			return page.DecodeByte(b)
		}
		return c
	}, text)
}
