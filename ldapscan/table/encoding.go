package table

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// An encoding is how the characters of a table are stored.
type encoding int

const (
	asUTF8 encoding = iota
	asUTF16LE
	asUTF16BE
	asCodePage // of western Windows
)

const (
	utf8Mark  = "\xef\xbb\xbf"
	mark      = '\ufeff'
	chunkSize = 64 << 10
)

var errMixed = errors.New("a byte that is not UTF-8, in a file that has UTF-8: two encodings are mixed")

// byteOrder returns the encoding of UTF-16, or false if the head of a file is not UTF-16.
// Text that begins without a byte order mark begins with ASCII.
func byteOrder(head []byte) (encoding, bool) {
	switch {
	case len(head) < 2:
	case string(head[:2]) == "\xff\xfe", head[0] != 0 && head[1] == 0:
		return asUTF16LE, true
	case string(head[:2]) == "\xfe\xff", head[0] == 0 && head[1] != 0:
		return asUTF16BE, true
	}
	return asUTF8, false
}

// An examination tells how a file is encoded.
type examination struct {
	encoding
	ascii bool // it has no other characters
}

// examine reads all of a file that is not UTF-16: a single byte far behind tells that it is not
// UTF-8. Bytes that are not UTF-8 in a file without characters of UTF-8 are of a code page.
func examine(src io.ReaderAt) (examination, error) {
	buf := make([]byte, chunkSize)
	n, err := src.ReadAt(buf[:2], 0)
	if err != nil && err != io.EOF {
		return examination{}, err
	}
	if order, ok := byteOrder(buf[:n]); ok {
		return examination{encoding: order}, nil
	}
	wide, foreign := false, int64(-1)
	for at := int64(0); ; {
		n, err := src.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return examination{}, err
		}
		rest := buf[:n]
		if at == 0 {
			rest = bytes.TrimPrefix(rest, []byte(utf8Mark))
		}
		for len(rest) > 0 && (rest[0] < utf8.RuneSelf || utf8.FullRune(rest) || err == io.EOF) {
			if rest[0] < utf8.RuneSelf {
				rest = rest[1:]
				continue
			}
			c, size := utf8.DecodeRune(rest)
			switch {
			case c != utf8.RuneError || size > 1:
				wide = wide || size > 1
			case foreign < 0:
				foreign = at + int64(n-len(rest))
			}
			rest = rest[size:]
		}
		if err == io.EOF {
			break
		}
		at += int64(n - len(rest))
	}
	switch {
	case foreign >= 0 && wide:
		return examination{}, placed(src, foreign, errMixed)
	case foreign >= 0:
		return examination{encoding: asCodePage}, nil
	}
	return examination{ascii: !wide}, nil
}

// decode returns a file as UTF-8 without a byte order mark.
func (e encoding) decode(src io.Reader) io.Reader {
	switch e {
	case asUTF16LE:
		return transform.NewReader(src, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	case asUTF16BE:
		return transform.NewReader(src, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder())
	case asCodePage:
		return transform.NewReader(src, charmap.Windows1252.NewDecoder())
	}
	return transform.NewReader(src, unicode.UTF8BOM.NewDecoder())
}

// placed returns an error with the line and the column of a byte of a file that is not UTF-16.
func placed(src io.ReaderAt, at int64, cause error) *Error {
	return count(io.NewSectionReader(src, 0, at), cause)
}

// count returns an error with the place behind everything that is read.
func count(before io.Reader, cause error) *Error {
	e := &Error{Line: 1, Column: 1, Err: cause}
	buf := make([]byte, chunkSize)
	for {
		n, err := before.Read(buf)
		for _, c := range buf[:n] {
			switch {
			case c == '\n':
				e.Line, e.Column = e.Line+1, 1
			case c&0xc0 != 0x80: // not within a character
				e.Column++
			}
		}
		if err != nil {
			return e
		}
	}
}
