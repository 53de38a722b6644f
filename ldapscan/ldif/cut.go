package ldif

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// cutWindow is how much is looked at in one go, a few records.
const cutWindow = 4 << 10

// Cut returns the first offset behind at where an input can be cut in two, each for a Reader of
// its own, which find the same as one Reader but for the numbers of the lines. That is behind a
// blank line. If there is none it is the end of the input, as always in UTF-16.
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

// cut returns the place behind the first blank line of b, -1 if there is none. What follows
// must be ASCII, lest it be taken for a byte order mark.
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
