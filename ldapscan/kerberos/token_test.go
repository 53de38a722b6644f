package kerberos

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/types"
)

func newKey(t testing.TB, etype int32) types.EncryptionKey {
	t.Helper()
	et, err := crypto.GetEtype(etype)
	if err != nil {
		t.Fatal(err)
	}
	key, err := types.GenerateEncryptionKey(et)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// pair returns both sides of a context.
func pair(t testing.TB, etype int32, acceptorKey bool) (client, server *wrapper) {
	t.Helper()
	key := newKey(t, etype)
	client, err := newWrapper(key, acceptorKey, 5, 9)
	if err != nil {
		t.Fatal(err)
	}
	server, err = newWrapper(key, acceptorKey, 9, 5)
	if err != nil {
		t.Fatal(err)
	}
	server.acceptor = true
	return client, server
}

// The tokens and their key are those of gokrb5's own tests, taken from a bind
// with MIT Kerberos.
func TestTokensOfAnotherImplementation(t *testing.T) {
	value, _ := hex.DecodeString("14f9bde6b50ec508201a97f74c4e5bd3")
	w, err := newWrapper(types.EncryptionKey{KeyType: 17, KeyValue: value}, false, 0, 0x575e85d6)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := hex.DecodeString("050401ff000c000000000000575e85d601010000853b728d5268525a1386c19f")
	payload, err := w.unwrap(token, false)
	if err != nil || !bytes.Equal(payload, []byte{1, 1, 0, 0}) {
		t.Errorf("unwrapped %x, %v", payload, err)
	}
	want := "050400ff000c000000000000000000000101000079a033510b6f127212242b97"
	if got, err := w.wrap([]byte{1, 1, 0, 0}, false); err != nil || hex.EncodeToString(got) != want {
		t.Errorf("wrapped %x, %v, want %s", got, err, want)
	}
}

func TestOverheadIsExact(t *testing.T) {
	for _, etype := range []int32{17, 18, 19} {
		client, _ := pair(t, etype, false)
		for _, seal := range []bool{false, true} {
			for _, size := range []int{0, 1, 15, 16, 17, 1000} {
				token, err := client.wrap(make([]byte, size), seal)
				if err != nil || len(token) != size+client.overhead(seal) {
					t.Errorf("etype %d, seal %t: token of %d bytes for %d, overhead %d, %v", etype, seal, len(token), size, client.overhead(seal), err)
				}
			}
		}
	}
}

func TestUnwrapTakesOnlyWhatWasAgreed(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		make       func(client, server *wrapper) ([]byte, error)
	}{
		{"good", "", func(_, s *wrapper) ([]byte, error) { return s.wrap([]byte("p"), true) }},
		{"signed in place of sealed", "not encrypted", func(_, s *wrapper) ([]byte, error) { return s.wrap([]byte("p"), false) }},
		{"reflected", "wrong side", func(c, _ *wrapper) ([]byte, error) { c.sendSeq = 9; return c.wrap([]byte("p"), true) }},
		{"another key", "a different key", func(_, s *wrapper) ([]byte, error) { s.flags ^= flagAcceptorKey; return s.wrap([]byte("p"), true) }},
		{"replayed", "out of sequence", func(_, s *wrapper) ([]byte, error) { s.sendSeq = 8; return s.wrap([]byte("p"), true) }},
		{"skipped", "out of sequence", func(_, s *wrapper) ([]byte, error) { s.sendSeq = 10; return s.wrap([]byte("p"), true) }},
		{"changed filler", "changed on the way", func(_, s *wrapper) ([]byte, error) {
			token, err := shape{ec: 16, rrc: 28, kile: true}.wrap(s, []byte("p"), true)
			token[len(token)-1] ^= 1
			return token, err
		}},
		{"filler of another size", "changed header", func(_, s *wrapper) ([]byte, error) {
			token, err := shape{ec: 16}.wrap(s, []byte("payload longer than the filler"), true)
			token[5]--
			return token, err
		}},
	} {
		client, server := pair(t, 18, true)
		token, err := tt.make(client, server)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := client.unwrap(token, true)
		switch {
		case tt.want == "":
			if err != nil || string(payload) != "p" {
				t.Errorf("%s: %q, %v", tt.name, payload, err)
			}
		case err == nil || !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		case client.recvSeq != 9:
			t.Errorf("%s: counted", tt.name)
		}
	}
}

