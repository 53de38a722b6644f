package ldapscan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// An odd server writes messages in ways that a BER decoder understands and LDAP does
// not have, and in an order that it does not have either.
type odd struct {
	*rand.Rand
	chance float64 // of something odd in a message
}

func (o odd) is() bool { return o.Float64() < o.chance }

// element encodes one, by tag bytes and content.
func (o odd) element(tag []byte, content []byte) []byte {
	b := slices.Clone(tag)
	size := uint64(len(content))
	switch {
	case o.is() && tag[0]&0x20 != 0 && o.IntN(3) == 0: // indefinite
		return slices.Concat(b, []byte{0x80}, content, []byte{0, 0})
	case o.is():
		lengthBytes := 2 + o.IntN(7)
		b = append(b, 0x80|byte(lengthBytes))
		return slices.Concat(b, binary.BigEndian.AppendUint64(nil, size)[8-lengthBytes:], content)
	case size < 0x80:
		b = append(b, byte(size))
	default:
		b = append(b, 0x82, byte(size>>8), byte(size))
	}
	return append(b, content...)
}

// tag changes the class of a tag, its form, or whether it is constructed.
func (o odd) tag(tag byte) []byte {
	if !o.is() {
		return []byte{tag}
	}
	tag = tag&^0xe0 | byte(o.IntN(8))<<5
	switch o.IntN(3) {
	case 0:
		return []byte{tag | 0x1f, tag & 0x1f}
	case 1:
		return []byte{tag | 0x20}
	}
	return []byte{tag}
}

func (o odd) text(s string) []byte {
	switch {
	case o.is() && o.IntN(2) == 0:
		return o.element([]byte{0x24}, slices.Concat(o.element([]byte{0x04}, []byte(s[:len(s)/2])), o.element([]byte{0x04}, []byte(s[len(s)/2:]))))
	case o.is():
		return o.element([]byte{0x0c}, []byte(s))
	}
	return o.element([]byte{0x04}, []byte(s))
}

func (o odd) message(id int64, op []byte, more ...[]byte) []byte {
	n := binary.BigEndian.AppendUint64(nil, uint64(id))
	for len(n) > 1 && n[0] == 0 && n[1] < 0x80 && !(o.is() && o.IntN(3) == 0) {
		n = n[1:]
	}
	return o.element([]byte{0x30}, slices.Concat(o.element([]byte{0x02}, n), op, slices.Concat(more...)))
}

func (o odd) entry(id int64, dn string) []byte {
	value := o.element([]byte{0x31}, o.text("SMTP:"+dn+"@a.example"))
	attribute := o.element([]byte{0x30}, slices.Concat(o.text("proxyAddresses"), value))
	op := o.element(o.tag(searchResultEntry), slices.Concat(o.text(dn), o.element([]byte{0x30}, attribute)))
	if o.is() {
		return o.message(id, op, o.element([]byte{0xa0}, nil))
	}
	return o.message(id, op)
}

func (o odd) done(id int64) []byte {
	result := slices.Concat([]byte{0x0a, 1, 0}, o.text(""), o.text(""))
	return o.message(id, o.element(o.tag(searchResultDone), result))
}

// answer returns what the server sends for a request, and what it puts off: some of
// what stands behind an end.
func (o odd) answer(id int64, late []byte) (now, later []byte) {
	var messages [][]byte
	for n := range o.IntN(5) {
		as := id
		if o.is() {
			as += int64(o.IntN(7)) - 3
		}
		messages = append(messages, o.entry(as, fmt.Sprintf("CN=%d-%d", id, n)))
		if o.is() {
			messages = append(messages, packet(id, referenceOp("ldap://a/"+strconv.Itoa(n))))
		}
	}
	if o.is() && late != nil {
		messages = append(messages, late)
		late = nil
	}
	end := len(messages)
	if o.is() {
		end = o.IntN(end + 1)
	}
	messages = slices.Insert(messages, end, o.done(id))
	if o.is() {
		messages = append(messages, packet(id, referenceOp("ldap://a/late")))
	}
	if o.is() {
		messages = append(messages, o.done(id))
	}
	cut := end + 1 + o.IntN(len(messages)-end)
	return slices.Concat(late, bytes.Join(messages[:cut], nil)), bytes.Join(messages[cut:], nil)
}

// contentOf returns the names of the entries and the references in a stream, as any BER
// decoder and the library see them, by the id of their search, up to what is no BER.
func contentOf(stream []byte) map[int64][]string {
	content := map[int64][]string{}
	for r := bytes.NewReader(stream); ; {
		m, err := ber.ReadPacket(r)
		if err != nil {
			return content
		}
		if len(m.Children) < 2 || m.Children[1].Tag != ldap.ApplicationSearchResultEntry && m.Children[1].Tag != ldap.ApplicationSearchResultReference {
			continue
		}
		name := ""
		if op := m.Children[1]; len(op.Children) > 0 {
			name, _ = op.Children[0].Value.(string)
		}
		id, _ := m.Children[0].Value.(int64)
		content[id] = append(content[id], name)
	}
}

// Every entry and every reference that a server sends is handed over by its search, or
// there is an error: of the search, of the connection, or a violation, after which all
// that the connection brought is in doubt.
func TestEveryEntryIsAccountedFor(t *testing.T) {
	const searches = 5
	violations := 0
	for seed := range uint64(4000) {
		o := odd{rand.New(rand.NewPCG(seed, 5)), []float64{0, 0.01, 0.05, 0.2}[seed%4]}
		var sent, later []byte
		s := scripted(t, func(request *ber.Packet) []byte {
			now := packet(requestID(request), doneOp()) // of the last: by then, all that was put off is there
			if id := requestID(request); id <= searches {
				now, later = o.answer(id, later)
			} else {
				now = slices.Concat(later, now)
			}
			sent = append(sent, now...)
			return now
		})
		handed := map[int64][]string{}
		var failed error
		for id := int64(1); id <= searches+1 && failed == nil; id++ {
			var p page
			var list []result
			if p, _, failed = s.search(t.Context(), newRequest("", ldap.ScopeBaseObject, "(objectClass=*)", nil)); failed == nil {
				list, failed = parseEntries(p.entries)
			}
			if failed == nil {
				handed[id] = p.referrals
				for _, r := range list {
					handed[id] = append(handed[id], r.dn)
				}
			}
		}
		s.close() // and so nothing more is sent
		if o.chance == 0 && failed != nil {
			t.Errorf("seed %d: %v", seed, failed)
		}
		if errors.As(failed, new(violation)) {
			violations++
			continue
		}
		for id, want := range contentOf(sent) {
			got, answered := handed[id]
			if slices.Sort(want); (answered || failed == nil) && !slices.Equal(want, slices.Sorted(slices.Values(got))) {
				t.Errorf("seed %d: search %d: %q sent, %q handed over: %v", seed, id, want, got, failed)
			}
		}
	}
	if violations == 0 {
		t.Error("no violation")
	}
}
