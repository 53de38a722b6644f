//go:build linux

package samba

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"os"
	"time"
)

// certify writes the certificate of the DC, its key, and the certificate of the
// CA that signed it. The one Samba makes for itself will not do: Go refuses it,
// having no subject alternative name and often a negative serial number.
func certify(d *domain) error {
	from := time.Now().Add(-time.Hour)
	ca := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "CA of " + d.DNS()},
		NotBefore:             from,
		NotAfter:              from.AddDate(0, 0, 2),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	host := d.Host + "." + d.DNS()
	leaf := &x509.Certificate{
		Subject:     pkix.Name{CommonName: host},
		DNSNames:    []string{host, d.DNS()},
		IPAddresses: []net.IP{net.ParseIP(d.IP)},
		NotBefore:   ca.NotBefore,
		NotAfter:    ca.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, leafKey.Public(), caKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.path("tls"), 0o700); err != nil {
		return err
	}
	for _, f := range []struct {
		name, kind string
		der        []byte
	}{
		{"tls/ca.pem", "CERTIFICATE", caDER},
		{"tls/cert.pem", "CERTIFICATE", leafDER},
		{"tls/key.pem", "PRIVATE KEY", keyDER},
	} {
		block := pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der})
		if err := os.WriteFile(d.path(f.name), block, 0o600); err != nil { // Samba refuses a wider key
			return err
		}
	}
	return nil
}
