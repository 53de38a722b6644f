package eventlog

import (
	"bytes"
	"io"
)

const (
	// maxRecord is the size in bytes of the largest event that is read. Windows
	// allows an event 64 KB.
	maxRecord = 256 << 10
	// headSize is how much of an input is read to recognize its format.
	headSize = 64 << 10
)

// A record is an event of any kind in an export.
type record struct {
	line     int // from 1
	id       int // 0 if the input does not tell
	provider string
	computer string
	logged   moment
	message  string            // Exchange's words
	inserted []string          // the strings to insert into them, if the input has them
	named    map[string]string // those strings that have names
	// addresses are those that a message names which is no event 9514 or 9217.
	addresses []string
	kind      Message
	// told says that the record is of a text, in which its XML may follow, and again that it is
	// XML that follows the text of an event.
	told, again bool
}

func one(r record, err error) ([]record, error) {
	if err != nil {
		return nil, err
	}
	return []record{r}, nil
}

// A format is a way to write events.
type format struct {
	name string // for "… read as …"
	// split finds the first event in data, which is incomplete unless eof is set. It returns
	// where the event starts and ends. If data has no whole event, the end is 0, and the start is
	// where one starts or may start.
	split func(data []byte, eof bool) (start, end int)
	// filler reports whether text is allowed between events. If it is nil, any text is.
	filler func(text []byte) bool
	// parse reads the event that split found. The lines of the records count from its start.
	parse func(text string) ([]record, error)
}

// A scanner reads the events of an input one by one, and keeps only one of them in memory.
type scanner struct {
	format
	r     io.Reader
	data  []byte // not handed out yet
	eof   bool
	err   error // of r, other than io.EOF
	lines int   // before data
	lost  bool  // the damage was reported, and nothing was read since
}

// A chunk is a piece of the input with an event, or a problem instead.
type chunk struct {
	line    int
	text    string
	problem string
}

// next returns the next chunk. At the end of the input or at an error there is none.
func (s *scanner) next() (chunk, bool) {
	for s.err == nil {
		start, end := s.split(s.data, s.eof)
		line := s.lines + 1
		if skipped := s.take(start); s.filler != nil && !s.filler(skipped) && !s.lost {
			s.lost = true
			blank := skipped[:len(skipped)-len(bytes.TrimLeft(skipped, " \t\r\n"))]
			return chunk{line: line + bytes.Count(blank, []byte("\n")), problem: "what stands here is no event"}, true
		}
		line = s.lines + 1
		if end > start {
			s.lost = false
			return chunk{line: line, text: string(s.take(end - start))}, true
		}
		problem := ""
		switch {
		case len(s.data) >= maxRecord:
			problem = "the event is larger than 256 KB"
		case !s.eof:
			s.fill()
			continue
		case len(bytes.TrimSpace(s.data)) > 0:
			problem = "the input ends within an event"
		}
		if s.take(len(s.data)); problem == "" {
			break
		}
		if !s.lost {
			s.lost = true
			return chunk{line: line, problem: problem}, true
		}
	}
	return chunk{}, false
}

// take removes n bytes from data and returns them.
func (s *scanner) take(n int) []byte {
	taken := s.data[:n]
	s.data = s.data[n:]
	s.lines += bytes.Count(taken, []byte("\n"))
	return taken
}

func (s *scanner) fill() {
	if len(s.data) == cap(s.data) {
		s.data = append(make([]byte, 0, 2*len(s.data)+headSize), s.data...)
	}
	n, err := io.ReadFull(s.r, s.data[len(s.data):cap(s.data)])
	s.data = s.data[:len(s.data)+n]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		s.eof = true
	} else {
		s.err = err
	}
}
