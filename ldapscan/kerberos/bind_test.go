package kerberos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

func TestLDAPPassesEveryLayer(t *testing.T) {
	for _, etype := range []int32{17, 18, 19} {
		for _, signOnly := range []bool{false, true} {
			cfg := offline(t)
			cfg.SignOnly = signOnly
			client, kt := ticketClient(t, cfg, etype)
			for _, subkey := range []bool{false, true} {
				for _, s := range []shape{{}, {rrc: 12}, {rrc: 28}, {rrc: 7}, {rrc: 65535},
					{ec: 16}, {ec: 16, rrc: 28}, {ec: 16, rrc: 28, kile: true}, {ec: 3, rrc: 5, kile: true}} {
					t.Run(fmt.Sprintf("etype=%d/sign=%t/subkey=%t/%+v", etype, signOnly, subkey, s), func(t *testing.T) {
						a := &acceptor{keytab: kt, subkey: subkey, shape: s, payload: 3000, reply: 10000}
						conn, err := a.bind(t, client)
						if err != nil {
							t.Fatal(err)
						}
						for range 2 {
							if got, err := search(conn, "(cn=a)"); err != nil || got != strings.Repeat("v", 10000) {
								t.Fatalf("%d bytes, %v", len(got), err)
							}
						}
					})
				}
			}
		}
	}
}

func TestMessagesOfThreeMegabytesPassBothWays(t *testing.T) {
	for _, tt := range []struct {
		signOnly bool
		buffer   int
	}{{true, 4096}, {false, 65536}, {false, 1 << 23}} {
		t.Run(fmt.Sprintf("%+v", tt), func(t *testing.T) {
			cfg := offline(t)
			cfg.SignOnly = tt.signOnly
			client, kt := ticketClient(t, cfg, 18)
			const size = 3 << 20
			a := &acceptor{keytab: kt, subkey: true, buffer: tt.buffer, payload: 1 << 22, reply: size, filters: make(chan string, 1)}
			conn, err := a.bind(t, client)
			if err != nil {
				t.Fatal(err)
			}
			filter := "(cn=" + strings.Repeat("f", size) + ")"
			got, err := search(conn, filter)
			if err != nil || len(got) != size {
				t.Fatalf("answer of %d bytes, %v", len(got), err)
			}
			if got := <-a.filters; got != filter {
				t.Errorf("the server got a filter of %d bytes", len(got))
			}
		})
	}
}

func TestDataIsEncryptedUnlessSignOnly(t *testing.T) {
	for _, signOnly := range []bool{false, true} {
		cfg := offline(t)
		cfg.SignOnly = signOnly
		client, kt := ticketClient(t, cfg, 18)
		var seen bytes.Buffer
		a := &acceptor{keytab: kt, reply: 100, token: func(_ int, token []byte) []byte {
			seen.Write(token)
			return token
		}}
		conn, err := a.bind(t, client)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := search(conn, "(cn=a)"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(seen.String(), "vvvv"); got != signOnly {
			t.Errorf("SignOnly %t: readable %t", signOnly, got)
		}
	}
}

func TestChangedAnswersEndTheConnection(t *testing.T) {
	flip := func(i int) func([]byte) []byte {
		return func(b []byte) []byte { b[(i+len(b))%len(b)] ^= 1; return b }
	}
	for name, change := range map[string]func([]byte) []byte{
		"payload":        flip(40),
		"checksum":       flip(-1),
		"token id":       flip(1),
		"from acceptor":  flip(2),
		"EC":             flip(5),
		"RRC":            flip(7),
		"sequence":       flip(15),
		"sequence, high": flip(8),
		"acceptor key":   func(b []byte) []byte { b[2] ^= flagAcceptorKey; return b },
		"layer":          func(b []byte) []byte { b[2] ^= flagSealed; return b },
		"huge EC":        func(b []byte) []byte { b[4], b[5] = 0xFF, 0xFF; return b },
		"cut":            func(b []byte) []byte { return b[:20] },
		"cut header":     func(b []byte) []byte { return b[:15] },
		"empty":          func([]byte) []byte { return []byte{} },
	} {
		for _, signOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/sign=%t", name, signOnly), func(t *testing.T) {
				cfg := offline(t)
				cfg.SignOnly = signOnly
				client, kt := ticketClient(t, cfg, 18)
				refused(t, client, &acceptor{keytab: kt, subkey: true, payload: 100, reply: 1000, token: func(n int, token []byte) []byte {
					if n == 1 {
						token = change(token)
					}
					return token
				}}, "wrap token")
			})
		}
	}
}

