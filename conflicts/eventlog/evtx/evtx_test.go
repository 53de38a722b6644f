package evtx_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts/eventlog/evtx"
	"proxyaddr/conflicts/eventlog/evtx/evtxtest"
)

var logged = time.Date(2023, 5, 15, 10, 2, 11, 123456700, time.UTC)

// pair is an event without names for its strings, and audit one with them.
var (
	pair = evtxtest.Event{ID: 9514, Provider: "MSExchangeIS", Computer: "EX01.contoso.com", Time: logged,
		Data: evtxtest.Strings("dc=com/dc=contoso/cn=Jörg & <Söhne>", "dc=com/dc=contoso/cn=😀")}
	audit = evtxtest.Event{ID: 5136, Provider: "Microsoft-Windows-Security-Auditing", Computer: "DC01.contoso.com", Time: logged,
		Data: evtxtest.Named("SubjectUserName=hrfeed", "AttributeValue=smtp:a=b@contoso.com")}
)

// read returns the records of a file as lines, and what is damaged.
func read(t *testing.T, file []byte) (records, damaged []string) {
	t.Helper()
	err := evtx.Read(bytes.NewReader(file), func(r evtx.Record) { records = append(records, line(r)) },
		func(d evtx.Damage) { damaged = append(damaged, d.String()) })
	if err != nil {
		t.Fatal(err)
	}
	return records, damaged
}

// line writes a record as one line.
func line(r evtx.Record) string {
	system := r.Event.Child("System")
	text := fmt.Sprint(r.ID, " ", r.Written.Format(time.RFC3339Nano), " ", r.Event.Name, " ", system.Child("EventID").Content(), " ",
		system.Child("Provider").Attribute("Name"), " ", system.Child("Computer").Content(), " ",
		system.Child("TimeCreated").Attribute("SystemTime"), " ", system.Child("EventRecordID").Content())
	if data := r.Event.Child("EventData"); data != nil {
		for _, d := range data.Children {
			text += " | " + d.Attribute("Name") + "=" + d.Text
		}
	}
	return text
}

func TestRead(t *testing.T) {
	records, damaged := read(t, evtxtest.File(pair, audit, pair))
	want := []string{
		"1 2023-05-15T10:02:11.1234567Z Event 9514 MSExchangeIS EX01.contoso.com 2023-05-15T10:02:11.1234567Z 1 | =dc=com/dc=contoso/cn=Jörg & <Söhne> | =dc=com/dc=contoso/cn=😀",
		"2 2023-05-15T10:02:11.1234567Z Event 5136 Microsoft-Windows-Security-Auditing DC01.contoso.com 2023-05-15T10:02:11.1234567Z 2 | SubjectUserName=hrfeed | AttributeValue=smtp:a=b@contoso.com",
		"3 2023-05-15T10:02:11.1234567Z Event 9514 MSExchangeIS EX01.contoso.com 2023-05-15T10:02:11.1234567Z 3 | =dc=com/dc=contoso/cn=Jörg & <Söhne> | =dc=com/dc=contoso/cn=😀",
	}
	if diff := cmp.Diff(want, records); diff != "" || damaged != nil {
		t.Errorf("damaged %q\n%s", damaged, diff)
	}
}

// many returns a file of several chunks.
func many() []byte { return evtxtest.File(slices.Repeat([]evtxtest.Event{pair, audit}, 300)...) }

