package eventlog

import (
	"bytes"
	"io"
)

const (
	// maxRecord is the size in bytes of the largest event that is read. Windows
	// allows an event 64 KB.
	maxRecord = 256 << 10
	// headSize is how much of an input its format is told from.
	headSize = 64 << 10
)

// A record is an event of any kind, as an export has it.
type record struct {
	line     int // from 1
	id       int // 0 if the input does not tell
	provider string
	computer string
	logged   moment
	message  string   // Exchange's words
	inserted []string // the strings that belong into them, where they are kept
}

func one(r record, err error) ([]record, error) {
	if err != nil {
		return nil, err
	}
	return []record{r}, nil
}

// A format is a way to write down events.
type format struct {
	name string // for "… read as …"
	// split finds the first event in data, which goes on unless eof is set. It
	// returns where the event starts and ends, or an end of 0 if data holds no
	// whole event, and then where one starts or may start.
	split func(data []byte, eof bool) (start, end int)
	// filler reports whether text may stand between events. If it is nil any may.
	filler func(text []byte) bool
	// parse reads what split has found. The lines of the records count from it.
	parse func(text string) ([]record, error)
}

// A scanner reads the events of an input one by one, and holds no more of it
// than one of them.
type scanner struct {
	format
	r     io.Reader
	data  []byte // not handed out yet
	eof   bool
	err   error // of r, other than io.EOF
	lines int   // before data
	lost  bool  // what could not be read has been reported, and nothing was read since
}

// A chunk is a piece of the input that holds an event, or a problem instead.
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
