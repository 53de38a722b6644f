package kerberos

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The bits of the security layers (RFC 4752 section 3.3).
const (
	layerNone = 1
	layerSign = 2
	layerSeal = 4
)

// errOutOfTurn is the fault of a server that offers layers before it has proven its identity, or
// twice.
var errOutOfTurn = errors.New("offer of security layers out of turn")

// negotiate answers the offer of security layers (RFC 4752 section 3.1). It accepts only the
// wanted one.
func negotiate(t tokens, want byte, token []byte, authzid string) (answer []byte, l *layer, err error) {
	offer, err := t.unwrap(token, false)
	if err != nil {
		return nil, nil, err
	}
	l, announced, err := choose(t, want, offer)
	if err != nil {
		return nil, nil, err
	}
	choice := binary.BigEndian.AppendUint32(nil, uint32(want)<<24|announced)
	if answer, err = t.wrap(append(choice, authzid...), false); err != nil {
		return nil, nil, err
	}
	return answer, l, nil
}

// choose reads an offer: a byte of layers, and three of the largest token the server
// takes. The size announced to the server is 0 if no layer is wanted.
func choose(t tokens, want byte, offer []byte) (l *layer, announced uint32, err error) {
	if len(offer) != 4 {
		return nil, 0, fmt.Errorf("offer of security layers of %d bytes, not 4", len(offer))
	}
	if offer[0]&want == 0 {
		return nil, 0, &layerError{want: want, offered: offer[0]}
	}
	if want == layerNone {
		return &layer{tokens: t}, 0, nil
	}
	seal := want == layerSeal
	size := int(binary.BigEndian.Uint32(offer) & 0xFFFFFF)
	l = &layer{tokens: t, seal: seal, maxPayload: size - t.overhead(seal)}
	if l.maxPayload < 1 {
		return nil, 0, fmt.Errorf("server takes tokens of no more than %d bytes", size)
	}
	return l, maxAnnounced, nil
}

// A layerError says that the server does not offer the wanted security layer.
type layerError struct{ want, offered byte }

func (e *layerError) Error() string {
	return fmt.Sprintf("security layer %d wanted, %03b offered", e.want, e.offered)
}