func TestDamaged(t *testing.T) {
	whole, damaged := read(t, many())
	if len(whole) != 600 || damaged != nil {
		t.Fatal(len(whole), damaged)
	}
	const first = evtxtest.HeaderSize + evtxtest.ChunkHeaderSize // offset of the first record
	chunk := func(n int) int { return evtxtest.HeaderSize + n*evtxtest.ChunkSize }
	inChunk := int(binary.LittleEndian.Uint64(many()[chunk(1)+24:]) - 1)
	records := bytes.Index(many()[first+100:], []byte("**\x00\x00")) + 100 // length of the first, which has all templates
	for name, test := range map[string]struct {
		damage func(file []byte) []byte
		read   int // records, or more of them than this if negative
		want   []string
	}{
		"the name of a string": {func(f []byte) []byte {
			f[chunk(0)+bytes.Index(f[chunk(0):], []byte("h\x00r\x00f\x00e"))] = 'x'
			return f
		}, 600, []string{"chunk 1: the checksum of its records is wrong"}},
		"a record's size": {func(f []byte) []byte {
			f[first+records+4]++
			return f
		}, 599, []string{"chunk 1: the checksum of its records is wrong", fmt.Sprintf("chunk 1: 1 of %d records could not be read", inChunk)}},
		"a hole": {func(f []byte) []byte {
			clear(f[first+records : first+records+1000])
			return f
		}, -590, []string{"chunk 1: the checksum of its records is wrong", "chunk 1: "}},
		"a token": {func(f []byte) []byte {
			f[first+24] = 0x3F
			return f
		}, 599, []string{"chunk 1: the checksum of its records is wrong", fmt.Sprintf("chunk 1: 1 of %d records could not be read (record 1: unexpected token 0x3f)", inChunk)}},
		"the header of a chunk": {func(f []byte) []byte {
			f[chunk(1)+20] ^= 1
			return f
		}, 600, []string{"chunk 2: the checksum of its header is wrong"}},
		"the beginning of a chunk": {func(f []byte) []byte {
			f[chunk(1)] = 'X'
			return f
		}, 600, []string{"chunk 2: does not begin like a chunk"}},
		"a chunk": {func(f []byte) []byte {
			clear(f[chunk(1):chunk(2)])
			return f
		}, -200, []string{"chunk 2: is empty"}},
		"the size of the records": {func(f []byte) []byte {
			binary.LittleEndian.PutUint32(f[chunk(1)+48:], 70000)
			evtxtest.Seal(f[chunk(1):chunk(2)])
			return f
		}, 600, []string{"chunk 2: the size of its records is wrong"}},
		"the header of the file": {func(f []byte) []byte {
			f[9] ^= 1
			return f
		}, 600, []string{"the checksum of the file's header is wrong"}},
		"cut off between chunks": {func(f []byte) []byte { return f[:chunk(2)] },
			2 * inChunk, []string{"the file ends after 2 of "}},
		"cut off in a chunk": {func(f []byte) []byte { return f[:chunk(1)+30000] },
			-inChunk, []string{"chunk 2: the file ends within the chunk", "chunk 2: the checksum of its records is wrong", "chunk 2: ", "the file ends after 2 of "}},
		"cut off in the header": {func(f []byte) []byte { return f[:100] }, 0, []string{"the file ends within its header"}},
	} {
		t.Run(name, func(t *testing.T) {
			records, damaged := read(t, test.damage(many()))
			if len(records) != test.read && (test.read >= 0 || len(records) < -test.read || len(records) > 600) {
				t.Errorf("%d records", len(records))
			}
			if !slices.EqualFunc(damaged, test.want, strings.HasPrefix) {
				t.Errorf("%q", damaged)
			}
		})
	}
}

// Windows counts records only when it has written the chunk. Those that it has not counted yet are
// read from a file that was copied meanwhile; what a chunk had in an earlier use is not.
func TestCopiedWhileInUse(t *testing.T) {
	file := evtxtest.File(pair, pair, audit)
	chunk := file[evtxtest.HeaderSize:]
	third := bytes.LastIndex(chunk, []byte("**\x00\x00"))
	binary.LittleEndian.PutUint32(chunk[48:], uint32(third))
	binary.LittleEndian.PutUint64(chunk[32:], 2)
	evtxtest.Seal(chunk)
	if records, damaged := read(t, file); len(records) != 3 || len(damaged) != 1 {
		t.Errorf("%d records, %q", len(records), damaged)
	}
	binary.LittleEndian.PutUint64(chunk[third+8:], 77)
	if records, _ := read(t, file); len(records) != 2 {
		t.Errorf("%d records", len(records))
	}
}

