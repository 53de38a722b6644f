package kerberos

import (
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// mechanism is the DER of Kerberos' object identifier, 1.2.840.113554.1.2.2
// (RFC 4121 section 4.1).
const mechanism = "\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"

// The token identifiers of RFC 4121 section 4.1.
const (
	tokenAPReq = "\x01\x00"
	tokenAPRep = "\x02\x00"
	tokenError = "\x03\x00"
)

// An initiator is the client's side of one bind. It implements [ldap.GSSAPIClient], whose
// caller passes nil if the server has not answered yet, and ends at an empty answer.
type initiator struct {
	ticket     messages.Ticket
	sessionKey types.EncryptionKey
	realm      string
	name       types.PrincipalName
	want       byte   // the security layer
	binding    []byte // the channel binding; nil sends none

	authenticator types.Authenticator
	wrapper       *wrapper
	layer         *layer // the result, also if no layer was wanted
}

// DeleteSecContext is called at the end of every bind. The security layer stays.
func (i *initiator) DeleteSecContext() error { return nil }

// InitSecContext makes the request of the bind, and then takes the answer to it.
func (i *initiator) InitSecContext(target string, answer []byte) ([]byte, bool, error) {
	return i.InitSecContextWithOptions(target, answer, nil)
}

// InitSecContextWithOptions is InitSecContext: the options are always those of
// mutual authentication.
func (i *initiator) InitSecContextWithOptions(_ string, answer []byte, _ []int) (token []byte, more bool, err error) {
	defer recoverTo(&err, "Kerberos message")
	if answer == nil {
		if i.authenticator.AVNO != 0 {
			return nil, false, errUnproven // and asked for another request
		}
		token, err = i.request()
		return token, true, err
	}
	return nil, false, i.accept(answer)
}

// recoverTo turns a panic, which is how gokrb5 handles damaged input, into an error.
func recoverTo(err *error, what string) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s is damaged: %v", what, r)
	}
}

// request returns the initial token of RFC 4121 section 4.1: an AP-REQ with a
// subkey, in which a checksum carries the GSS flags and the channel binding.
func (i *initiator) request() ([]byte, error) {
	et, err := newEType(i.sessionKey)
	if err != nil {
		return nil, err
	}
	auth, err := types.NewAuthenticator(i.realm, i.name)
	if err != nil {
		return nil, err
	}
	if auth.SubKey, err = types.GenerateEncryptionKey(et); err != nil {
		return nil, err
	}
	gss := uint32(gssapi.ContextFlagMutual)
	if i.want != layerNone {
		gss |= gssapi.ContextFlagReplay | gssapi.ContextFlagSequence | gssapi.ContextFlagInteg
	}
	if i.want == layerSeal {
		gss |= gssapi.ContextFlagConf
	}
	hash := bindingHash(i.binding)
	sum := binary.LittleEndian.AppendUint32(nil, uint32(len(hash)))
	sum = binary.LittleEndian.AppendUint32(append(sum, hash[:]...), gss)
	auth.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: sum}
	i.authenticator = auth

	req, err := messages.NewAPReq(i.ticket, i.sessionKey, auth)
	if err != nil {
		return nil, err
	}
	types.SetFlag(&req.APOptions, flags.APOptionMutualRequired)
	b, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	return asn1tools.AddASNAppTag(append([]byte(mechanism+tokenAPReq), b...), 0), nil
}

// accept takes the server's AP-REP, with which the server proves that it could
// read the ticket (RFC 4120 section 3.2.4).
func (i *initiator) accept(token []byte) error {
	id, body, err := openToken(token)
	if err != nil {
		return err
	}
	switch id {
	case tokenError:
		var e messages.KRBError
		if err := e.Unmarshal(body); err != nil {
			return err
		}
		return e
	case tokenAPRep:
	default:
		return fmt.Errorf("token with identifier %x in place of an AP-REP", id)
	}
	var rep messages.APRep
	if err := rep.Unmarshal(body); err != nil {
		return err
	}
	b, err := crypto.DecryptEncPart(rep.EncPart, i.sessionKey, keyusage.AP_REP_ENCPART)
	if err != nil {
		return &identityError{err} // another key than the ticket's
	}
	var part messages.EncAPRepPart
	if err := part.Unmarshal(b); err != nil {
		return err
	}
	if auth := i.authenticator; !part.CTime.Equal(auth.CTime.Truncate(time.Second)) || part.Cusec != auth.Cusec {
		return &identityError{errors.New("answer to another request")}
	}
	key, acceptorKey := i.authenticator.SubKey, false
	if len(part.Subkey.KeyValue) > 0 {
		key, acceptorKey = part.Subkey, true
	}
	// Some write the 32 bits of a sequence number as a signed integer.
	i.wrapper, err = newWrapper(key, acceptorKey, uint64(i.authenticator.SeqNumber), uint64(uint32(part.SequenceNumber)))
	return err
}

// errUnproven is the fault of a server that accepts the bind before its AP-REP.
var errUnproven = &identityError{errors.New("bind accepted without an AP-REP")}

// An identityError says that the server failed mutual authentication.
type identityError struct{ error }

func (e *identityError) Unwrap() error { return e.error }

// openToken removes the framing of RFC 2743 section 3.1 from a token.
func openToken(token []byte) (id string, body []byte, err error) {
	var frame asn1.RawValue
	rest, err := asn1.Unmarshal(token, &frame)
	if err != nil || len(rest) > 0 || frame.Class != asn1.ClassApplication || frame.Tag != 0 {
		return "", nil, errors.New("token without its frame")
	}
	const n = len(mechanism)
	if len(frame.Bytes) < n+2 || string(frame.Bytes[:n]) != mechanism {
		return "", nil, errors.New("token of another mechanism")
	}
	return string(frame.Bytes[n : n+2]), frame.Bytes[n+2:], nil
}

// NegotiateSaslAuth chooses the security layer (RFC 4752 section 3.1). It accepts only
// the wanted one.
func (i *initiator) NegotiateSaslAuth(token []byte, authzid string) (answer []byte, err error) {
	defer recoverTo(&err, "offer of security layers")
	if i.wrapper == nil || i.layer != nil {
		return nil, errOutOfTurn
	}
	answer, i.layer, err = negotiate(i.wrapper, i.want, token, authzid)
	return answer, err
}
