package ldif

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// cutWindow is how much is examined at once, a few records.
const cutWindow = 4 << 10

// Cut returns the first offset after at where an input can be cut in two. Two Readers,
// one for each part, then find the same as one Reader, except for the line numbers. The
// offset is after a blank line. Without one, and always in UTF-16, it is the end of the
// input.
func Cut(src *io.SectionReader, at int64) (int64, error) {
	var mark [len(utf16LEMark)]byte
	if _, err := src.ReadAt(mark[:], 0); err != nil && err != io.EOF {
		return 0, err
	}
	if string(mark[:]) == utf16LEMark || string(mark[:]) == utf16BEMark {
		return src.Size(), nil
	}
	const overlap = len("\n\r\n") // and what follows it
	buf := make([]byte, cutWindow)
	for {
		n, err := src.ReadAt(buf, at)
		if i := cut(buf[:n]); i > 0 {
			return at + int64(i), nil
		}
		if err == io.EOF {
			return src.Size(), nil
		}
		if err != nil {
			return 0, err
		}
		at += int64(n - overlap)
	}
}

// cut returns the offset after the first blank line of b, -1 if there is none. An ASCII
// character must follow, as anything else could be taken for a byte order mark.
func cut(b []byte) int {
	for i := 0; ; i++ {
		end := bytes.IndexByte(b[i:], '\n')
		if end < 0 {
			return -1
		}
		i += end
		behind := bytes.TrimPrefix(b[i+1:], []byte("\r"))
		if len(behind) > 1 && behind[0] == '\n' && behind[1] < utf8.RuneSelf {
			return len(b) - len(behind) + 1
		}
	}
}
