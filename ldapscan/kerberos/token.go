package kerberos

import (
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/crypto/etype"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/types"
)

// The header of a Wrap token and its flags (RFC 4121 section 4.2.2 and 4.2.6.2).
const (
	headerSize       = 16
	flagFromAcceptor = 0x01
	flagSealed       = 0x02
	flagAcceptorKey  = 0x04
)

// A wrapper is the [tokens] of RFC 4121 with keys that this program has.
type wrapper struct {
	key      types.EncryptionKey
	etype    etype.EType
	flags    byte // flagAcceptorKey if the acceptor chose the key
	acceptor bool // this is the server's side
	sendSeq  uint64
	recvSeq  uint64
}

// newEType returns the encryption type of a key. RC4 and DES have different tokens (RFC
// 4757, RFC 1964), and gokrb5 v8.4.4 wrongly takes keys of aes256-cts-hmac-sha384-192 to
// be 24 bytes long.
func newEType(key types.EncryptionKey) (etype.EType, error) {
	switch key.KeyType {
	case etypeID.AES128_CTS_HMAC_SHA1_96, etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA256_128:
		return crypto.GetEtype(key.KeyType)
	}
	return nil, etypeError(key.KeyType)
}

// An etypeError is the number of an unsupported encryption type (RFC 3961 section 8).
type etypeError int32

func (e etypeError) Error() string {
	names := map[etypeError]string{
		1: "DES", 3: "DES", 16: "Triple DES", 20: "aes256-cts-hmac-sha384-192", 23: "RC4", 24: "RC4",
	}
	if name, ok := names[e]; ok {
		return "key of encryption type " + name
	}
	return fmt.Sprintf("key of encryption type %d", int32(e))
}

func newWrapper(key types.EncryptionKey, acceptorKey bool, sendSeq, recvSeq uint64) (*wrapper, error) {
	et, err := newEType(key)
	if err != nil {
		return nil, err
	}
	w := &wrapper{key: key, etype: et, sendSeq: sendSeq, recvSeq: recvSeq}
	if acceptorKey {
		w.flags = flagAcceptorKey
	}
	return w, nil
}

func usage(fromAcceptor bool) uint32 {
	if fromAcceptor {
		return keyusage.GSSAPI_ACCEPTOR_SEAL
	}
	return keyusage.GSSAPI_INITIATOR_SEAL
}

// close has nothing to give up.
func (w *wrapper) close() {}

func (w *wrapper) sumSize() int { return w.etype.GetHMACBitLength() / 8 }

// overhead returns how many bytes a token is longer than its payload.
func (w *wrapper) overhead(seal bool) int {
	if seal {
		return headerSize + w.etype.GetConfounderByteSize() + headerSize + w.sumSize()
	}
	return headerSize + w.sumSize()
}

// header appends a token header: EC is the size of the checksum or of the filler, RRC the
// number of bytes by which the rest of the token is rotated to the right.
func header(b []byte, flags byte, ec, rrc uint16, seq uint64) []byte {
	b = append(b, 0x05, 0x04, flags, 0xFF)
	b = binary.BigEndian.AppendUint16(b, ec)
	b = binary.BigEndian.AppendUint16(b, rrc)
	return binary.BigEndian.AppendUint64(b, seq)
}

// wrap returns the token of a payload, encrypted if seal is set, signed if not.
func (w *wrapper) wrap(payload []byte, seal bool) ([]byte, error) {
	flags := w.flags
	if w.acceptor {
		flags |= flagFromAcceptor
	}
	if seal {
		flags |= flagSealed
	}
	seq := w.sendSeq
	w.sendSeq++
	// Encryption and checksum cover the header behind the payload.
	text := header(append(make([]byte, 0, len(payload)+headerSize), payload...), flags, 0, 0, seq)
	token := make([]byte, 0, len(payload)+w.overhead(seal))
	if seal {
		_, sealed, err := w.etype.EncryptMessage(w.key.KeyValue, text, usage(w.acceptor))
		if err != nil {
			return nil, err
		}
		return append(header(token, flags, 0, 0, seq), sealed...), nil
	}
	sum, err := w.etype.GetChecksumHash(w.key.KeyValue, text, usage(w.acceptor))
	if err != nil {
		return nil, err
	}
	token = header(token, flags, uint16(len(sum)), 0, seq)
	return append(append(token, payload...), sum...), nil
}

