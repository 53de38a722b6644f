package kerberos

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The functions of SSPI ([MS-KILE], sspi.h), out of the system directory.
var (
	secur32                   = windows.NewLazySystemDLL("secur32.dll")
	acquireCredentialsHandle  = secur32.NewProc("AcquireCredentialsHandleW")
	freeCredentialsHandle     = secur32.NewProc("FreeCredentialsHandle")
	initializeSecurityContext = secur32.NewProc("InitializeSecurityContextW")
	deleteSecurityContext     = secur32.NewProc("DeleteSecurityContext")
	queryContextAttributes    = secur32.NewProc("QueryContextAttributesW")
	encryptMessage            = secur32.NewProc("EncryptMessage")
	decryptMessage            = secur32.NewProc("DecryptMessage")
)

// The kinds of a secBuffer.
const (
	bufferData            = 1
	bufferToken           = 2
	bufferPadding         = 9
	bufferStream          = 10
	bufferChannelBindings = 14
)

// The properties of a security context.
const (
	contextMutualAuth     = 0x2
	contextReplayDetect   = 0x4
	contextSequenceDetect = 0x8
	contextSealed         = 0x10
	contextSigned         = 0x10000
)

const (
	continueNeeded status = 0x00090312 // is no error
	// wrapNoEncrypt is KERB_WRAP_NO_ENCRYPT: a token that is only signed.
	wrapNoEncrypt = 0x80000001
	// maxToken is more than the largest that Windows can be set to, 65,535 bytes.
	maxToken = 1 << 16
	// leastTrailer is what encryption with AES takes: two headers, a confounder and a checksum (RFC
	// 4121 section 4.2.4). Windows never tells less for AES; Wine tells what DES takes.
	leastTrailer = 2*headerSize + 16 + 12
)

// A secHandle is a CredHandle or a CtxtHandle.
type secHandle struct{ lower, upper uintptr }

// A secBuffer is a SecBuffer: what a function reads, or room for what it writes.
type secBuffer struct {
	size, kind uint32
	data       *byte
}

func newBuffer(kind uint32, data []byte) secBuffer {
	return secBuffer{size: uint32(len(data)), kind: kind, data: unsafe.SliceData(data)}
}

// A secBufferDesc is a SecBufferDesc.
type secBufferDesc struct {
	version, count uint32
	buffers        *secBuffer
}

func describe(buffers []secBuffer) *secBufferDesc {
	return &secBufferDesc{count: uint32(len(buffers)), buffers: unsafe.SliceData(buffers)}
}

// acquireSignedIn returns the credentials of the user who is signed in.
func acquireSignedIn() (*secHandle, error) {
	const outbound = 2
	name, err := windows.UTF16PtrFromString("Kerberos")
	if err != nil {
		return nil, err
	}
	var credentials secHandle
	var expiry windows.Filetime
	r, _, _ := acquireCredentialsHandle.Call(0, uintptr(unsafe.Pointer(name)), outbound, 0, 0, 0, 0,
		uintptr(unsafe.Pointer(&credentials)), uintptr(unsafe.Pointer(&expiry)))
	if s := status(r); s != 0 {
		return nil, s
	}
	return &credentials, nil
}

func (h *secHandle) release() { freeCredentialsHandle.Call(uintptr(unsafe.Pointer(h))) }

// A securityContext is the [tokens] of Windows.
type securityContext struct {
	mu         sync.RWMutex // held to write by close
	handle     secHandle
	open       bool
	properties uint32
	trailer    uint32 // the most bytes before a payload
	block      uint32 // and behind it
}

// step makes the request of a logon or, if there is an answer, takes that. bindings is a
// SEC_CHANNEL_BINDINGS or nil.
func (c *securityContext) step(credentials *secHandle, target string, wanted uint32, bindings, answer []byte) (token []byte, more bool, err error) {
	const nativeOrder = 16
	name, err := windows.UTF16PtrFromString(target)
	if err != nil {
		return nil, false, err
	}
	in := []secBuffer{newBuffer(bufferToken, answer)}
	if bindings != nil {
		in = append(in, newBuffer(bufferChannelBindings, bindings))
	}
	token = make([]byte, maxToken)
	out := []secBuffer{newBuffer(bufferToken, token)}
	input, output := describe(in), describe(out)
	var before *secHandle
	if c.open {
		before = &c.handle
	}
	var expiry windows.Filetime
	r, _, _ := initializeSecurityContext.Call(uintptr(unsafe.Pointer(credentials)), uintptr(unsafe.Pointer(before)), uintptr(unsafe.Pointer(name)),
		uintptr(wanted), 0, nativeOrder, uintptr(unsafe.Pointer(input)), 0, uintptr(unsafe.Pointer(&c.handle)), uintptr(unsafe.Pointer(output)),
		uintptr(unsafe.Pointer(&c.properties)), uintptr(unsafe.Pointer(&expiry)))
	runtime.KeepAlive(answer)
	runtime.KeepAlive(bindings)
	s := status(r)
	if s != 0 && s != continueNeeded {
		return nil, false, s
	}
	c.open = true
	if out[0].size > maxToken {
		return nil, false, secBufferTooSmall
	}
	return token[:out[0].size], s == continueNeeded, nil
}

