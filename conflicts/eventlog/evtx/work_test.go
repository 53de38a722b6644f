package evtx_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"

	"proxyaddr/conflicts/eventlog/evtx"
	"proxyaddr/conflicts/eventlog/evtx/evtxtest"
)

// A hostile is the records of a chunk, written token by token.
type hostile []byte

func (h *hostile) at() int         { return evtxtest.ChunkHeaderSize + len(*h) }
func (h *hostile) bytes(b ...byte) { *h = append(*h, b...) }
func (h *hostile) u16(n int)       { *h = binary.LittleEndian.AppendUint16(*h, uint16(n)) }
func (h *hostile) u32(n int)       { *h = binary.LittleEndian.AppendUint32(*h, uint32(n)) }

// record writes a record.
func (h *hostile) record(id int, content func()) {
	from := len(*h)
	h.bytes('*', '*', 0, 0)
	h.u32(0)
	h.u32(id)
	h.bytes(make([]byte, 12)...)
	content()
	h.bytes(0)
	size := len(*h) - from + 4
	h.u32(size)
	binary.LittleEndian.PutUint32((*h)[from+4:], uint32(size))
}

// define writes an instance of a template with its definition, and returns the offset of that.
func (h *hostile) define(body func(), typ byte, value []byte) int {
	h.bytes(0x0C, 1, 0, 0, 0, 0)
	definition := h.at() + 4
	h.u32(definition)
	h.bytes(make([]byte, 20)...)
	from := len(*h) + 4
	h.u32(0)
	body()
	h.bytes(0)
	binary.LittleEndian.PutUint32((*h)[from-4:], uint32(len(*h)-from))
	h.value(typ, value)
	return definition
}

// again writes an instance of a template that is defined.
func (h *hostile) again(definition int, typ byte, value []byte) {
	h.bytes(0x0C, 1, 0, 0, 0, 0)
	h.u32(definition)
	h.value(typ, value)
}

func (h *hostile) value(typ byte, value []byte) {
	h.u32(1)
	h.u16(len(value))
	h.bytes(typ, 0)
	h.bytes(value...)
}

// name writes a name where it is mentioned, and returns its offset.
func (h *hostile) name(name string) int {
	at := h.at() + 4
	h.u32(at)
	h.bytes(make([]byte, 6)...)
	h.u16(len(name))
	h.bytes(wide(name)...)
	h.u16(0)
	return at
}

// element writes an element of a template with pieces of text, in an attribute if that has a name.
func (h *hostile) element(attribute string, pieces func()) {
	h.bytes(0x01, 0, 0, 0, 0, 0, 0)
	if attribute != "" {
		(*h)[len(*h)-7] |= 0x40
	}
	h.name("E")
	if attribute == "" {
		h.bytes(0x02)
		pieces()
		h.bytes(0x04)
		return
	}
	h.u32(0)
	h.bytes(0x06)
	h.name(attribute)
	pieces()
	h.bytes(0x03)
}

// substitutions puts the value of a template into it, again and again.
func (h *hostile) substitutions(n int, typ byte) {
	for range n {
		h.bytes(0x0D, 0, 0, typ)
	}
}

// wide encodes ASCII as UTF-16.
func wide(text string) []byte {
	var b []byte
	for i := range len(text) {
		b = append(b, text[i], 0)
	}
	return b
}

var nuls = strings.Repeat("\x00", 15_000)

// nameOfNULs has a template that mentions a long name, of which nothing is left, again and again.
func nameOfNULs() (h hostile) {
	definition := 0
	h.record(1, func() {
		definition = h.define(func() {
			h.bytes(0x0A)
			name := h.name(nuls)
			for range 5000 {
				h.bytes(0x0A)
				h.u32(name)
			}
			h.element("", func() {})
		}, 0, nil)
	})
	for id := range 150 {
		h.record(2+id, func() { h.again(definition, 0, nil) })
	}
	return h
}

// values has a template that puts a value into an element or an attribute a number of times.
func values(n int, attribute string, typ byte, value []byte) (h hostile) {
	h.record(1, func() {
		h.define(func() { h.element(attribute, func() { h.substitutions(n, typ) }) }, typ, value)
	})
	return h
}

