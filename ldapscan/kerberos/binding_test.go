package kerberos

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

func TestEndpointBindingHashesAsRFC5929Says(t *testing.T) {
	cert := []byte("certificate")
	for _, tt := range []struct {
		signature x509.SignatureAlgorithm
		want      crypto.Hash
	}{
		{x509.MD5WithRSA, crypto.SHA256},
		{x509.SHA1WithRSA, crypto.SHA256},
		{x509.ECDSAWithSHA1, crypto.SHA256},
		{x509.SHA256WithRSA, crypto.SHA256},
		{x509.ECDSAWithSHA256, crypto.SHA256},
		{x509.SHA256WithRSAPSS, crypto.SHA256},
		{x509.SHA384WithRSA, crypto.SHA384},
		{x509.ECDSAWithSHA384, crypto.SHA384},
		{x509.SHA384WithRSAPSS, crypto.SHA384},
		{x509.SHA512WithRSA, crypto.SHA512},
		{x509.ECDSAWithSHA512, crypto.SHA512},
		{x509.SHA512WithRSAPSS, crypto.SHA512},
		{x509.PureEd25519, crypto.SHA256},
	} {
		state := tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: cert, SignatureAlgorithm: tt.signature}}}
		h := tt.want.New()
		h.Write(cert)
		if got, want := string(endpointBinding(state)), "tls-server-end-point:"+string(h.Sum(nil)); got != want {
			t.Errorf("%v: %x, want %x", tt.signature, got, want)
		}
	}
}

func TestBindingHash(t *testing.T) {
	if got := bindingHash(nil); got != [16]byte{} {
		t.Errorf("no binding: %x", got)
	}
	// RFC 4121 section 4.1.1.2: integers are little-endian.
	want := md5.Sum([]byte(strings.Repeat("\x00", 16) + "\x17\x00\x00\x00" + "tls-server-end-point:\x01\x02"))
	if got := bindingHash([]byte("tls-server-end-point:\x01\x02")); got != want {
		t.Errorf("%x, want %x", got, want)
	}
}

// certificate returns one of its own signature, over a key of a curve, which
// decides on the hash.
func certificate(t *testing.T, curve elliptic.Curve) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{testHost}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestBindOverTLSCarriesTheChannelBinding(t *testing.T) {
	client, kt := ticketClient(t, offline(t), 18)
	for _, tt := range []struct {
		name  string
		curve elliptic.Curve
		hash  crypto.Hash
	}{
		{"SHA-256", elliptic.P256(), crypto.SHA256},
		{"SHA-384", elliptic.P384(), crypto.SHA384},
		{"SHA-512", elliptic.P521(), crypto.SHA512},
	} {
		cert := certificate(t, tt.curve)
		h := tt.hash.New()
		h.Write(cert.Certificate[0])
		right := bindingHash(h.Sum([]byte("tls-server-end-point:")))
		wrong := bindingHash([]byte("tls-server-end-point:"))
		none := bindingHash(nil)
		for _, d := range []struct {
			name   string
			demand []byte
			ok     bool
		}{
			{"demanded", right[:], true},
			{"not demanded", nil, true},
			{"another", wrong[:], false},
			{"demanded to be missing", none[:], false},
		} {
			t.Run(tt.name+"/"+d.name, func(t *testing.T) {
				a := &acceptor{keytab: kt, offer: layerNone, hash: d.demand, reply: 5}
				c, err := tls.Dial("tcp", a.start(t, &tls.Config{Certificates: []tls.Certificate{cert}}), &tls.Config{InsecureSkipVerify: true})
				if err != nil {
					t.Fatal(err)
				}
				conn := ldap.NewConn(c, true)
				conn.Start()
				defer conn.Close()
				err = client.Bind(context.Background(), conn, nil, Service{Host: testHost})
				if d.ok {
					if err != nil {
						t.Fatal(err)
					}
					if got, err := search(conn, "(cn=a)"); err != nil || got != "vvvvv" {
						t.Errorf("%q, %v", got, err)
					}
					return
				}
				var e *Error
				if !errors.As(err, &e) || !strings.Contains(e.Problem, "channel binding") {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}