// unwrap verifies a token and returns its payload. It is an error if a token is only
// signed although wantSeal is set, or is out of sequence: LDAP runs over a reliable
// stream, which does not lose or reorder anything.
func (w *wrapper) unwrap(token []byte, wantSeal bool) ([]byte, error) {
	if len(token) < headerSize || token[0] != 0x05 || token[1] != 0x04 || token[3] != 0xFF {
		return nil, errors.New("not a wrap token")
	}
	flags := token[2]
	sealed := flags&flagSealed != 0
	ec := int(binary.BigEndian.Uint16(token[4:]))
	rrc := int(binary.BigEndian.Uint16(token[6:]))
	seq := binary.BigEndian.Uint64(token[8:])
	switch {
	case (flags&flagFromAcceptor != 0) == w.acceptor:
		return nil, errors.New("wrap token from the wrong side")
	case flags&flagAcceptorKey != w.flags:
		return nil, errors.New("wrap token with a different key than agreed")
	case wantSeal && !sealed:
		return nil, errors.New("wrap token not encrypted, as agreed")
	case seq != w.recvSeq:
		return nil, fmt.Errorf("wrap token out of sequence: number %d, want %d", seq, w.recvSeq)
	}
	open := w.verify
	if sealed {
		open = w.decrypt
	}
	payload, err := open(token[headerSize:], flags, ec, rrc, seq)
	if err != nil {
		return nil, err
	}
	w.recvSeq++
	return payload, nil
}

func (w *wrapper) verify(body []byte, flags byte, ec, rrc int, seq uint64) ([]byte, error) {
	if ec != w.sumSize() || len(body) < ec {
		return nil, errors.New("wrap token with a checksum of the wrong size")
	}
	body = rotateLeft(body, rrc)
	payload, sum := body[:len(body)-ec], body[len(body)-ec:]
	text := header(append(make([]byte, 0, len(payload)+headerSize), payload...), flags, 0, 0, seq)
	if !w.etype.VerifyChecksum(w.key.KeyValue, text, sum, usage(!w.acceptor)) {
		return nil, errors.New("wrap token changed on the way")
	}
	return payload, nil
}

func (w *wrapper) decrypt(body []byte, flags byte, ec, rrc int, seq uint64) ([]byte, error) {
	// gokrb5 slices without checking the length.
	if len(body) < w.overhead(true)-headerSize+ec {
		return nil, errors.New("wrap token too short")
	}
	open := func(rotated int) ([]byte, error) {
		return w.etype.DecryptMessage(w.key.KeyValue, rotateLeft(body, rotated), usage(!w.acceptor))
	}
	text, err := open(rrc)
	if err != nil && ec > 0 { // [MS-KILE] 3.4.5.4.1: GSS_WrapEx rotates by RRC + EC
		text, err = open(rrc + ec)
	}
	if err != nil {
		return nil, errors.New("wrap token changed on the way")
	}
	payload, inner := text[:len(text)-headerSize], text[len(text)-headerSize:]
	if !hmac.Equal(inner, header(nil, flags, uint16(ec), 0, seq)) {
		return nil, errors.New("wrap token with a changed header")
	}
	return payload[:len(payload)-ec], nil // EC bytes of filler
}

// rotateLeft undoes the rotation of the sender, who may rotate by any count.
func rotateLeft(b []byte, n int) []byte {
	if len(b) == 0 || n%len(b) == 0 {
		return b
	}
	n %= len(b)
	return append(append(make([]byte, 0, len(b)), b[n:]...), b[:n]...)
}
