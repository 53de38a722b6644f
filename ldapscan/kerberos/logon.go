package kerberos

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A passwordLogon gets a ticket-granting ticket for a password (RFC 4120 section 3.1).
// gokrb5's own logon accepts any number of iterations for the key from the KDC, which is
// not authenticated yet. With one iteration, an attacker who poses as the KDC can guess
// passwords thousands of times faster; four billion keep the processor busy for hours.
type passwordLogon struct {
	conf     *config.Config
	realm    string
	name     types.PrincipalName
	password string
	log      *slog.Logger
}

// The bounds of the iterations. 4,096 is the default of RFC 3962 section 4, and the
// number that domain controllers of Windows and Samba ask for; 1,000,000 take about a
// second.
const (
	minIterations = 4096
	maxIterations = 1_000_000
)

// An iterationsError is a number of iterations outside the bounds.
type iterationsError uint32

func (e iterationsError) Error() string { return fmt.Sprintf("%d iterations", uint32(e)) }

var errNoAES = errors.New("the KDC has no AES key of the account")

// A logonError is an error that the KDC of the account's own realm sent, or one about its
// answer. So it is about the account.
type logonError struct{ error }

func (e *logonError) Unwrap() error { return e.error }

// run returns a client with the ticket, and the time at which the ticket expires.
func (l *passwordLogon) run(ctx context.Context) (*client.Client, time.Time, error) {
	req, err := messages.NewASReqForTGT(l.realm, l.conf, l.name)
	if err != nil {
		return nil, time.Time{}, err
	}
	var key types.EncryptionKey
	answer, err := l.ask(ctx, &req)
	if e := (messages.KRBError{}); errors.As(err, &e) && e.ErrorCode == errorcode.KDC_ERR_PREAUTH_REQUIRED {
		var offer types.PADataSequence
		if err := offer.Unmarshal(e.EData); err != nil {
			return nil, time.Time{}, fmt.Errorf("pre-authentication that the KDC asks for: %w", err)
		}
		if key, err = l.key(req.ReqBody.EType, offer); err != nil {
			return nil, time.Time{}, err
		}
		if err := addTimestamp(&req, key); err != nil {
			return nil, time.Time{}, err
		}
		answer, err = l.ask(ctx, &req)
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	var rep messages.ASRep
	if err := rep.Unmarshal(answer); err != nil {
		return nil, time.Time{}, err
	}
	if key.KeyType != rep.EncPart.EType {
		if key, err = l.key([]int32{rep.EncPart.EType}, rep.PAData); err != nil {
			return nil, time.Time{}, err
		}
	}
	if err := l.verify(&req, &rep, key); err != nil {
		return nil, time.Time{}, err
	}
	return l.client(&rep)
}

// key derives the key from the password as the KDC says (RFC 4120 section 5.2.7.5), for
// the first of its encryption types that is wanted.
func (l *passwordLogon) key(wanted []int32, offer types.PADataSequence) (types.EncryptionKey, error) {
	info := types.ETypeInfo2Entry{EType: wanted[0], Salt: l.name.GetSalt(l.realm)}
	for _, pa := range offer {
		if pa.PADataType != patype.PA_ETYPE_INFO2 {
			continue
		}
		list, err := pa.GetETypeInfo2()
		if err != nil {
			return types.EncryptionKey{}, err
		}
		i := slices.IndexFunc(list, func(e types.ETypeInfo2Entry) bool { return slices.Contains(wanted, e.EType) })
		if i < 0 && len(list) > 0 {
			return types.EncryptionKey{}, errNoAES
		}
		if i >= 0 {
			info.EType, info.S2KParams, info.Salt = list[i].EType, list[i].S2KParams, cmp.Or(list[i].Salt, info.Salt)
		}
	}
	iterations := uint32(minIterations)
	if len(info.S2KParams) > 0 {
		if len(info.S2KParams) != 4 {
			return types.EncryptionKey{}, errors.New("the KDC's parameters of the key are damaged")
		}
		iterations = binary.BigEndian.Uint32(info.S2KParams) // 0 stands for 2^32
	}
	if iterations < minIterations || iterations > maxIterations {
		return types.EncryptionKey{}, iterationsError(iterations)
	}
	et, err := newEType(types.EncryptionKey{KeyType: info.EType})
	if err != nil {
		return types.EncryptionKey{}, err
	}
	b, err := et.StringToKey(l.password, info.Salt, hex.EncodeToString(binary.BigEndian.AppendUint32(nil, iterations)))
	return types.EncryptionKey{KeyType: info.EType, KeyValue: b}, err
}

// addTimestamp adds the encrypted time (RFC 4120 section 5.2.7.2).
func addTimestamp(req *messages.ASReq, key types.EncryptionKey) error {
	now, err := types.GetPAEncTSEncAsnMarshalled()
	if err != nil {
		return err
	}
	sealed, err := crypto.GetEncryptedData(now, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, 0)
	if err != nil {
		return err
	}
	value, err := sealed.Marshal()
	req.PAData = append(req.PAData, types.PAData{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: value})
	return err
}

// verify opens an answer and checks that it belongs to the request (RFC 4120 section
// 3.1.5). For an enterprise name, the KDC may answer with the account's own name.
func (l *passwordLogon) verify(req *messages.ASReq, rep *messages.ASRep, key types.EncryptionKey) error {
	if rep.CRealm != l.realm {
		return fmt.Errorf("CRealm in response does not match what was requested: %s", rep.CRealm)
	}
	b, err := crypto.DecryptEncPart(rep.EncPart, key, keyusage.AS_REP_ENCPART)
	if err != nil {
		return &logonError{fmt.Errorf("client password/keytab incorrect: %w", err)}
	}
	part := &rep.DecryptedEncPart
	if err := part.Unmarshal(b); err != nil {
		return err
	}
	skew := time.Since(part.AuthTime).Abs()
	switch {
	case part.Nonce != req.ReqBody.Nonce, part.SRealm != l.realm, !part.SName.Equal(req.ReqBody.SName),
		!rep.CName.Equal(l.name) && l.name.NameType != nametype.KRB_NT_ENTERPRISE:
		return errors.New("the KDC answered another request")
	case skew > l.conf.LibDefaults.Clockskew:
		return fmt.Errorf("clock skew of %v", skew)
	}
	return nil
}

// client puts the ticket of an answer where gokrb5 looks for it.
func (l *passwordLogon) client(rep *messages.ASRep) (*client.Client, time.Time, error) {
	ticket, err := rep.Ticket.Marshal()
	if err != nil {
		return nil, time.Time{}, err
	}
	part := rep.DecryptedEncPart
	c := &credentials.Credential{Key: part.Key, AuthTime: part.AuthTime, StartTime: part.StartTime, EndTime: part.EndTime, RenewTill: part.RenewTill, Ticket: ticket}
	c.Client.Realm, c.Client.PrincipalName = rep.CRealm, rep.CName
	c.Server.Realm, c.Server.PrincipalName = part.SRealm, part.SName
	cache := &credentials.CCache{Version: 4, Credentials: []*credentials.Credential{c}}
	cache.DefaultPrincipal.Realm, cache.DefaultPrincipal.PrincipalName = rep.CRealm, rep.CName
	krb, err := client.NewFromCCache(cache, l.conf, client.DisablePAFXFAST(true))
	return krb, part.EndTime, err
}

const (
	kdcTimeout = 5 * time.Second // as of gokrb5
	maxAnswer  = 1 << 20         // of a KDC, in bytes
)

// ask sends a request to the KDCs of the realm, one after the other, until one
// answers. The error of a KDC is a [*logonError].
func (l *passwordLogon) ask(ctx context.Context, req *messages.ASReq) ([]byte, error) {
	message, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	_, kdcs, err := l.conf.GetKDCs(l.realm, true)
	if err != nil {
		return nil, err
	}
	var failed error
	for i := 1; i <= len(kdcs); i++ { // as gokrb5 numbers them
		began := time.Now()
		answer, err := exchange(ctx, kdcs[i], message)
		l.logExchange(ctx, kdcs[i], began, answer, err)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			failed = cmp.Or(failed, err)
			continue
		}
		var refusal messages.KRBError
		if refusal.Unmarshal(answer) == nil {
			return nil, &logonError{refusal}
		}
		return answer, nil
	}
	return nil, fmt.Errorf("error sending to a KDC: %w", failed)
}

// logExchange logs the answer of a KDC to a logon.
func (l *passwordLogon) logExchange(ctx context.Context, kdc string, began time.Time, answer []byte, err error) {
	if !l.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	outcome := "ticket"
	var refusal messages.KRBError
	switch {
	case err != nil:
		outcome = err.Error() // of the network
	case refusal.Unmarshal(answer) == nil:
		outcome = errorcode.Lookup(refusal.ErrorCode)
	}
	l.log.Debug("logon at a KDC", "kdc", kdc, "realm", l.realm, "outcome", outcome, "duration", time.Since(began))
}

// exchange sends a message over TCP and reads the answer (RFC 4120 section 7.2.2).
func exchange(ctx context.Context, kdc string, message []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kdcTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", kdc)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxAnswer {
		return nil, fmt.Errorf("an answer of %d bytes", n)
	}
	var answer bytes.Buffer
	_, err = io.CopyN(&answer, conn, int64(n))
	return answer.Bytes(), err
}