func TestReplayedAndLostAnswersEndTheConnection(t *testing.T) {
	client, kt := ticketClient(t, offline(t), 18)
	var first []byte
	replay := func(n int, token []byte) []byte {
		if n == 0 {
			first = bytes.Clone(token)
		} else if n == 1 {
			return first
		}
		return token
	}
	lose := func(n int, token []byte) []byte {
		if n == 1 {
			return nil
		}
		return token
	}
	for _, token := range []func(int, []byte) []byte{replay, lose} {
		refused(t, client, &acceptor{keytab: kt, payload: 100, reply: 1000, token: token}, "out of sequence")
	}
}

// refused checks that the answer to a search does not arrive.
func refused(t *testing.T, client *Client, a *acceptor, reason string) {
	t.Helper()
	conn, err := a.bind(t, client)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := search(conn, "(cn=a)"); err == nil || !strings.Contains(err.Error(), reason) {
		t.Errorf("%d bytes, error %v, want one with %q", len(got), err, reason)
	}
}

func TestOversizedTokenEndsTheConnectionBeforeItIsRead(t *testing.T) {
	for _, tt := range []struct{ raw, want string }{
		{"\xFF\xFF\xFF\xFF", "wrap token of 4294967295 bytes"},
		{"\x00\x00\x00\x20\x05\x04", "unexpected EOF"},
		{"\x00\x00", "unexpected EOF"},
		{"", "EOF"},
	} {
		server, tcp := net.Pipe()
		go func() {
			server.Write([]byte(tt.raw))
			server.Close()
		}()
		w, err := newWrapper(newKey(t, 18), false, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		c := NewConn(tcp)
		c.layer = &layer{tokens: w}
		if _, err := c.Read(make([]byte, 10)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.raw, err, tt.want)
		}
	}
}