func TestRotationIsUndoneForEveryCount(t *testing.T) {
	for _, seal := range []bool{false, true} {
		for rrc := range 100 {
			client, server := pair(t, 17, false)
			token, err := shape{rrc: rrc}.wrap(server, []byte("payload"), seal)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := client.unwrap(token, seal); err != nil || string(got) != "payload" {
				t.Errorf("seal %t, RRC %d: %q, %v", seal, rrc, got, err)
			}
		}
	}
}

// FuzzUnwrap guards against panics, and against tokens that are accepted though
// nobody with the key made them.
func FuzzUnwrap(f *testing.F) {
	key := newKey(f, 18)
	for _, seal := range []bool{false, true} {
		w, err := newWrapper(newKey(f, 18), true, 1, 1)
		if err != nil {
			f.Fatal(err)
		}
		w.acceptor = true
		for _, s := range []shape{{}, {rrc: 28}, {ec: 16, rrc: 28, kile: true}} {
			w.sendSeq = 1
			token, err := s.wrap(w, []byte("hello"), seal)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(token)
		}
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		tokens := [][]byte{token}
		if len(token) >= headerSize { // one that gets past the header
			good := header(nil, token[2]&flagSealed|flagFromAcceptor|flagAcceptorKey, binary.BigEndian.Uint16(token[4:]), binary.BigEndian.Uint16(token[6:]), 1)
			tokens = append(tokens, append(good, token[headerSize:]...))
		}
		for _, token := range tokens {
			w, err := newWrapper(key, true, 1, 1)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.unwrap(token, false); err == nil {
				t.Errorf("accepted %x", token)
			}
		}
	})
}

func FuzzAccept(f *testing.F) {
	key := newKey(f, 18)
	f.Add(frame(tokenAPRep, []byte("\x6f\x1d\x30\x1b\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0f\xa2\x0f\x30\x0d\xa0\x03\x02\x01\x12\xa2\x06\x04\x04aaaa")))
	f.Add(frame(tokenError, []byte("\x7e\x03\x30\x01\x00")))
	f.Fuzz(func(t *testing.T, token []byte) {
		i := &initiator{sessionKey: key}
		if _, _, err := i.InitSecContext("ldap/dc", append([]byte{}, token...)); err == nil {
			t.Errorf("accepted %x", token)
		}
	})
}

func FuzzOffer(f *testing.F) {
	f.Add([]byte{7, 1, 0, 0}, byte(layerSeal))
	f.Add([]byte{1, 0, 0, 0}, byte(layerNone))
	f.Add([]byte{2, 0, 0, 40}, byte(layerSign))
	f.Add([]byte{}, byte(0))
	f.Fuzz(func(t *testing.T, offer []byte, want byte) {
		want = []byte{layerNone, layerSign, layerSeal}[want%3]
		client, server := pair(t, 17, false)
		token, err := server.wrap(offer, false)
		if err != nil {
			t.Fatal(err)
		}
		i := &initiator{want: want, wrapper: client}
		answer, err := i.NegotiateSaslAuth(token, "")
		if (err == nil) != (i.layer != nil) {
			t.Fatalf("error %v, layer %v", err, i.layer)
		}
		if err != nil {
			return
		}
		if len(offer) != 4 || offer[0]&want == 0 {
			t.Errorf("offer %x taken for layer %d", offer, want)
		}
		if again, err := server.wrap(offer, false); err == nil {
			if _, err := i.NegotiateSaslAuth(again, ""); err == nil {
				t.Error("a second offer was taken")
			}
		}
		if choice, err := server.unwrap(answer, false); err != nil || len(choice) != 4 || choice[0] != want {
			t.Errorf("choice %x, %v", choice, err)
		}
		if want == layerNone {
			return
		}
		sealed, err := client.wrap(make([]byte, i.layer.maxPayload), want == layerSeal)
		if size := int(binary.BigEndian.Uint32(offer) & 0xFFFFFF); err != nil || len(sealed) > size {
			t.Errorf("token of %d bytes for a buffer of %d, %v", len(sealed), size, err)
		}
	})
}

func BenchmarkUnwrap(b *testing.B) {
	for name, seal := range map[string]bool{"sign": false, "seal": true} {
		b.Run(name, func(b *testing.B) {
			client, server := pair(b, 18, true)
			token, err := server.wrap(make([]byte, 60000), seal)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(60000)
			for b.Loop() {
				client.recvSeq = 9
				if _, err := client.unwrap(token, seal); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
