package ldapscan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/google/go-cmp/cmp"
)

// packet encodes an LDAPMessage with the library, independently of the parser.
func packet(id int64, op *ber.Packet) []byte {
	m := ber.NewSequence("")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	m.AppendChild(op)
	return m.Bytes()
}

func entryOp(dn string, attrs ...resultAttribute) *ber.Packet {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 4, nil, "")
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, dn, ""))
	list := ber.NewSequence("")
	for _, a := range attrs {
		attr := ber.NewSequence("")
		attr.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, a.name, ""))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range a.values {
			set.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, string(v), ""))
		}
		attr.AppendChild(set)
		list.AppendChild(attr)
	}
	op.AppendChild(list)
	return op
}

func doneOp() *ber.Packet {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 5, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, 0, ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	return op
}

func referenceOp(url string) *ber.Packet {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 19, nil, "")
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, url, ""))
	return op
}

// A stream is a connection that gives what it is told, in pieces.
type stream struct {
	io.Reader
	net.Conn
	pieces *rand.Rand
}

func (s *stream) Read(p []byte) (int, error) {
	if s.pieces != nil && len(p) > 0 {
		p = p[:1+s.pieces.IntN(min(len(p), 97))]
	}
	return s.Reader.Read(p)
}
func (s *stream) Write(p []byte) (int, error)     { return len(p), nil }
func (s *stream) SetReadDeadline(time.Time) error { return nil }

func tapOn(data []byte, seed uint64, id int64) *tap {
	t := newTap(&stream{Reader: bytes.NewReader(data), pieces: rand.New(rand.NewPCG(seed, 0))})
	t.Write(packet(id, doneOp()))
	return t
}

// Entries are taken out whole and in order, all else passes unchanged, however
// the network cuts the stream.
func TestTap(t *testing.T) {
	var data, passed []byte
	var want []result
	for i := range 300 {
		r := result{dn: fmt.Sprintf("CN=%d,DC=a", i)}
		for j := range i % 5 {
			r.values = append(r.values, resultAttribute{name: fmt.Sprintf("a%d;x", j)})
			for k := range j {
				r.values[j].values = append(r.values[j].values, bytes.Repeat([]byte{byte(i)}, 1<<(i%12)/4*k))
			}
		}
		want = append(want, r)
		data = append(data, packet(7, entryOp(r.dn, r.values...))...)
		if i%50 == 0 {
			reference := packet(7, referenceOp("ldap://b/DC=b"))
			data = append(data, reference...)
			passed = append(passed, reference...)
		}
	}
	done := packet(7, doneOp())
	data, passed = append(data, done...), append(passed, done...)
	for seed := range uint64(10) {
		tap := tapOn(data, seed, 7)
		got, err := io.ReadAll(io.MultiReader(tap))
		if err != nil || !bytes.Equal(got, passed) {
			t.Fatalf("seed %d: passed %d bytes of %d: %v", seed, len(got), len(passed), err)
		}
		entries, count := tap.take()
		list, err := parseEntries(entries)
		if count != len(want) {
			t.Fatalf("seed %d: %d entries counted, want %d", seed, count, len(want))
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, list, cmp.AllowUnexported(result{}, resultAttribute{}), cmp.Transformer("s", func(b [][]byte) string { return fmt.Sprint(len(b), b) })); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

// recode gives the operation of a short message another tag.
func recode(m []byte, tag ...byte) []byte {
	op := bytes.IndexFunc(m, func(r rune) bool { return r == searchResultEntry || r == searchResultDone })
	m = slices.Replace(m, op, op+1, tag...)
	m[1] += byte(len(tag) - 1)
	return m
}

// A stream that is cut anywhere but between messages is an error, never an end.
func TestTapCutAnywhere(t *testing.T) {
	data := append(packet(7, entryOp("CN=a", resultAttribute{"mail", [][]byte{[]byte("x")}})), packet(7, doneOp())...)
	whole := map[int]bool{0: true, len(data) - len(packet(7, doneOp())): true, len(data): true}
	for cut := range len(data) + 1 {
		_, err := io.ReadAll(tapOn(data[:cut], 1, 7))
		if whole[cut] != (err == nil) {
			t.Errorf("cut after %d of %d bytes: %v", cut, len(data), err)
		}
	}
}

func TestTapRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		data []byte
		says string
	}{
		"entry of another request":   {packet(8, entryOp("CN=a")), "id 8"},
		"result of another request":  {packet(9, doneOp()), "id 9"},
		"result of a request before": {packet(6, doneOp()), errLate.Error()},
		"an id below zero":           {packet(-121, doneOp()), "id -121"},
		"entry without a request":    {packet(0, entryOp("CN=a")), "id 0"},
		"primitive tag":              {recode(packet(7, entryOp("CN=a")), 0x44), "tag 0x44"},
		"universal tag":              {recode(packet(7, entryOp("CN=a")), 0x24), "tag 0x24"},
		"long tag":                   {recode(packet(7, entryOp("CN=a")), 0x7f, 0x04), "tag 0x7f"},
		"long tag of an end":         {recode(packet(7, doneOp()), 0x7f, 0x05), "tag 0x7f"},
		"not BER":                    {[]byte("HTTP/1.1 400 Bad Request\r\n"), errBER.Error()},
		"indefinite length":          {[]byte{0x30, 0x80, 0x02, 0x01, 0x07}, errBER.Error()},
		"a giant":                    {[]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02, 0x01, 0x07, 0x64}, "larger than"},
		"an id beyond its message":   {[]byte{0x30, 0x03, 0x02, 0x04, 0, 0, 0, 7, 0x64}, errBER.Error()},
	} {
		tap := tapOn(tc.data, 1, 7)
		if _, err := io.ReadAll(tap); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
		if _, n := tap.take(); n > 0 {
			t.Errorf("%s: %d entries", name, n)
		}
	}
}