// Without the check a network attacker could slip an answer in unprotected,
// between the result of the bind and the first request.
func TestUnprotectedDataBehindTheBindIsRefused(t *testing.T) {
	client, kt := ticketClient(t, offline(t), 18)
	forged := result(4, ldap.ApplicationSearchResultDone, 0, "", nil)
	for name, behind := range map[string][]byte{
		"a message":      forged,
		"part of one":    forged[:5],
		"its first byte": forged[:1],
	} {
		// In one segment with the result, so that it arrives before the switch.
		a := &acceptor{keytab: kt, behind: behind}
		if _, err := a.bind(t, client); err == nil || !strings.Contains(err.Error(), "unprotected data") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBindFailsUnlessTheServerProvesItself(t *testing.T) {
	client, kt := ticketClient(t, offline(t), 18)
	_, other := ticketClient(t, offline(t), 18)
	for name, apRep := range map[string]func([]byte) []byte{
		"no answer":      func([]byte) []byte { return nil },
		"empty answer":   func([]byte) []byte { return []byte{} },
		"cut answer":     func(b []byte) []byte { return b[:len(b)-20] },
		"changed answer": func(b []byte) []byte { b[len(b)-20] ^= 1; return b },
		"another token":  func(b []byte) []byte { return frame(tokenAPReq, b) },
		"damaged error":  func([]byte) []byte { return frame(tokenError, []byte{0x7E, 0x80}) },
		"short encrypted": func([]byte) []byte {
			return frame(tokenAPRep, []byte("\x6f\x1d\x30\x1b\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0f\xa2\x0f\x30\x0d\xa0\x03\x02\x01\x12\xa2\x06\x04\x04aaaa"))
		},
	} {
		a := &acceptor{keytab: kt, apRep: apRep}
		var e *Error
		if _, err := a.bind(t, client); !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := &acceptor{keytab: other}
	if _, err := a.bind(t, client); err == nil || !strings.Contains(err.Error(), "refused the Kerberos ticket") {
		t.Errorf("a server with another key: %v", err)
	}
}

// An answer recorded from an earlier bind is no proof.
func TestRecordedAPRepIsRefused(t *testing.T) {
	client, kt := ticketClient(t, offline(t), 18)
	var recorded []byte
	a := &acceptor{keytab: kt, apRep: func(b []byte) []byte {
		if recorded == nil {
			recorded = bytes.Clone(b)
		}
		return recorded
	}}
	if _, err := a.bind(t, client); err != nil {
		t.Fatal(err)
	}
	if _, err := a.bind(t, client); err == nil || !strings.Contains(err.Error(), "did not prove") {
		t.Errorf("got %v", err)
	}
}

func TestBindFailsWithoutTheWantedLayer(t *testing.T) {
	client, kt := ticketClient(t, offline(t), 18)
	offer := func(b ...byte) func(*wrapper) ([]byte, error) {
		return func(w *wrapper) ([]byte, error) { return w.wrap(b, false) }
	}
	for name, a := range map[string]*acceptor{
		"none only":    {offer: layerNone},
		"signing only": {offer: layerNone | layerSign},
		"no offer":     {offerData: func(*wrapper) ([]byte, error) { return nil, nil }},
		"empty offer":  {offerData: offer()},
		"short offer":  {offerData: offer(7, 0, 1)},
		"long offer":   {offerData: offer(7, 0, 1, 0, 0)},
		"tiny buffer":  {offerData: offer(7, 0, 0, 60)},
		"forged offer": {offerData: func(*wrapper) ([]byte, error) { return make([]byte, 32), nil }},
	} {
		a.keytab = kt
		var e *Error
		if _, err := a.bind(t, client); !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRC4SessionIsRefusedWithAHint(t *testing.T) {
	client, kt := ticketClient(t, offline(t), 23)
	_, err := (&acceptor{keytab: kt}).bind(t, client)
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Problem, "RC4") || !strings.Contains(e.Advice, "AES") {
		t.Errorf("got %v", err)
	}
}

func TestBindEndsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // a KDC that never answers
	if err != nil {
		t.Fatal(err)
	}
	cfg := offline(t)
	cfg.KDCs = map[string][]string{testRealm: {silent.Addr().String()}}
	client, err := New(cfg, Credentials{User: "scan@" + testRealm, Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		c, err := silent.Accept()
		if err == nil {
			defer c.Close()
		}
		cancel()
		silent.Close()
	}()
	conn, wire := dial(t, (&acceptor{}).start(t, nil))
	began := time.Now()
	err = client.Bind(ctx, conn, wire, Service{Host: testHost})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if d := time.Since(began); d > 4*time.Second { // gokrb5 waits five
		t.Errorf("took %v", d)
	}
	if !conn.IsClosing() {
		t.Error("the connection is still open")
	}
}

func TestConnBelongsToPlainConnectionsOnly(t *testing.T) {
	client, _ := ticketClient(t, offline(t), 18)
	conn, _ := dial(t, (&acceptor{}).start(t, nil))
	if err := client.Bind(context.Background(), conn, nil, Service{Host: testHost}); err == nil {
		t.Error("a bind without a layer and without TLS")
	}
}

func TestFramingCountsMessages(t *testing.T) {
	short := result(1, ldap.ApplicationBindResponse, 0, "", nil)
	long := entry(2, "CN=x", "description", strings.Repeat("v", 70000))
	for _, tt := range []struct {
		sent []byte
		one  bool
	}{
		{nil, false},
		{short, true},
		{long, true},
		{append(bytes.Clone(long), short...), false},
		{long[:len(long)-1], false},
		{append(bytes.Clone(short), long[:3]...), false},
		{[]byte("\x30\x00"), true},
		{bytes.Repeat([]byte{0xFF}, 200), false},
	} {
		for _, step := range []int{1, 7, 1 << 20} {
			var f framing
			for b := tt.sent; len(b) > 0; b = b[min(step, len(b)):] {
				f.add(b[:min(step, len(b))])
			}
			if got := f.one(); got != tt.one {
				t.Errorf("%d bytes by %d: one message %t", len(tt.sent), step, got)
			}
		}
	}
}