// measure finds out how long tokens are.
func (c *securityContext) measure() error {
	const attributeSizes = 0
	var sizes struct{ maxToken, maxSignature, block, trailer uint32 }
	r, _, _ := queryContextAttributes.Call(uintptr(unsafe.Pointer(&c.handle)), attributeSizes, uintptr(unsafe.Pointer(&sizes)))
	if s := status(r); s != 0 {
		return s
	}
	c.block, c.trailer = sizes.block, max(sizes.trailer, leastTrailer)
	return nil
}

func (c *securityContext) overhead(bool) int { return int(c.trailer + c.block) }

// wrap returns the token that GSS_Wrap would: Windows writes it in three parts.
func (c *securityContext) wrap(payload []byte, seal bool) ([]byte, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if !c.open {
		return nil, net.ErrClosed
	}
	qop := uintptr(wrapNoEncrypt)
	if seal {
		qop = 0
	}
	room := make([]byte, len(payload)+c.overhead(seal))
	parts := [][]byte{room[:c.trailer], room[c.trailer : int(c.trailer)+len(payload)], room[int(c.trailer)+len(payload):]}
	copy(parts[1], payload)
	buffers := []secBuffer{newBuffer(bufferToken, parts[0]), newBuffer(bufferData, parts[1]), newBuffer(bufferPadding, parts[2])}
	message := describe(buffers)
	r, _, _ := encryptMessage.Call(uintptr(unsafe.Pointer(&c.handle)), qop, uintptr(unsafe.Pointer(message)), 0)
	runtime.KeepAlive(room)
	if s := status(r); s != 0 {
		return nil, fmt.Errorf("no wrap token: %w", s)
	}
	token := room[:0]
	for i, part := range parts {
		if int(buffers[i].size) > len(part) {
			return nil, secBufferTooSmall
		}
		token = append(token, part[:buffers[i].size]...)
	}
	return token, nil
}

// unwrap decrypts the token in place.
func (c *securityContext) unwrap(token []byte, wantSeal bool) ([]byte, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	switch {
	case !c.open:
		return nil, net.ErrClosed
	case len(token) < headerSize:
		return nil, errors.New("not a wrap token")
	}
	buffers := []secBuffer{newBuffer(bufferStream, token), {kind: bufferData}}
	message := describe(buffers)
	var qop uint32
	r, _, _ := decryptMessage.Call(uintptr(unsafe.Pointer(&c.handle)), uintptr(unsafe.Pointer(message)), 0, uintptr(unsafe.Pointer(&qop)))
	switch s := status(r); {
	case s == secMessageAltered:
		return nil, fmt.Errorf("wrap token changed on the way: %w", s)
	case s == secOutOfSequence:
		return nil, fmt.Errorf("wrap token out of sequence: %w", s)
	case s != 0:
		return nil, fmt.Errorf("wrap token refused: %w", s)
	case wantSeal && qop&wrapNoEncrypt == wrapNoEncrypt:
		return nil, errors.New("wrap token not encrypted, as agreed")
	}
	// The payload lies somewhere in the token.
	payload := buffers[1]
	at := uintptr(unsafe.Pointer(payload.data)) - uintptr(unsafe.Pointer(unsafe.SliceData(token)))
	runtime.KeepAlive(token)
	if payload.size > 0 && (at > uintptr(len(token)) || uintptr(payload.size) > uintptr(len(token))-at) {
		return nil, errors.New("Windows put the payload of a wrap token elsewhere")
	}
	if payload.size == 0 {
		return nil, nil
	}
	return token[at : at+uintptr(payload.size)], nil
}

// close gives up the security context.
func (c *securityContext) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open {
		deleteSecurityContext.Call(uintptr(unsafe.Pointer(&c.handle)))
		c.open = false
	}
}
