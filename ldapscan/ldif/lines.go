package ldif

import (
	"bytes"
	"io"
)

// bufferSize is how much the Reader reads at once. The buffer grows when one record needs
// more.
const bufferSize = 256 << 10

// endOfText is the character that copy of Windows writes after files that it joins
// (Ctrl-Z).
const endOfText = 0x1a

// line is a logical line, the bytes lo to hi counted from the start of its record in the buffer.
type line struct {
	lo, hi  int
	number  int
	comment bool
}

// lines is the lexer: it holds the input in one buffer, and returns the lines of a
// record, which stay in that buffer.
type lines struct {
	src     io.Reader
	opened  bool  // the byte order mark of src was read
	readErr error // why src ended

	// buf[start:pos] is the record being collected, buf[pos:end] was read but not
	// examined yet. before counts the bytes of the input before buf.
	buf             []byte
	start, pos, end int
	before          int64

	number    int  // of the last physical line taken
	stray     bool // a NUL or a carriage return was read
	forgetful bool // remarks are the only comments kept
	cutOff    bool // the last line has no line end
	unclosed  bool // the last record has no blank line after it
	record    []line
}

// next collects the logical lines, comments included, up to the next blank line or the end of
// input. They are valid until it is called again. It returns io.EOF when there are none left.
func (l *lines) next(maxLine, maxRecord int) error {
	l.record = l.record[:0]
	l.start = l.pos
	for {
		lo, hi, err := l.physical(maxLine, maxRecord)
		switch {
		case err == io.EOF && len(l.record) > 0:
			l.endLine()
			l.unclosed = true
			return nil
		case err == io.EOF:
			return err
		case err != nil:
			return &ParseError{Line: l.number + 1, Err: err}
		}
		l.number++
		if bytes.HasPrefix(l.buf[l.start+lo:l.start+hi], []byte(utf8Mark)) {
			lo += len(utf8Mark) // from a file that was appended
		}
		switch {
		case lo == hi && len(l.record) > 0:
			l.endLine()
			return nil
		case lo == hi:
			l.start = l.pos
		case l.buf[l.start+lo] != ' ':
			l.endLine()
			if l.forgetful && lo > bufferSize && len(l.record) == 1 && l.droppable(0) { // after many others
				l.record = l.record[:0]
				l.start += lo
				lo, hi = 0, hi-lo
			}
			l.record = append(l.record, line{lo: lo, hi: hi, number: l.number})
		case len(l.record) == 0:
			return &ParseError{Line: l.number, Err: errContinuation}
		default:
			// Joining moves the piece left, over line ends that were handled.
			last := &l.record[len(l.record)-1]
			last.hi += copy(l.buf[l.start+last.hi:], l.buf[l.start+lo+1:l.start+hi])
			if last.hi-last.lo > maxLine {
				return &ParseError{Line: l.number, Err: ErrLineTooLong}
			}
		}
	}
}

// endLine is called when the last line of the record is complete. It tells comments from
// other lines. If comments are not kept, it drops a comment before another one: only the
// last can name the entry below.
func (l *lines) endLine() {
	n := len(l.record) - 1
	if n < 0 {
		return
	}
	last := &l.record[n]
	text := l.text(*last)
	last.comment = text[0] == '#' || n > 0 && l.record[n-1].comment && restOfName(text) || isPrompt(text)
	if l.forgetful && last.comment && n > 0 && l.droppable(n-1) {
		l.record[n-1] = *last
		l.record = l.record[:n]
	}
}

// droppable reports whether a line is a comment but not a remark.
func (l *lines) droppable(i int) bool {
	if !l.record[i].comment {
		return false
	}
	_, ok := remarkIn(l.text(l.record[i]))
	return !ok
}

// restOfName reports whether a line is the second one of the comment in which ldapsearch
// names an entry. The name of an object that was deleted, or lost its name to another,
// has a line feed ([MS-ADTS] 3.1.1.5.5.1.1), which ldapsearch writes as it is. Active
// Directory does not allow it in other names.
func restOfName(text []byte) bool {
	const guid = len("00112233-4455-6677-8899-aabbccddeeff")
	mark, rest, _ := bytes.Cut(text, []byte(":"))
	return (string(mark) == "DEL" || string(mark) == "CNF") && len(rest) >= guid && bytes.Count(rest[:guid], []byte("-")) == 4
}

// isPrompt recognizes the prompt that ldapsearch writes between pages, even into a file.
func isPrompt(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Press [size] Enter for the next {")) || bytes.HasPrefix(text, []byte("Estimate entries: "))
}

// offset returns how many bytes of the input come before a place in the buffer, or -1 where
// they are not counted.
func (l *lines) offset(at int) int64 {
	if _, ok := l.src.(*utf16Reader); ok {
		return -1
	}
	return l.before + int64(at)
}

// text returns the bytes of a logical line of the current record.
func (l *lines) text(n line) []byte { return l.buf[l.start+n.lo : l.start+n.hi : l.start+n.hi] }

// physical returns the next physical line, from lo to hi without its line end.
func (l *lines) physical(maxLine, maxRecord int) (lo, hi int, err error) {
	seen := 0
	for {
		if i := bytes.IndexByte(l.buf[l.pos+seen:l.end], '\n'); i >= 0 {
			hi = l.pos + seen + i
			break
		}
		seen = l.end - l.pos
		if seen > maxLine+len("\r") {
			return 0, 0, ErrLineTooLong
		}
		if l.end-l.start > maxRecord {
			return 0, 0, ErrRecordTooLarge
		}
		if err := l.fill(); err == io.EOF && seen == 1 && l.buf[l.pos] == endOfText {
			return 0, 0, io.EOF
		} else if err == io.EOF && seen > 0 {
			hi, l.cutOff = l.end, true
			break
		} else if err != nil {
			return 0, 0, err
		}
	}
	lo, l.pos = l.pos-l.start, min(hi+1, l.end)
	hi -= l.start
	if hi > lo && l.buf[l.start+hi-1] == '\r' {
		hi--
	}
	if hi-lo > maxLine {
		return 0, 0, ErrLineTooLong
	}
	if hi > maxRecord {
		return 0, 0, ErrRecordTooLarge
	}
	return lo, hi, nil
}

// fill reads more input after buf[:end]. It moves the current record to the front of the
// buffer first.
func (l *lines) fill() error {
	if l.readErr != nil {
		return l.readErr
	}
	if l.buf == nil {
		l.buf = make([]byte, bufferSize)
	}
	if !l.opened {
		var mark int
		if l.src, mark, l.readErr = decodeBOM(l.src); l.readErr != nil {
			return l.readErr
		}
		l.opened, l.before = true, int64(mark)
	}
	if l.start > 0 {
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.pos -= l.start
		l.before += int64(l.start)
		l.start = 0
	}
	if l.end == len(l.buf) {
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	const maxEmptyReads = 100 // as in bufio
	for range maxEmptyReads {
		n, err := l.src.Read(l.buf[l.end:])
		read := l.buf[l.end : l.end+n]
		l.stray = l.stray || bytes.IndexByte(read, '\r') >= 0 || bytes.IndexByte(read, 0) >= 0
		l.end += n
		l.readErr = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	l.readErr = io.ErrNoProgress
	return l.readErr
}
