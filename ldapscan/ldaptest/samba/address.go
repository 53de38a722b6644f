//go:build linux

package samba

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// address is a loopback address that belongs to one DC, and the directory of
// that DC's files.
type address struct {
	ip  string
	dir string
	// claim is a socket whose abstract name (unix(7)) stands for the address.
	// The kernel knows it in the same network namespace as the address, refuses it to
	// a second taker, and frees it when the last process that holds it is gone.
	// The server inherits it, so that is when the last process of the DC is gone.
	claim *os.File
}

// ports are the TCP ports the server binds: DNS, Kerberos, LDAP, kpasswd,
// LDAPS, and the global catalog's two.
var ports = []int{53, 88, 389, 464, 636, 3268, 3269}

// takeAddress claims the first of 127.0.0.31 to 127.0.0.62 that no DC has and on
// which the ports are free.
func takeAddress() (*address, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	var busy error
	for n := 31; n <= 62; n++ {
		a := &address{ip: fmt.Sprintf("127.0.0.%d", n)}
		a.dir = filepath.Join(cache, "proxyaddr-samba", a.ip)
		if a.claim, busy = claim(a.ip); busy != nil {
			continue
		}
		if busy = bindable(a.ip); busy == nil {
			return a, nil
		}
		a.release()
		if errors.Is(busy, os.ErrPermission) {
			return nil, fmt.Errorf("samba needs root: %w", busy)
		}
	}
	return nil, fmt.Errorf("no address for samba: %w", busy)
}

func claim(ip string) (*os.File, error) {
	l, err := net.Listen("unix", "@proxyaddr-samba-"+ip)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return l.(*net.UnixListener).File()
}

func bindable(ip string) error {
	for _, port := range ports {
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", ip, port))
		if err != nil {
			return err
		}
		l.Close()
	}
	return nil
}

func (a *address) release() { a.claim.Close() }
