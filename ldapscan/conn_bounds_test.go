package ldapscan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// scriptedDirectory reads from servers that answer by a script. What comes for one
// request is bounded.
func scriptedDirectory(t *testing.T, most bound, answer func(request *ber.Packet) []byte) *Directory {
	again := func(context.Context) (*session, error) {
		s := scripted(t, answer)
		s.tap.most = most
		return s, nil
	}
	s, _ := again(t.Context())
	return newDirectory(newConn(s, connSettings{open: again, pageSize: 100}), 1)
}

var entryValue = resultAttribute{"proxyAddresses", [][]byte{[]byte("SMTP:a@a.example")}}

// A search of a server that does not come to an end does.
func TestEndlessSearches(t *testing.T) {
	n := 0
	next := func(cookie string) string { n++; return fmt.Sprint(n) }
	entry := func(id int64) []byte { return packet(id, entryOp("CN=a", entryValue)) }
	for name, tc := range map[string]struct {
		most   int // objects that there can be
		answer func(id int64, cookie string) []byte
		says   string
	}{
		"empty pages":                 {0, func(id int64, cookie string) []byte { return pageEnd(id, next(cookie)) }, "1000 empty pages"},
		"empty pages with one cookie": {0, func(id int64, cookie string) []byte { return pageEnd(id, "x") }, "the cookie of the one before"},
		"one cookie": {0, func(id int64, cookie string) []byte {
			return slices.Concat(bytes.Repeat(entry(id), 1000), pageEnd(id, "x"))
		}, "more objects than the partition can have (1000000)"},
		"few objects": {100, func(id int64, cookie string) []byte { return slices.Concat(entry(id), pageEnd(id, next(cookie))) }, "more objects than the partition can have (100)"},
		"a loop": {100, func(id int64, cookie string) []byte {
			return slices.Concat(entry(id), entry(id), pageEnd(id, map[string]string{"": "a", "a": "b", "b": ""}[cookie]+"a"))
		}, "more objects than the partition can have (100)"},
		"a loop with empty pages": {100, func(id int64, cookie string) []byte {
			if n++; n%3 > 0 {
				return pageEnd(id, next(cookie))
			}
			return slices.Concat(entry(id), pageEnd(id, next(cookie)))
		}, "more objects than the partition can have (100)"},
		"ends that contradict each other": {0, func(id int64, _ string) []byte { return slices.Concat(entry(id), pageEnd(id, "", "2")) }, "or with several"},
		"a page without an end":           {0, func(id int64, _ string) []byte { return bytes.Repeat(entry(id), 100_000) }, "more than 1 MiB"},
		"references without an end": {0, func(id int64, _ string) []byte {
			return bytes.Repeat(packet(id, referenceOp("ldap://a/DC=a")), 20_000)
		}, "or 10000 messages"},
		"intermediate responses without an end": {0, func(id int64, _ string) []byte {
			return bytes.Repeat(packet(id, ber.Encode(ber.ClassApplication, ber.TypeConstructed, 25, nil, "")), 20_000)
		}, "or 10000 messages"},
	} {
		t.Run(name, func(t *testing.T) {
			d := scriptedDirectory(t, bound{1 << 20, 10_000}, func(request *ber.Packet) []byte {
				cookie, _ := requestedCookie(request)
				return tc.answer(requestID(request), cookie)
			})
			err := d.conn.pages(t.Context(), query{filter: "(mail=*)", most: tc.most}, func(page) error { return nil })
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

// Pages that are too large are asked for again, smaller, from the start.
func TestLargePages(t *testing.T) {
	const objects = 50
	for name, heeds := range map[string]bool{"a server that sends smaller ones": true, "one that does not": false} {
		t.Run(name, func(t *testing.T) {
			sizes := map[uint32]bool{}
			d := scriptedDirectory(t, bound{1 << 20, 20}, func(request *ber.Packet) (answer []byte) {
				cookie, size := requestedCookie(request)
				sizes[size] = true
				from := 0
				fmt.Sscan(cookie, &from)
				to := min(objects, from+int(size))
				if from == 0 && size == 100 {
					to = 10 // the next page is the large one
				}
				if !heeds && from > 0 {
					to = objects
				}
				for i := from; i < to; i++ {
					answer = append(answer, packet(requestID(request), entryOp(fmt.Sprintf("CN=%d", i)))...)
				}
				if cookie = ""; to < objects {
					cookie = fmt.Sprint(to)
				}
				return append(answer, pageEnd(requestID(request), cookie)...)
			})
			var found []string
			err := d.conn.persist(t.Context(), func() error {
				found = nil
				return d.conn.pages(t.Context(), query{filter: "(mail=*)"}, func(p page) error {
					list, err := parseEntries(p.entries)
					for _, r := range list {
						found = append(found, r.dn)
					}
					return err
				})
			})
			if heeds && (err != nil || len(found) != objects || len(sizes) != 2) {
				t.Errorf("%d objects in pages of %v: %v", len(found), sizes, err)
			}
			if !heeds && !errors.As(err, new(largeAnswer)) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Values in ranges are all there, or there is an error.
func TestRanges(t *testing.T) {
	values := func(from, to int) (list [][]byte) {
		for i := from; i < to; i++ {
			list = append(list, fmt.Appendf(nil, "smtp:%d@a.example", i))
		}
		return list
	}
	part := func(name string, from, to int) resultAttribute { return resultAttribute{name, values(from, to)} }
	for name, tc := range map[string]struct {
		answers [][]resultAttribute
		values  int
		says    string
	}{
		"none":               {[][]resultAttribute{{}}, 0, ""},
		"whole":              {[][]resultAttribute{{part("proxyAddresses", 0, 3)}}, 3, ""},
		"with an option":     {[][]resultAttribute{{part("proxyAddresses;x-a", 0, 3)}}, 3, ""},
		"all of a range":     {[][]resultAttribute{{part("proxyAddresses", 0, 0), part("proxyAddresses;range=0-*", 0, 3)}}, 3, ""},
		"two":                {[][]resultAttribute{{part("proxyAddresses", 0, 0), part("proxyAddresses;range=0-1", 0, 2)}, {part("proxyAddresses;range=2-*", 2, 3)}}, 3, ""},
		"three":              {[][]resultAttribute{{part("PROXYADDRESSES;Range=0-1", 0, 2)}, {part("proxyAddresses;range=2-3", 2, 4)}, {part("proxyAddresses;range=4-*", 4, 5)}}, 5, ""},
		"behind an option":   {[][]resultAttribute{{part("proxyAddresses;x-a;range=0-1", 0, 2)}, {part("proxyAddresses;range=2-*;x-a", 2, 3)}}, 3, ""},
		"another attribute":  {[][]resultAttribute{{part("member;range=0-1", 0, 2), part("proxyAddresses", 0, 3)}}, 3, ""},
		"begins late":        {[][]resultAttribute{{part("proxyAddresses;range=1-*", 1, 3)}}, 0, "asked for the values from 0 on"},
		"goes on late":       {[][]resultAttribute{{part("proxyAddresses;range=0-0", 0, 1)}, {part("proxyAddresses;range=2-*", 2, 3)}}, 0, "asked for the values from 1 on, the server returned 1 as proxyAddresses;range=2-*"},
		"comes again":        {[][]resultAttribute{{part("proxyAddresses;range=0-0", 0, 1)}, {part("proxyAddresses;range=0-0", 0, 1)}}, 0, "asked for the values from 1 on"},
		"goes on whole":      {[][]resultAttribute{{part("proxyAddresses;range=0-0", 0, 1)}, {part("proxyAddresses", 0, 3)}}, 0, "asked for the values from 1 on"},
		"does not go on":     {[][]resultAttribute{{part("proxyAddresses;range=0-0", 0, 1)}, {}}, 0, "did not return the values from 1 on"},
		"is empty":           {[][]resultAttribute{{part("proxyAddresses;range=0-1", 0, 0)}}, 0, "returned 0"},
		"lacks a value":      {[][]resultAttribute{{part("proxyAddresses;range=0-2", 0, 2)}}, 0, "returned 2 as proxyAddresses;range=0-2"},
		"a number too large": {[][]resultAttribute{{part("proxyAddresses;range=0-99999999999999999999", 0, 2)}}, 0, "range=0-99999999999999999999"},
		"no number":          {[][]resultAttribute{{part("proxyAddresses;range=0-x", 0, 2)}}, 0, "range=0-x"},
		"backwards":          {[][]resultAttribute{{part("proxyAddresses;range=0-1", 0, 2)}, {part("proxyAddresses;range=2-1", 0, 1)}}, 0, "range=2-1"},
		"no end":             {[][]resultAttribute{{part("proxyAddresses;range=0", 0, 2)}}, 0, "range=0"},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			d := scriptedDirectory(t, bound{1 << 20, 10_000}, func(request *ber.Packet) []byte {
				id := requestID(request)
				if n++; n >= len(tc.answers) {
					return packet(id, doneOp())
				}
				return slices.Concat(packet(id, entryOp("CN=a", tc.answers[n]...)), packet(id, doneOp()))
			})
			first := packet(1, entryOp("CN=a", tc.answers[0]...))
			var got []string
			err := d.conn.views(t.Context(), page{entries: first}, func(v *conflicts.View) { got = v.Entry().ProxyAddresses })
			if tc.says != "" {
				if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), "CN=a") {
					t.Errorf("%v, want %q", err, tc.says)
				}
				return
			}
			var want []string
			for _, v := range values(0, tc.values) {
				want = append(want, string(v))
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v: %s", err, diff)
			}
		})
	}
}

// Ranges without an end come to one, by their number or their size.
func TestEndlessRanges(t *testing.T) {
	for name, size := range map[string]int{"small": 1, "large": 1 << 20} {
		parts := 0
		d := scriptedDirectory(t, bound{8 << 20, 10_000}, func(request *ber.Packet) []byte {
			parts++
			id := requestID(request)
			return slices.Concat(packet(id, entryOp("CN=a", resultAttribute{fmt.Sprintf("proxyAddresses;range=%d-%[1]d", parts), [][]byte{make([]byte, size)}})), packet(id, doneOp()))
		})
		_, err := d.conn.attributes(t.Context(), result{"CN=a", []resultAttribute{{"proxyAddresses;range=0-0", [][]byte{make([]byte, size)}}}})
		if err == nil || !strings.Contains(err.Error(), "more than 1000 parts or 16 MiB") || parts*size > maxMessage {
			t.Errorf("%s: %d parts: %v", name, parts, err)
		}
	}
}

func FuzzRange(f *testing.F) {
	for _, s := range []string{"proxyAddresses", "a;range=0-1499", "a;x;Range=1500-*", "a;range=0-99999999999999999999", "a;range=3-2", ";range=", "a;range=0-0;range=1-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, description string) {
		_, part := rangeOf(description)
		if part.first < 0 || part.next < 0 || part.next > 0 && part.next <= part.first && part != unreadableRange {
			t.Errorf("%q: %+v", description, part)
		}
		if lower := strings.ToLower(description); part == (valueRange{}) && strings.Contains(lower, ";range=") && !strings.Contains(lower, "-*") {
			t.Errorf("%q: whole", description)
		}
	})
}

// The references that are told are the same in every order.
func TestReferences(t *testing.T) {
	var urls []string
	for n := range 100 {
		urls = append(urls, fmt.Sprintf("ldap://a/DC=%02d", n%50))
	}
	for seed := range uint64(5) {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(urls), func(i, j int) { urls[i], urls[j] = urls[j], urls[i] })
		var r references
		r.add(urls[:30])
		var other references
		other.add(urls[30:])
		r.add(other)
		if want := "ldap://a/DC=00 ldap://a/DC=01 ldap://a/DC=02 ldap://a/DC=03 ldap://a/DC=04"; strings.Join(r, " ") != want {
			t.Errorf("%q", r)
		}
	}
}
