package kerberos

import (
	"context"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A fakeKDC answers AS-REQs for the account scan.
type fakeKDC struct {
	params   []byte // of the key, as sent
	password string // of the account
	etypes   []byte // that it offers; nil means AES256
	open     bool   // asks for no pre-authentication
	realm    string // that it answers for; empty means testRealm
	change   func(*messages.EncKDCRepPart)

	mu    sync.Mutex
	asked int // requests
	tried int // of them, with an encrypted time
}

const kdcSalt = "SALT"

func (k *fakeKDC) start(t testing.TB) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var size [4]byte
				if _, err := io.ReadFull(c, size[:]); err != nil {
					return
				}
				b := make([]byte, binary.BigEndian.Uint32(size[:]))
				if _, err := io.ReadFull(c, b); err != nil {
					return
				}
				answer := k.answer(t, b)
				c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...))
			}()
		}
	}()
	return l.Addr().String()
}

func (k *fakeKDC) answer(t testing.TB, b []byte) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	var req messages.ASReq
	if err := req.Unmarshal(b); err != nil {
		t.Errorf("not an AS-REQ: %v", err)
		return nil
	}
	k.asked++
	key := k.key(t)
	refuse := func(code int32, data []byte) []byte {
		e := messages.NewKRBError(req.ReqBody.SName, testRealm, code, "")
		e.EData = data
		b, err := e.Marshal()
		if err != nil {
			t.Error(err)
		}
		return b
	}
	i := -1
	for j, pa := range req.PAData {
		if pa.PADataType == patype.PA_ENC_TIMESTAMP {
			i = j
		}
	}
	switch {
	case i < 0 && !k.open:
		data, err := asn1.Marshal(k.padata())
		if err != nil {
			t.Error(err)
		}
		return refuse(errorcode.KDC_ERR_PREAUTH_REQUIRED, data)
	case i >= 0:
		k.tried++
		var sealed types.EncryptedData
		if err := sealed.Unmarshal(req.PAData[i].PADataValue); err != nil {
			t.Error(err)
		}
		if _, err := crypto.DecryptEncPart(sealed, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP); err != nil {
			return refuse(errorcode.KDC_ERR_PREAUTH_FAILED, nil)
		}
	}
	return k.reply(t, &req, key)
}

// key is that of the password, where it can be made in a reasonable time.
func (k *fakeKDC) key(t testing.TB) types.EncryptionKey {
	et, err := crypto.GetEtype(18)
	if err != nil {
		t.Error(err)
	}
	params := "00001000"
	if n := len(k.params); n == 4 && binary.BigEndian.Uint32(k.params) == 5000 {
		params = "00001388"
	}
	b, err := et.StringToKey(k.password, kdcSalt, params)
	if err != nil {
		t.Error(err)
	}
	return types.EncryptionKey{KeyType: 18, KeyValue: b}
}

// padata is ETYPE-INFO2 (RFC 4120 section 5.2.7.5).
func (k *fakeKDC) padata() types.PADataSequence {
	field := func(tag byte, kind byte, b []byte) []byte {
		inner := append([]byte{kind, byte(len(b))}, b...)
		return append([]byte{tag, byte(len(inner))}, inner...)
	}
	etypes := k.etypes
	if etypes == nil {
		etypes = []byte{18}
	}
	var list []byte
	for _, e := range etypes {
		entry := append(field(0xA0, 2, []byte{e}), field(0xA1, 0x1B, []byte(kdcSalt))...)
		if k.params != nil {
			entry = append(entry, field(0xA2, 4, k.params)...)
		}
		list = append(list, append([]byte{0x30, byte(len(entry))}, entry...)...)
	}
	return types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: append([]byte{0x30, byte(len(list))}, list...)}, {PADataType: patype.PA_ENC_TIMESTAMP}}
}

func (k *fakeKDC) reply(t testing.TB, req *messages.ASReq, key types.EncryptionKey) []byte {
	fail := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	kt := keytab.New()
	now := time.Now().UTC().Truncate(time.Second)
	fail(kt.AddEntry("krbtgt/"+testRealm, testRealm, "krbtgt", now, 1, 18))
	name := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "scan")
	ticket, session, err := messages.NewTicket(name, testRealm, req.ReqBody.SName, testRealm, types.NewKrbFlags(), kt, 18, 1, now, now, now.Add(10*time.Hour), now.Add(10*time.Hour))
	fail(err)
	part := messages.EncKDCRepPart{Key: session, LastReqs: []messages.LastReq{{LRValue: now}}, Nonce: req.ReqBody.Nonce, Flags: types.NewKrbFlags(), AuthTime: now, StartTime: now, EndTime: now.Add(10 * time.Hour), SRealm: testRealm, SName: req.ReqBody.SName}
	if k.change != nil {
		k.change(&part)
	}
	b, err := part.Marshal()
	fail(err)
	rep := messages.ASRep{KDCRepFields: messages.KDCRepFields{PVNO: 5, MsgType: 11, CRealm: testRealm, CName: name, Ticket: ticket}}
	if k.realm != "" {
		rep.CRealm = k.realm
	}
	if k.open {
		rep.PAData = k.padata()[:1]
	}
	rep.EncPart, err = crypto.GetEncryptedData(b, key, keyusage.AS_REP_ENCPART, 1)
	fail(err)
	b, err = rep.Marshal()
	fail(err)
	return b
}

