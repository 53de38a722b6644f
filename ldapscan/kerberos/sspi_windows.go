package kerberos

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"

	"github.com/go-ldap/ldap/v3"
)

// BindSignedIn logs on as the user who is signed in to Windows. wire is the Conn below conn, which
// is sealed; over TLS it is nil, and the bind carries the channel binding of state. Errors are
// those of [Client.Bind].
func BindSignedIn(ctx context.Context, conn *ldap.Conn, wire *Conn, state tls.ConnectionState, service Service) error {
	c := &Client{user: signedIn, source: "ticket of the session"}
	return c.explain(within(ctx, conn, service, func() error { return bindSignedIn(ctx, conn, wire, state, service) }), service.Host)
}

func bindSignedIn(ctx context.Context, conn *ldap.Conn, wire *Conn, state tls.ConnectionState, service Service) error {
	want, bindings := byte(layerSeal), []byte(nil)
	if wire == nil {
		if len(state.PeerCertificates) == 0 {
			return errNoHandshake
		}
		want, bindings = layerNone, channelBindings(endpointBinding(state))
	}
	i, err := begin(ctx, service.String(), want, bindings)
	if err != nil {
		return err
	}
	defer i.credentials.release()
	err = conn.GSSAPIBind(i, i.target, "")
	if err == nil && i.layer == nil {
		err = errUnproven
	}
	if err == nil && wire != nil {
		if err = wire.protect(i.layer); err == nil {
			return nil // the Conn closes the context
		}
	}
	i.context.close()
	return err
}

// channelBindings returns the SEC_CHANNEL_BINDINGS of a binding without addresses: their types,
// lengths and offsets, length and offset of the binding, and the binding.
func channelBindings(binding []byte) []byte {
	const size = 32
	b := make([]byte, size, size+len(binding))
	binary.LittleEndian.PutUint32(b[24:], uint32(len(binding)))
	binary.LittleEndian.PutUint32(b[28:], size)
	return append(b, binding...)
}

// A sessionLogon is the client's side of one bind with the ticket of the Windows session. It
// implements [ldap.GSSAPIClient] as an [initiator] does.
type sessionLogon struct {
	target   string
	want     byte // the security layer
	bindings []byte

	credentials *secHandle
	context     *securityContext
	request     []byte // until it is sent
	proven      bool   // the server has proven its identity
	layer       *layer // the result, also if no layer was wanted
}

// begin returns a sessionLogon that has the request of the bind. Windows may ask domain controllers
// for a ticket, and cannot be told to stop: what was given up goes on in the background.
func begin(ctx context.Context, target string, want byte, bindings []byte) (*sessionLogon, error) {
	i := &sessionLogon{target: target, want: want, bindings: bindings, context: &securityContext{}}
	done := make(chan error, 1)
	go func() { done <- i.begin() }()
	select {
	case <-ctx.Done():
		go func() {
			if <-done == nil {
				i.context.close()
				i.credentials.release()
			}
		}()
		return nil, ctx.Err()
	case err := <-done:
		return i, err
	}
}

func (i *sessionLogon) begin() (err error) {
	if i.credentials, err = acquireSignedIn(); err != nil {
		return err
	}
	if i.request, _, err = i.context.step(i.credentials, i.target, i.properties(), i.bindings, nil); err != nil {
		i.credentials.release()
	}
	return err
}

// properties are those that the security context must have. The choice of a layer is signed, also
// if no layer is wanted.
func (i *sessionLogon) properties() uint32 {
	p := uint32(contextMutualAuth | contextSigned | contextSealed)
	if i.want == layerSeal {
		p |= contextReplayDetect | contextSequenceDetect
	}
	return p
}

// DeleteSecContext is called at the end of every bind. The security layer stays.
func (i *sessionLogon) DeleteSecContext() error { return nil }

// InitSecContext makes the request of the bind, and then takes the answer to it.
func (i *sessionLogon) InitSecContext(target string, answer []byte) ([]byte, bool, error) {
	return i.InitSecContextWithOptions(target, answer, nil)
}

// InitSecContextWithOptions is InitSecContext, without options.
func (i *sessionLogon) InitSecContextWithOptions(_ string, answer []byte, _ []int) (token []byte, more bool, err error) {
	if answer == nil {
		if i.request == nil {
			return nil, false, errUnproven // and asked for another request
		}
		token, i.request = i.request, nil
		return token, true, nil
	}
	token, more, err = i.context.step(i.credentials, i.target, i.properties(), i.bindings, answer)
	if err != nil || more {
		return token, more, err
	}
	if missing := i.properties() &^ i.context.properties; missing != 0 {
		return nil, false, &identityError{fmt.Errorf("security context without the properties %#x", missing)}
	}
	i.proven = true
	return token, false, i.context.measure()
}

// NegotiateSaslAuth chooses the security layer.
func (i *sessionLogon) NegotiateSaslAuth(token []byte, authzid string) (answer []byte, err error) {
	if !i.proven || i.layer != nil {
		return nil, errOutOfTurn
	}
	answer, i.layer, err = negotiate(i.context, i.want, token, authzid)
	return answer, err
}
