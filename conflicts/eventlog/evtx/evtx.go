// Package evtx reads the event logs that Windows keeps, and Event Viewer saves, as .evtx files.
//
// The format is that of libevtx's documentation "Windows XML Event Log (EVTX)" and of
// [MS-EVEN6] 2.2.12: a header, then chunks of 64 KB. A chunk has records. A record is an event as
// binary XML, most of it a template that is stored once in the chunk and the values to put into it.
//
// A file is damaged where Windows was writing to it, where a disk failed, or where it was cut off.
// What can be read is read, and what cannot is told.
package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

const (
	headerSize      = 4096
	chunkSize       = 64 << 10
	chunkHeaderSize = 512
	recordHeader    = 24 // of a record, before its XML
	recordEnds      = recordHeader + 4
)

// Magic begins every file.
const Magic = "ElfFile\x00"

const (
	chunkMagic  = "ElfChnk\x00"
	recordMagic = "\x2a\x2a\x00\x00"
)

// flags of a file
const (
	dirty      = 1 // Windows was writing to it
	noChecksum = 4
)

// ErrFormat says that a file is no .evtx file.
var ErrFormat = errors.New("not an .evtx file")

// A Record is an event in a log.
type Record struct {
	ID      uint64 // counts the events of the log
	Written time.Time
	Event   *Element
}

// A Damage tells what could not be read of a file.
type Damage struct {
	Chunk   int // counts from 1; 0 for the file
	Problem string
}

func (d Damage) String() string {
	if d.Chunk == 0 {
		return d.Problem
	}
	return fmt.Sprintf("chunk %d: %s", d.Chunk, d.Problem)
}

// Read reads a file to its end. It hands over each record and what is damaged, in the order of the
// file, and keeps one chunk in memory. The error is [ErrFormat] or that of r.
func Read(r io.Reader, found func(Record), damaged func(Damage)) error {
	header := make([]byte, headerSize)
	n, err := io.ReadFull(r, header)
	if n < len(Magic) || !bytes.HasPrefix(header, []byte(Magic)) {
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		return ErrFormat
	}
	if err == io.ErrUnexpectedEOF {
		damaged(Damage{Problem: "the file ends within its header"})
		return nil
	}
	if err != nil {
		return err
	}
	f := file{found: found, damaged: damaged, known: true}
	f.flags = binary.LittleEndian.Uint32(header[120:])
	expected := int(binary.LittleEndian.Uint16(header[42:]))
	if crc32.ChecksumIEEE(header[:120]) != binary.LittleEndian.Uint32(header[124:]) {
		damaged(Damage{Problem: "the checksum of the file's header is wrong"})
		expected, f.known = 0, false
	}
	if size := int(binary.LittleEndian.Uint16(header[40:])); size > headerSize {
		if _, err := io.CopyN(io.Discard, r, int64(size-headerSize)); err != nil && err != io.EOF {
			return err
		}
	}
	chunks := 0
	for data := make([]byte, chunkSize); ; {
		n, err := io.ReadFull(r, data)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		if n == 0 {
			break
		}
		chunks++
		clear(data[n:])
		if err == io.ErrUnexpectedEOF && !zero(data) {
			damaged(Damage{chunks, "the file ends within the chunk"})
		}
		f.chunk(chunks, data, chunks <= expected)
		if err != nil {
			break
		}
	}
	if chunks < expected {
		damaged(Damage{Problem: fmt.Sprintf("the file ends after %d of %d chunks", chunks, expected)})
	}
	return nil
}

// A file is a file that is being read.
type file struct {
	found   func(Record)
	damaged func(Damage)
	flags   uint32
	known   bool // how many chunks are in use
}

