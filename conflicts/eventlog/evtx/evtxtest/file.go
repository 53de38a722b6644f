// Package evtxtest writes .evtx files for tests.
package evtxtest

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// An Event is an event to write.
type Event struct {
	ID                 uint16
	Provider, Computer string
	Time               time.Time
	// Data has the strings of the event, with names or all without.
	Data []Data
}

// Data is a string of an event.
type Data struct{ Name, Value string }

// Sizes of the parts of a file.
const (
	HeaderSize      = 4096
	ChunkSize       = 64 << 10
	ChunkHeaderSize = 512
)

// enough is the size of a chunk at which another is begun.
const enough = 48 << 10

// File returns a file with events, whose records count from 1.
func File(events ...Event) []byte {
	chunks := 0
	var body []byte
	c := newChunk(1)
	for i, e := range events {
		if len(c.b) > enough {
			body, chunks = append(body, c.finish()...), chunks+1
			c = newChunk(uint64(i + 1))
		}
		c.record(uint64(i+1), e)
	}
	body, chunks = append(body, c.finish()...), chunks+1

	header := make([]byte, HeaderSize)
	le := binary.LittleEndian
	copy(header, "ElfFile\x00")
	le.PutUint64(header[16:], uint64(chunks-1))
	le.PutUint64(header[24:], uint64(len(events)+1))
	le.PutUint32(header[32:], 128)
	le.PutUint16(header[36:], 1)
	le.PutUint16(header[38:], 3)
	le.PutUint16(header[40:], HeaderSize)
	le.PutUint16(header[42:], uint16(chunks))
	le.PutUint32(header[124:], crc32.ChecksumIEEE(header[:120]))
	return append(header, body...)
}

// A chunk is a chunk that is being written.
type chunk struct {
	b           []byte
	names       map[string]int // offsets
	templates   map[string]int // offsets of definitions
	first, last uint64         // records
	lastAt      int
}

func newChunk(first uint64) *chunk {
	return &chunk{b: make([]byte, ChunkHeaderSize), names: map[string]int{}, templates: map[string]int{}, first: first, last: first - 1}
}

// finish returns the whole chunk.
func (c *chunk) finish() []byte {
	le := binary.LittleEndian
	end := len(c.b)
	c.b = append(c.b, make([]byte, ChunkSize-end)...)
	copy(c.b, "ElfChnk\x00")
	for i, id := range []uint64{c.first, c.last, c.first, c.last} {
		le.PutUint64(c.b[8+8*i:], id)
	}
	le.PutUint32(c.b[40:], 128)
	le.PutUint32(c.b[44:], uint32(c.lastAt))
	le.PutUint32(c.b[48:], uint32(end))
	le.PutUint32(c.b[52:], crc32.ChecksumIEEE(c.b[ChunkHeaderSize:end]))
	Seal(c.b)
	return c.b
}

// Seal sets the checksum of the header of a chunk.
func Seal(chunk []byte) {
	sum := crc32.Update(crc32.ChecksumIEEE(chunk[:120]), crc32.IEEETable, chunk[128:ChunkHeaderSize])
	binary.LittleEndian.PutUint32(chunk[124:], sum)
}

func (c *chunk) record(id uint64, e Event) {
	at := len(c.b)
	c.last, c.lastAt = id, at
	c.bytes('*', '*', 0, 0)
	c.u32(0) // the size
	c.u64(id)
	c.u64(ticks(e.Time))
	c.bytes(0x0F, 1, 1, 0)
	c.template("event", eventTemplate, []func(){
		func() { c.text(e.Provider) },
		func() { c.u16(e.ID) },
		func() { c.u64(ticks(e.Time)) },
		func() { c.u64(id) },
		func() { c.text(e.Computer) },
		func() { c.data(e.Data) },
	}, []byte{0x01, 0x06, 0x11, 0x0A, 0x01, 0x21})
	c.bytes(0)
	size := uint32(len(c.b) - at + 4)
	c.u32(size)
	binary.LittleEndian.PutUint32(c.b[at+4:], size)
}

func eventTemplate(c *chunk) {
	c.open("Event", func() {
		c.attribute("xmlns", true, func() { c.value("http://schemas.microsoft.com/win/2004/08/events/event") })
	}, func() {
		c.open("System", nil, func() {
			c.open("Provider", func() { c.attribute("Name", true, func() { c.substitution(0, 0x01) }) }, nil)
			c.open("EventID", nil, func() { c.substitution(1, 0x06) })
			c.open("TimeCreated", func() { c.attribute("SystemTime", true, func() { c.substitution(2, 0x11) }) }, nil)
			c.open("EventRecordID", nil, func() { c.substitution(3, 0x0A) })
			c.open("Computer", nil, func() { c.substitution(4, 0x01) })
		})
		c.substitution(5, 0x21)
	})
}