// at is a client of the KDC with a password.
func (k *fakeKDC) at(t testing.TB, user string) *Client {
	t.Helper()
	cfg := offline(t)
	cfg.Realm, cfg.KDCs = testRealm, map[string][]string{testRealm: {k.start(t)}}
	c, err := New(cfg, Credentials{User: user, Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// logOn returns what a bind says of the logon.
func logOn(c *Client) *Error {
	err := c.explain(c.logOnce(context.Background()), testHost)
	var e *Error
	errors.As(err, &e)
	return e
}

// Nobody has authenticated the KDC when it says how the key of the password is made.
func TestKeyIsMadeWithinBounds(t *testing.T) {
	number := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	for name, tt := range map[string]struct {
		params  []byte
		open    bool // in an answer without pre-authentication
		problem string
	}{
		"default":              {nil, false, ""},
		"default, said":        {number(4096), false, ""},
		"more":                 {number(5000), false, ""},
		"default, no pre-auth": {nil, true, ""},
		"one":                  {number(1), false, "iteration count of 1 for the key of the password; 4096 to 1000000 are accepted"},
		"few":                  {number(4095), false, "count of 4095 for"},
		"too many":             {number(1_000_001), false, "count of 1000001 for"},
		"endless":              {number(1<<32 - 1), false, "count of 4294967295 for"},
		"2^32":                 {number(0), false, "count of 0 for"},
		"endless, no pre-auth": {number(1<<32 - 1), true, "count of 4294967295 for"},
		"damaged":              {[]byte{16, 0}, false, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			k := &fakeKDC{params: tt.params, open: tt.open, password: secret}
			e := logOn(k.at(t, "scan"))
			if tt.problem == "" {
				if e != nil || k.tried == 0 != tt.open {
					t.Errorf("%v, %d tries", e, k.tried)
				}
				return
			}
			if e == nil || !strings.Contains(e.Problem, tt.problem) || e.Refused || e.Account {
				t.Errorf("%+v", e)
			}
			if k.tried != 0 {
				t.Error("a time was encrypted under the key of the password")
			}
		})
	}
}

// A domain counts the wrong passwords, so one logon tries one.
func TestWrongPasswordIsTriedOnce(t *testing.T) {
	for _, user := range []string{"scan", "scan@" + testRealm} {
		k := &fakeKDC{password: "another"}
		c := k.at(t, user)
		if e := logOn(c); e == nil || !e.Refused || e.Problem != "the password is wrong" || k.tried != 1 || k.asked != 2 {
			t.Errorf("%s: %+v after %d requests, %d of them with the password", user, e, k.asked, k.tried)
		}
	}
}

func TestOneLogonServesManyBinds(t *testing.T) {
	k := &fakeKDC{password: secret}
	c := k.at(t, "scan@mail.example") // which the KDC knows as scan
	for range 3 {
		if e := logOn(c); e != nil {
			t.Fatal(e)
		}
	}
	if name := c.krb.Credentials.CName(); k.asked != 2 || name.PrincipalNameString() != "scan" || c.krb.Credentials.Domain() != testRealm {
		t.Errorf("%d requests, as %v", k.asked, name)
	}
}

// An answer that was recorded, or is for something else, is none.
func TestForeignAnswersOfTheKDC(t *testing.T) {
	for name, k := range map[string]*fakeKDC{
		"nonce":        {change: func(p *messages.EncKDCRepPart) { p.Nonce++ }},
		"realm":        {change: func(p *messages.EncKDCRepPart) { p.SRealm = "EVIL.TEST" }},
		"service":      {change: func(p *messages.EncKDCRepPart) { p.SName.NameString = []string{"krbtgt", "EVIL.TEST"} }},
		"clock":        {change: func(p *messages.EncKDCRepPart) { p.AuthTime = p.AuthTime.Add(-time.Hour) }},
		"client realm": {realm: "EVIL.TEST"},
		"RC4 alone":    {etypes: []byte{23}},
	} {
		k.password = secret
		c := k.at(t, "scan")
		if e := logOn(c); e == nil || e.Refused || c.krb != nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
	k := &fakeKDC{password: secret, etypes: []byte{23, 17, 18}}
	if e := logOn(k.at(t, "scan")); e == nil || k.tried != 1 { // the key is that of another type
		t.Errorf("%+v", e)
	}
}

func TestHugeAnswerIsNotRead(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.Write([]byte{0xFF, 0xFF, 0xFF, 0xFF})
		io.Copy(io.Discard, c)
	}()
	if b, err := exchange(context.Background(), l.Addr().String(), []byte("x")); err == nil || !strings.Contains(err.Error(), "4294967295 bytes") || len(b) > 0 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestServiceName(t *testing.T) {
	for s, want := range map[Service]string{
		{Host: "dc1.contoso.test"}:                           "ldap/dc1.contoso.test",
		{Host: "dc1.contoso.test.", Domain: "contoso.test."}: "ldap/dc1.contoso.test/contoso.test",
	} {
		if got := s.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
