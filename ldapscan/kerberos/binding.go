package kerberos

import (
	"crypto"
	"crypto/md5"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
)

// endpointBinding returns the tls-server-end-point channel binding of a
// connection (RFC 5929 section 4.1). A certificate whose signature has no hash
// function of its own, which the RFC leaves open, counts as SHA-256.
func endpointBinding(state tls.ConnectionState) []byte {
	cert := state.PeerCertificates[0] // of a client, never empty after the handshake
	hash := crypto.SHA256             // also in place of MD5 and SHA-1
	switch cert.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		hash = crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write(cert.Raw)
	return h.Sum([]byte("tls-server-end-point:"))
}

// bindingHash returns the field Bnd of the authenticator's checksum (RFC 4121
// section 4.1.1.2): the MD5 of a channel binding without addresses. No binding
// is 16 zero bytes.
func bindingHash(binding []byte) [md5.Size]byte {
	if binding == nil {
		return [md5.Size]byte{}
	}
	b := make([]byte, 16) // types and lengths of both addresses
	b = binary.LittleEndian.AppendUint32(b, uint32(len(binding)))
	return md5.Sum(append(b, binding...))
}