// data writes the element EventData as a template of its own.
func (c *chunk) data(list []Data) {
	c.bytes(0x0F, 1, 1, 0)
	defer c.bytes(0)
	if len(list) == 0 || list[0].Name == "" {
		c.template("strings", func(c *chunk) {
			c.open("EventData", nil, func() {
				c.open("Data", nil, func() { c.substitution(0, 0x81) })
				c.open("Binary", nil, func() { c.substitution(1, 0x0E) })
			})
		}, []func(){func() {
			for _, d := range list {
				c.text(d.Value)
				c.u16(0)
			}
		}, func() {}}, []byte{0x81, 0})
		return
	}
	key := ""
	var values []func()
	var types []byte
	for _, d := range list {
		key += "\x00" + d.Name
		values = append(values, func() { c.text(d.Value) })
		types = append(types, 0x01)
	}
	c.template(key, func(c *chunk) {
		c.open("EventData", nil, func() {
			for i, d := range list {
				c.open("Data", func() { c.attribute("Name", true, func() { c.value(d.Name) }) }, func() { c.substitution(uint16(i), 0x01) })
			}
		})
	}, values, types)
}

// template writes an instance of a template, and its definition if it is the first.
func (c *chunk) template(key string, body func(*chunk), values []func(), types []byte) {
	c.bytes(0x0C, 1)
	c.u32(uint32(len(key)))
	if at, known := c.templates[key]; known {
		c.u32(uint32(at))
	} else {
		at := len(c.b) + 4
		c.templates[key] = at
		c.u32(uint32(at))
		c.u32(0)
		c.bytes(slices.Repeat([]byte{byte(len(c.templates))}, 16)...)
		c.sized(func() {
			c.bytes(0x0F, 1, 1, 0)
			body(c)
			c.bytes(0)
		})
	}
	c.u32(uint32(len(values)))
	sizes := len(c.b)
	for _, typ := range types {
		c.bytes(0, 0, typ, 0)
	}
	for i, write := range values {
		from := len(c.b)
		write()
		binary.LittleEndian.PutUint16(c.b[sizes+4*i:], uint16(len(c.b)-from))
	}
}

// open writes an element with its attributes and content, either of which may be nil.
func (c *chunk) open(name string, attributes, content func()) {
	if attributes == nil {
		c.bytes(0x01)
	} else {
		c.bytes(0x41)
	}
	c.u16(0xFFFF)
	c.sized(func() {
		c.name(name)
		if attributes != nil {
			c.sized(attributes)
		}
		if content == nil {
			c.bytes(0x03)
			return
		}
		c.bytes(0x02)
		content()
		c.bytes(0x04)
	})
}

func (c *chunk) attribute(name string, last bool, value func()) {
	c.bytes(map[bool]byte{true: 0x06, false: 0x46}[last])
	c.name(name)
	value()
}

func (c *chunk) value(text string) {
	units := utf16.Encode([]rune(text))
	c.bytes(0x05, 0x01)
	c.u16(uint16(len(units)))
	c.text(text)
}

func (c *chunk) substitution(id uint16, typ byte) {
	c.bytes(0x0E)
	c.u16(id)
	c.bytes(typ)
}

func (c *chunk) name(name string) {
	if at, known := c.names[name]; known {
		c.u32(uint32(at))
		return
	}
	c.u32(uint32(len(c.b) + 4))
	c.names[name] = len(c.b)
	c.u32(0)
	c.u16(hash(name))
	c.u16(uint16(len(utf16.Encode([]rune(name)))))
	c.text(name)
	c.u16(0)
}

// hash is that of names.
func hash(name string) uint16 {
	h := uint32(0)
	for _, unit := range utf16.Encode([]rune(name)) {
		h = h*65599 + uint32(unit)
	}
	return uint16(h)
}

// sized writes something behind its size.
func (c *chunk) sized(write func()) {
	at := len(c.b)
	c.u32(0)
	write()
	binary.LittleEndian.PutUint32(c.b[at:], uint32(len(c.b)-at-4))
}

func (c *chunk) text(s string) {
	for _, unit := range utf16.Encode([]rune(s)) {
		c.u16(unit)
	}
}

func (c *chunk) bytes(b ...byte) { c.b = append(c.b, b...) }
func (c *chunk) u16(n uint16)    { c.b = binary.LittleEndian.AppendUint16(c.b, n) }
func (c *chunk) u32(n uint32)    { c.b = binary.LittleEndian.AppendUint32(c.b, n) }
func (c *chunk) u64(n uint64)    { c.b = binary.LittleEndian.AppendUint64(c.b, n) }

// ticks counts 100 nanoseconds since 1601.
func ticks(t time.Time) uint64 {
	return uint64(t.Unix()+11_644_473_600)*10_000_000 + uint64(t.Nanosecond()/100)
}

// Strings returns the strings of an event without names.
func Strings(values ...string) []Data {
	var list []Data
	for _, v := range values {
		list = append(list, Data{Value: v})
	}
	return list
}

// Named returns the strings of an event from lines of NAME=VALUE.
func Named(lines ...string) []Data {
	var list []Data
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		list = append(list, Data{name, value})
	}
	return list
}
