package ldif

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	errSurrogate = errors.New("malformed UTF-16: unpaired surrogate")
	errOddUTF16  = errors.New("input ends in the middle of a UTF-16 character")
)

// Byte order marks.
const (
	utf8Mark    = "\xef\xbb\xbf"
	utf16LEMark = "\xff\xfe"
	utf16BEMark = "\xfe\xff"
)

// decodeBOM drops a byte order mark, returns its size, and turns UTF-16 that starts with
// one into UTF-8.
func decodeBOM(src io.Reader) (decoded io.Reader, mark int, err error) {
	r := bufio.NewReaderSize(src, 16) // larger reads bypass its buffer
	head, err := r.Peek(len(utf8Mark))
	if err != nil && err != io.EOF {
		return r, 0, err
	}
	decoded = r
	switch text := string(head); {
	case text == utf8Mark:
		mark = len(utf8Mark)
	case strings.HasPrefix(text, utf16LEMark):
		mark, decoded = len(utf16LEMark), &utf16Reader{src: r, order: binary.LittleEndian}
	case strings.HasPrefix(text, utf16BEMark):
		mark, decoded = len(utf16BEMark), &utf16Reader{src: r, order: binary.BigEndian}
	}
	r.Discard(mark)
	return decoded, mark, nil
}

// utf16Reader reads UTF-16 as UTF-8.
type utf16Reader struct {
	src     io.Reader
	order   binary.ByteOrder
	raw     [32 << 10]byte
	pending int    // bytes at the start of raw of an incomplete character
	out     []byte // decoded, not yet read
	outBuf  []byte
	err     error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	if len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.src.Read(u.raw[u.pending:])
		u.err = err
		u.decode(u.raw[:u.pending+n])
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// decode sets out to the whole characters of raw and keeps the rest of it pending.
func (u *utf16Reader) decode(raw []byte) {
	out := u.outBuf[:0]
	for len(raw) >= 2 {
		c, size := rune(u.order.Uint16(raw)), 2
		if utf16.IsSurrogate(c) {
			if len(raw) < 4 {
				break
			}
			c, size = utf16.DecodeRune(c, rune(u.order.Uint16(raw[2:]))), 4
			if c == utf8.RuneError {
				u.err = errSurrogate
				raw = nil
				break
			}
		}
		out = utf8.AppendRune(out, c)
		raw = raw[size:]
	}
	u.pending = copy(u.raw[:], raw)
	if u.pending > 0 && u.err == io.EOF {
		u.err = errOddUTF16
	}
	u.out, u.outBuf = out, out
}