// chunk reads the records of a chunk. A chunk that is not in use is empty.
func (f *file) chunk(number int, data []byte, inUse bool) {
	damage := func(format string, args ...any) {
		f.damaged(Damage{number, fmt.Sprintf(format, args...)})
	}
	if zero(data) || f.known && !inUse && !bytes.HasPrefix(data, []byte(chunkMagic)) {
		if inUse && f.flags&dirty == 0 {
			damage("is empty")
		}
		return
	}
	le := binary.LittleEndian
	free, known := int(le.Uint32(data[48:])), false
	switch sum := crc32.Update(crc32.ChecksumIEEE(data[:120]), crc32.IEEETable, data[128:chunkHeaderSize]); {
	case !bytes.HasPrefix(data, []byte(chunkMagic)):
		damage("does not begin like a chunk")
	case f.flags&noChecksum == 0 && sum != le.Uint32(data[124:]):
		damage("the checksum of its header is wrong")
	default:
		known = true
	}
	if free < chunkHeaderSize || free > chunkSize {
		if known {
			damage("the size of its records is wrong")
		}
		free, known = chunkSize, false
	}
	if known && f.flags&noChecksum == 0 && crc32.ChecksumIEEE(data[chunkHeaderSize:free]) != le.Uint32(data[52:]) {
		damage("the checksum of its records is wrong")
	}
	t := tally{ids: map[uint64]bool{}}
	last, p := uint64(0), newParser(data)
	for at := chunkHeaderSize; ; {
		size := recordAt(data, at)
		// What stands behind the records may be of an earlier use of the chunk, or so new that the
		// header does not count it yet.
		if at >= free && (size == 0 || le.Uint64(data[at+8:]) != last+1) {
			break
		}
		if size == 0 {
			next := nextRecord(data[:free], at)
			if next < 0 {
				if !zero(data[at:free]) || known && last < le.Uint64(data[32:]) {
					t.gaps++
				}
				break
			}
			t.gaps++
			at = next
			continue
		}
		last = le.Uint64(data[at+8:])
		event, err := p.event(at+recordHeader, at+size-4)
		if err != nil {
			t.failed(last, err)
		} else {
			t.ids[last] = true
			f.found(Record{ID: last, Written: filetime(le.Uint64(data[at+16:])), Event: event})
		}
		at += size
	}
	if known {
		t.expected, t.first = le.Uint64(data[32:])-le.Uint64(data[24:])+1, le.Uint64(data[24:])
	}
	if problem := t.problem(); problem != "" {
		damage("%s", problem)
	}
}

// A tally counts what became of the records of a chunk.
type tally struct {
	ids             map[uint64]bool // that were read
	unread          int
	err             error // of the first that was not
	gaps            int   // places without a record
	first, expected uint64
}

func (t *tally) failed(id uint64, err error) {
	if t.unread++; t.err == nil {
		t.err = fmt.Errorf("record %d: %w", id, err)
	}
}

// problem says how many records could not be read, or is empty.
func (t *tally) problem() string {
	const most = chunkSize / recordEnds // records in a chunk
	missing := uint64(t.unread)
	if t.expected > 0 && t.expected <= most {
		missing = 0
		for id := t.first; id < t.first+t.expected; id++ {
			if !t.ids[id] {
				missing++
			}
		}
	}
	text := ""
	switch {
	case missing > 0 && t.expected > 0 && t.expected <= most:
		text = fmt.Sprintf("%d of %d records could not be read", missing, t.expected)
	case missing > 0:
		text = fmt.Sprintf("%d records could not be read, %d could", missing, len(t.ids))
	case t.gaps > 0:
		text = fmt.Sprintf("%d records could be read, and an unknown number could not", len(t.ids))
	}
	if text != "" && t.err != nil {
		text += fmt.Sprintf(" (%v)", t.err)
	}
	return text
}

// recordAt returns the size of the record at an offset, or 0 if there is none.
func recordAt(data []byte, at int) int {
	if at+recordEnds > len(data) || !bytes.HasPrefix(data[at:], []byte(recordMagic)) {
		return 0
	}
	size := int(binary.LittleEndian.Uint32(data[at+4:]))
	if size < recordEnds || size > len(data)-at || int(binary.LittleEndian.Uint32(data[at+size-4:])) != size {
		return 0
	}
	return size
}

// nextRecord returns the offset of the next record behind at, or -1.
func nextRecord(data []byte, at int) int {
	for at++; at < len(data); at++ {
		i := bytes.Index(data[at:], []byte(recordMagic))
		if i < 0 {
			return -1
		}
		if at += i; recordAt(data, at) > 0 {
			return at
		}
	}
	return -1
}

func zero(data []byte) bool { return len(bytes.TrimLeft(data, "\x00")) == 0 }

// filetime returns the time of a count of 100 nanoseconds since 1601.
func filetime(ticks uint64) time.Time {
	const perSecond, until1970 = 10_000_000, 11_644_473_600
	return time.Unix(int64(ticks/perSecond)-until1970, int64(ticks%perSecond)*100).UTC()
}