func TestNoFile(t *testing.T) {
	for _, content := range []string{"", "Elf", "<Event/>", strings.Repeat("x", 10_000)} {
		err := evtx.Read(strings.NewReader(content), nil, nil)
		if err != evtx.ErrFormat {
			t.Errorf("%.10q: %v", content, err)
		}
	}
	cause := errors.New("disk on fire")
	file := many()
	for _, n := range []int{0, 3, 100, 5000, 80_000} {
		err := evtx.Read(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(file[:n]))), func(evtx.Record) {}, func(evtx.Damage) {})
		if n > 1 && err != iotest.ErrTimeout {
			t.Errorf("%d: %v", n, err)
		}
		if err := evtx.Read(iotest.ErrReader(cause), nil, nil); err != cause {
			t.Error(err)
		}
	}
}

// A template that puts its values into itself again and again is cut short.
func TestBomb(t *testing.T) {
	file := evtxtest.File(pair)
	// The value of EventData becomes an instance of the outer template.
	chunk := file[evtxtest.HeaderSize:]
	inner := bytes.LastIndex(chunk, []byte{0x0F, 1, 1, 0, 0x0C, 1})
	outer := bytes.Index(chunk, []byte{0x0F, 1, 1, 0, 0x0C, 1})
	copy(chunk[inner+6:inner+14], chunk[outer+6:outer+14])
	records, damaged := read(t, file)
	if len(records) != 0 || len(damaged) != 2 {
		t.Errorf("%q, %q", records, damaged)
	}
}

// Memory does not grow with the file.
func TestMemory(t *testing.T) {
	file := many()
	body := file[evtxtest.HeaderSize:]
	binary.LittleEndian.PutUint32(file[120:], 1)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	err := evtx.Read(&endless{head: file[:evtxtest.HeaderSize], body: body, times: 50}, func(evtx.Record) {
		if n++; n == 25_000 {
			runtime.GC()
			runtime.ReadMemStats(&after)
		}
	}, func(d evtx.Damage) { t.Error(d) })
	if err != nil || n != 600*50 {
		t.Error(n, err)
	}
	if after.HeapAlloc > before.HeapAlloc+1<<20 {
		t.Errorf("%d KB in use", (after.HeapAlloc-before.HeapAlloc)>>10)
	}
}

type endless struct {
	head, body []byte
	times      int
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.head) == 0 {
		if e.times == 0 {
			return 0, io.EOF
		}
		e.times--
		e.head = e.body
	}
	n := copy(p, e.head)
	e.head = e.head[n:]
	return n, nil
}

// Whatever the records of a chunk hold, reading them ends, and an event has a bounded size.
func FuzzRead(f *testing.F) {
	file := evtxtest.File(pair, audit, pair)
	const records = evtxtest.HeaderSize + evtxtest.ChunkHeaderSize
	f.Add(bytes.TrimRight(file[records:], "\x00"))
	f.Add([]byte("**\x00\x00"))
	for _, records := range hostiles() {
		f.Add([]byte(records))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole := slices.Clone(file)
		clear(whole[records+copy(whole[records:], data):])
		found := 0
		err := evtx.Read(bytes.NewReader(whole), func(r evtx.Record) {
			found++
			if size := total(r.Event); size > 256<<10 {
				t.Errorf("%d bytes became an event of %d", len(data), size)
			}
		}, func(d evtx.Damage) {
			if d.Problem == "" || d.Chunk != 1 {
				t.Errorf("%+v", d)
			}
		})
		if err != nil || found > len(data)/28 {
			t.Error(found, err)
		}
	})
}

// total returns the size of an element's texts.
func total(e *evtx.Element) int {
	n := len(e.Text) + len(e.Name)
	for _, a := range e.Attributes {
		n += len(a.Name) + len(a.Value)
	}
	for _, c := range e.Children {
		n += total(c)
	}
	return n
}