// emptyPieces has a template with another in it, again and again, which puts nothing into an
// attribute, again and again.
func emptyPieces() (h hostile) {
	h.record(1, func() {
		inner := 0
		h.define(func() {
			inner = h.define(func() { h.element("a", func() { h.substitutions(5000, 1) }) }, 1, nil)
			for range 500 {
				h.again(inner, 1, nil)
			}
		}, 0, nil)
	})
	return h
}

// manyTimes has an element whose value is an array, with a long attribute.
func manyTimes() (h hostile) {
	h.record(1, func() {
		h.define(func() {
			h.bytes(0x41, 0, 0, 0, 0, 0, 0)
			h.name("E")
			h.u32(0)
			h.bytes(0x06)
			h.name("a")
			h.bytes(0x05, 1)
			h.u16(5000)
			h.bytes(wide(strings.Repeat("x", 5000))...)
			h.bytes(0x02)
			h.substitutions(1, 0x84)
			h.bytes(0x04)
		}, 0x84, make([]byte, 1000))
	})
	return h
}

// hostiles are small records that are much work, or become large events.
func hostiles() map[string]hostile {
	return map[string]hostile{
		"a name of NULs":                 nameOfNULs(),
		"a string of NULs":               values(2000, "", 0x01, wide(nuls)),
		"a string of NULs, in attribute": values(2000, "a", 0x01, wide(nuls)),
		"an ANSI string of NULs":         values(2000, "", 0x02, []byte(nuls)),
		"an array of one string":         values(2000, "", 0x81, wide(strings.Repeat("x", 15_000))),
		"many values in one element":     values(15_000, "", 0x01, wide("sixteen letters.")),
		"many values in one attribute":   values(15_000, "a", 0x01, wide("sixteen letters.")),
		"empty pieces":                   emptyPieces(),
		"an array with an attribute":     manyTimes(),
	}
}

// in puts records into a file.
func in(records hostile) []byte {
	file := evtxtest.File(pair)
	const from = evtxtest.HeaderSize + evtxtest.ChunkHeaderSize
	clear(file[from+copy(file[from:], records):])
	chunk := file[evtxtest.HeaderSize:]
	binary.LittleEndian.PutUint32(chunk[48:], uint32(evtxtest.ChunkHeaderSize+len(records)))
	evtxtest.Seal(chunk)
	return file
}

// allocated returns how much memory reading a file took, in all, as a measure of the work.
func allocated(t *testing.T, file []byte) (bytesTaken uint64, events []*evtx.Element, damaged []string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := evtx.Read(bytes.NewReader(file), func(r evtx.Record) { events = append(events, r.Event) },
		func(d evtx.Damage) { damaged = append(damaged, d.Problem) })
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return after.TotalAlloc - before.TotalAlloc, events, damaged
}

// What is read counts, not only what is left of it.
func TestWork(t *testing.T) {
	for name, records := range hostiles() {
		t.Run(name, func(t *testing.T) {
			if len(records) > evtxtest.ChunkSize-evtxtest.ChunkHeaderSize {
				t.Fatalf("%d bytes do not fit into a chunk", len(records))
			}
			work, events, damaged := allocated(t, in(records))
			if len(events) != 0 || !slices.ContainsFunc(damaged, func(d string) bool { return strings.Contains(d, "larger than 256 KB") }) {
				t.Errorf("%d events, %q", len(events), damaged)
			}
			if work > 256<<20 { // a chunk may have 16 MB, and a byte is copied a few times
				t.Errorf("%d MB allocated", work>>20)
			}
		})
	}
}

// Text of many pieces is not copied for each.
func TestManyPieces(t *testing.T) {
	const n, letters = 7000, "sixteen letters."
	for _, attribute := range []string{"", "a"} {
		work, events, damaged := allocated(t, in(values(n, attribute, 0x01, wide(letters))))
		if len(events) != 1 {
			t.Fatalf("%q: %q", attribute, damaged)
		}
		text := events[0].Text
		if attribute != "" {
			text = events[0].Attribute(attribute)
		}
		if text != strings.Repeat(letters, n) {
			t.Errorf("%q: %d bytes", attribute, len(text))
		}
		if work > 8<<20 {
			t.Errorf("%q: %d MB allocated", attribute, work>>20)
		}
	}
}