// Whatever comes behind the end of its search is not taken for the next one's, nor
// passed over, and what came before it stays.
func TestTapRefusesLateMessages(t *testing.T) {
	entry := func(id int64, dn string) []byte { return packet(id, entryOp(dn)) }
	done := func(id int64) []byte { return packet(id, doneOp()) }
	takeA := func(t *testing.T, tap *tap) {
		messages, n := tap.take()
		if list, err := parseEntries(messages); n != 1 || len(list) != 1 || list[0].dn != "CN=a" {
			t.Fatalf("%d entries, %v, %v", n, list, err)
		}
	}
	for what, late := range map[string][]byte{"an entry": entry(7, "CN=b"), "a reference": packet(7, referenceOp("ldap://b/DC=b")), "an end": done(7)} {
		t.Run(what+" before the next request", func(t *testing.T) {
			tap := tapOn(slices.Concat(entry(7, "CN=a"), done(7), late), 1, 7)
			if _, err := io.ReadAll(tap); !errors.Is(err, errLate) {
				t.Errorf("%v", err)
			}
			takeA(t, tap)
		})
		for next, answer := range map[string][]byte{"no entries": done(8), "entries": slices.Concat(entry(8, "CN=c"), done(8))} {
			t.Run(what+" after the next request, then "+next, func(t *testing.T) {
				network, server := io.Pipe()
				tap := newTap(&stream{Reader: network})
				tap.Write(done(7))
				read := make(chan error, 1)
				go func() {
					_, err := io.ReadAll(tap)
					read <- err
				}()
				server.Write(slices.Concat(entry(7, "CN=a"), done(7)))
				server.Write(nil) // taken when all before was looked at
				takeA(t, tap)
				tap.Write(done(8))
				go func() { server.Write(slices.Concat(late, answer)); server.Close() }()
				if err := <-read; !errors.Is(err, errLate) {
					t.Errorf("%v", err)
				}
				if _, n := tap.take(); n > 0 {
					t.Errorf("%d entries taken for the next search's", n)
				}
			})
		}
	}
	t.Run("what answers no search", func(t *testing.T) {
		tap := tapOn(entry(7, "CN=a"), 1, 7)
		io.ReadAll(tap)
		tap.Write(done(8))
		tap.Conn.(*stream).Reader = bytes.NewReader(slices.Concat(entry(8, "CN=b"), done(8)))
		tap.err = nil
		if _, err := io.ReadAll(tap); !errors.Is(err, errLate) {
			t.Errorf("%v", err)
		}
	})
}

// The memory of a page is used again, which must not show in the one before.
func TestTapPagesStay(t *testing.T) {
	page := func(i int) (data []byte) {
		for j := range 20 {
			data = append(data, packet(int64(i), entryOp(fmt.Sprintf("CN=%d-%d", i, j), resultAttribute{"a", [][]byte{bytes.Repeat([]byte{byte(i)}, 100*j)}}))...)
		}
		return append(data, packet(int64(i), doneOp())...)
	}
	done := int64(len(packet(7, doneOp())))
	conn := &stream{pieces: rand.New(rand.NewPCG(1, 0))}
	tap := newTap(conn)
	type taken struct {
		i        int
		messages []byte
	}
	var kept []taken
	look := func(k taken) {
		list, err := parseEntries(k.messages)
		if err != nil || len(list) != 20 || list[19].dn != fmt.Sprintf("CN=%d-19", k.i) || list[19].values[0].values[0][1899] != byte(k.i) {
			t.Errorf("page %d: %d entries, %v", k.i, len(list), err)
		}
	}
	for i := 1; i <= 50; i++ {
		conn.Reader = bytes.NewReader(page(i))
		tap.Write(packet(int64(i), doneOp()))
		if _, err := io.CopyN(io.Discard, tap, done); err != nil {
			t.Fatal(err)
		}
		messages, _ := tap.take()
		if kept = append(kept, taken{i, messages}); len(kept) > pagesAhead {
			look(kept[0])
			tap.reuse(kept[0].messages)
			kept = kept[1:]
		}
	}
	for _, k := range kept {
		look(k)
	}
}

func TestDamagedEntryIsNamed(t *testing.T) {
	b := packet(7, entryOp("CN=a,DC=b", resultAttribute{"mail", [][]byte{[]byte("abc")}}))
	b[len(b)-4] = 0x7f // the length of the value
	if _, err := parseEntries(b); !errors.Is(err, errBER) || !strings.Contains(err.Error(), "CN=a,DC=b") {
		t.Errorf("%v", err)
	}
}

func FuzzTap(f *testing.F) {
	f.Add(packet(7, entryOp("CN=a", resultAttribute{"mail", [][]byte{[]byte("x")}})))
	f.Add(append(packet(7, doneOp()), packet(7, entryOp("CN=a"))...))
	f.Add([]byte{0x30, 0x03, 0x02, 0x04, 0, 0, 0, 7, 0x64})
	f.Fuzz(func(t *testing.T, data []byte) {
		tap := tapOn(data, 1, 7)
		passed, _ := io.ReadAll(tap)
		entries, _ := tap.take()
		if !bytes.Contains(data, entries) {
			t.Errorf("%q passed and %q taken of %q", passed, entries, data)
		}
		parseEntries(entries)
		parseEntries(data)
	})
}
