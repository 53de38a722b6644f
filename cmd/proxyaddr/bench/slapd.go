package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// slapdSchema has what Active Directory adds to the standard schema ([MS-ADA1] to
// [MS-ADA3], [MS-ADSC] user).
const slapdSchema = `
attributetype ( 1.2.840.113556.1.2.210 NAME 'proxyAddresses' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.655 NAME 'legacyExchangeDN' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.2.13 NAME 'displayName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.2.2 NAME 'whenCreated' EQUALITY generalizedTimeMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP top STRUCTURAL MUST cn MAY ( proxyAddresses $ userPrincipalName $ legacyExchangeDN $ displayName $
  mail $ objectGUID $ whenCreated $ userAccountControl $ givenName $ sn ) )
`

const slapdConfig = `include /etc/ldap/schema/core.schema
include %[1]s/slapd.schema
pidfile %[1]s/slapd.pid
argsfile %[1]s/slapd.args
modulepath /usr/lib/ldap
moduleload back_mdb
loglevel none
TLSCertificateFile %[1]s/` + certFile + `
TLSCertificateKeyFile %[1]s/` + keyFile + `
tool-threads 2
database mdb
suffix "` + suffix + `"
rootdn "` + admin + `"
rootpw ` + password + `
directory %[1]s/slapd.db
maxsize 17179869184
index objectClass,objectGUID eq
limits * size=unlimited time=unlimited
`

// startSlapd loads the LDIF file into an OpenLDAP server and starts it on the
// loopback address. It takes programs and folders where Debian has them.
func (b *bench) startSlapd(ctx context.Context, log io.Writer) (at endpoints, stop func(), err error) {
	config := b.path("slapd.conf")
	if err := os.Mkdir(b.path("slapd.db"), 0o700); err != nil {
		return at, nil, err
	}
	if err := os.WriteFile(b.path("slapd.schema"), []byte(slapdSchema), 0o600); err != nil {
		return at, nil, err
	}
	if err := os.WriteFile(config, fmt.Appendf(nil, slapdConfig, b.dir), 0o600); err != nil {
		return at, nil, err
	}
	start := time.Now()
	out, err := exec.CommandContext(ctx, sbin("slapadd"), "-q", "-f", config, "-l", b.path(ldifFile)).CombinedOutput()
	if err != nil {
		return at, nil, fmt.Errorf("slapadd: %w: %s", err, bytes.TrimSpace(out))
	}
	fmt.Fprintf(log, "loaded slapd in %.0f s\n", time.Since(start).Seconds())

	secured, err := freeAddress()
	if err != nil {
		return at, nil, err
	}
	plain, err := freeAddress()
	if err != nil {
		return at, nil, err
	}
	at = endpoints{"ldaps://" + secured, "ldap://" + plain}
	var messages bytes.Buffer
	cmd := exec.CommandContext(ctx, sbin("slapd"), "-d", "0", "-f", config, "-h", at.tls+" "+at.plain)
	cmd.Stderr = &messages
	if err := cmd.Start(); err != nil {
		return at, nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if c, err := net.Dial("tcp", secured); err == nil {
			c.Close()
			break
		}
		select {
		case err := <-ended:
			return at, nil, fmt.Errorf("slapd: %w: %s", err, bytes.TrimSpace(messages.Bytes()))
		case <-time.After(50 * time.Millisecond):
		}
	}
	return at, func() {
		cmd.Process.Signal(os.Interrupt)
		<-ended
	}, nil
}

// sbin finds a program of the administrator's, whose folder need not be on the path.
func sbin(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return filepath.Join("/usr/sbin", name)
}

// freeAddress returns a port that nobody listened on just now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
