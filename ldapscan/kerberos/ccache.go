package kerberos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/types"
)

// ccacheFile returns the file of a credential cache name, TYPE:residual or a
// bare path. Only FILE caches are files that any program can read; the others
// live in the kernel, in a daemon or in a directory of caches.
func ccacheFile(name string) (string, error) {
	kind, rest, ok := strings.Cut(name, ":")
	switch {
	case !ok, len(kind) == 1: // a drive letter
		return name, nil
	case kind == "FILE":
		return rest, nil
	}
	return "", &Error{
		Subject: "ticket cache " + name,
		Problem: fmt.Sprintf("caches of type %s cannot be read", kind),
		Advice:  "get a ticket into a file: kinit -c FILE:krb5cc_proxyaddr, and name that file with --ccache or KRB5CCNAME",
	}
}

// defaultCCache returns the name of the cache that MIT Kerberos' tools use, "" if the system
// has none.
func defaultCCache(getenv func(string) string, p *profile) string {
	if name := getenv("KRB5CCNAME"); name != "" {
		return name
	}
	if p.ccacheName != "" {
		return p.ccacheName
	}
	return systemCCache()
}

func loadCCache(name string) (*credentials.CCache, error) {
	if name == "" {
		return nil, &Error{Subject: "Kerberos credentials", Problem: "no ticket cache is named", Err: fs.ErrNotExist,
			Advice: "bind as the signed-in user with --auth sspi, name a user with --bind-dn, or name a ticket cache with --ccache or KRB5CCNAME"}
	}
	path, err := ccacheFile(name)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fileError("ticket cache "+path, err, "get a ticket with kinit, or name its file with --ccache or KRB5CCNAME")
	}
	cache, err := parseCCache(b)
	if err != nil {
		return nil, &Error{Subject: "ticket cache " + path, Problem: "the file is damaged", Advice: hintKinit, Err: err}
	}
	return cache, nil
}

// fileError explains why a file cannot be read; missing is the hint for a file that does
// not exist.
func fileError(subject string, err error, missing string) error {
	e := &Error{Subject: subject, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Problem, e.Advice = "there is no such file", missing
	case errors.Is(err, fs.ErrPermission):
		e.Problem, e.Advice = "this account cannot read the file", "run as the account that owns it"
	default:
		e.Problem = err.Error()
		var pe *fs.PathError
		if errors.As(err, &pe) {
			e.Problem = pe.Err.Error()
		}
	}
	return e
}

// parseCCache reads the file format of credential caches, versions 3 and 4, as
// MIT Kerberos documents it. gokrb5's own reader panics on a short file, and
// asks for any amount of memory on a changed one.
func parseCCache(b []byte) (*credentials.CCache, error) {
	r := ccacheReader{b: b}
	magic := r.uint16()
	if magic != 0x0503 && magic != 0x0504 {
		return nil, fmt.Errorf("unknown version %#04x", magic)
	}
	cache := &credentials.CCache{Version: uint8(magic)}
	if cache.Version == 4 {
		r.bytes(uint32(r.uint16())) // tags, of which the KDC's time offset is the only one known
	}
	cache.DefaultPrincipal.Realm, cache.DefaultPrincipal.PrincipalName = r.principal()
	for r.err == nil && len(r.b) > 0 {
		cache.Credentials = append(cache.Credentials, r.credential(cache.Version))
	}
	return cache, r.err
}

// A ccacheReader takes fields from the front of b. After an error it yields
// zeros.
type ccacheReader struct {
	b   []byte
	err error
}

func (r *ccacheReader) credential(version uint8) *credentials.Credential {
	c := new(credentials.Credential)
	c.Client.Realm, c.Client.PrincipalName = r.principal()
	c.Server.Realm, c.Server.PrincipalName = r.principal()
	c.Key.KeyType = int32(int16(r.uint16()))
	if version == 3 {
		r.uint16() // the type again
	}
	c.Key.KeyValue = r.data()
	c.AuthTime, c.StartTime, c.EndTime, c.RenewTill = r.time(), r.time(), r.time(), r.time()
	if c.StartTime.Unix() == 0 { // valid from the start (RFC 4120 section 5.3)
		c.StartTime = c.AuthTime
	}
	r.bytes(1 + 4) // is_skey, ticket flags
	for range 2 {  // addresses, authorization data
		for n := r.uint32(); n > 0 && r.err == nil; n-- {
			r.uint16()
			r.data()
		}
	}
	c.Ticket = r.data()
	c.SecondTicket = r.data()
	return c
}

func (r *ccacheReader) principal() (realm string, name types.PrincipalName) {
	name.NameType = int32(r.uint32())
	n := r.uint32()
	realm = string(r.data())
	for ; n > 0 && r.err == nil; n-- {
		name.NameString = append(name.NameString, string(r.data()))
	}
	return realm, name
}

func (r *ccacheReader) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)) {
		r.b, r.err = nil, errors.New("the file is cut off")
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *ccacheReader) data() []byte { return r.bytes(r.uint32()) }

func (r *ccacheReader) uint16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *ccacheReader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *ccacheReader) time() time.Time { return time.Unix(int64(r.uint32()), 0) }
