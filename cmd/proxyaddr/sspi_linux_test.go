package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

var sspiProgram = flag.String("sspi.program", "", "the Windows build to run in TestSambaSSPI, with Wine before it")

// signedIn scans as the signed-in user, which is MIT's ticket cache for Wine.
func signedIn(t *testing.T, dc *samba.DC, server string) (code, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	dc.Shell(t, dir, fmt.Sprintf("%s scan %s --ca-file Z:%s --format json >stdout 2>stderr || status=$?; echo ${status-0} >code", *sspiProgram, server, dc.CAFile))
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return strings.TrimSpace(read("code")), read("stdout"), read("stderr")
}

func sspiServer(t *testing.T) *samba.DC {
	t.Helper()
	if *sspiProgram == "" {
		t.Skip("-sspi.program names no Windows build")
	}
	dc := samba.Shared(t)
	if !dc.DemandsChannelBinding() {
		t.Fatal("this Samba demands no channel binding")
	}
	ou := dc.OU(t, "SSPI")
	dc.Load(t, strings.NewReader("dn: CN=One,"+ou+"\nobjectClass: contact\nproxyAddresses: SMTP:one@a.example\n"))
	return dc
}

// The Windows build binds as the signed-in user. Samba from 4.20.3 on refuses a bind
// inside TLS that lacks the channel binding, and one on ldap:// that is not sealed. Wine needs
// more than it has in any release: .ci/windows has the test run.
func TestSambaSSPI(t *testing.T) {
	dc := sspiServer(t)
	for server, protection := range map[string]string{
		"-H ldap://" + dc.Host + " --auth sspi":                 "sealed",
		"-d " + strings.ToLower(dc.Realm) + " --dns " + dc.IP:   "sealed",
		"-H ldaps://" + dc.Host + " --auth sspi":                "channel binding",
		"-H ldap://" + dc.Host + " -Z --auth sspi":              "channel binding",
		"-H ldap://" + dc.Host + " --auth sspi --page-size 1":   "sealed",
		"-H ldap://" + dc.Host + " --auth sspi --connections 3": "sealed",
	} {
		t.Run(server, func(t *testing.T) {
			code, stdout, stderr := signedIn(t, dc, server)
			var a answer
			if err := json.Unmarshal([]byte(stdout), &a.doc); err != nil {
				t.Fatalf("exit %s, %v\n%s", code, err, stderr)
			}
			s := a.doc.Scope.Servers
			if !a.doc.Complete || len(s) != 1 || s[0].Mechanism != "sspi" || s[0].Protection != protection {
				t.Errorf("complete %t, servers %+v", a.doc.Complete, s)
			}
		})
	}
}

// unchanged is an index behind every token.
const unchanged = 1 << 20

// One bit of a token that is changed on the way ends the scan: nothing of it is reported.
func TestSambaSSPIChanged(t *testing.T) {
	dc := sspiServer(t)
	for _, tt := range []struct {
		name     string
		ofServer bool
		at       int // the byte of the token; from its end, if negative
	}{
		{"nothing", true, unchanged},
		{"identifier", true, 0},
		{"flags", true, 2},
		{"sequence number", true, 15},
		{"first byte encrypted", true, 16},
		{"last byte", true, -1},
		{"last byte of a request", false, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address := between(t, dc, tt.ofServer, tt.at)
			code, stdout, stderr := signedIn(t, dc, fmt.Sprintf("-H ldap://%s:%d --auth sspi", dc.Host, address.Port))
			switch {
			case tt.at == unchanged && code == "0":
			case tt.at == unchanged || code != "4" || stdout != "" || !strings.Contains(stderr, dc.Host):
				t.Errorf("exit %s\n%s%s", code, stdout, stderr)
			case tt.ofServer && !strings.Contains(stderr, "wrap token"):
				t.Error(stderr)
			}
		})
	}
}

// between listens in front of a domain controller, and changes a bit of the first sealed token of
// one side.
func between(t *testing.T, dc *samba.DC, ofServer bool, at int) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp", dc.IP+":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", dc.IP+":389")
			if err != nil {
				client.Close()
				return
			}
			pass := func(to, from net.Conn, change bool) {
				defer to.Close()
				changed := at
				if !change {
					changed = unchanged
				}
				_ = passTokens(to, bufio.NewReader(from), changed)
			}
			go pass(client, server, ofServer)
			go pass(server, client, !ofServer)
		}
	}()
	return l.Addr().(*net.TCPAddr)
}

// passTokens copies LDAP messages and then sealed tokens, and changes a bit of the byte at an index
// of the first token.
func passTokens(to io.Writer, from *bufio.Reader, at int) error {
	for {
		head, err := from.Peek(4)
		if err != nil {
			return err
		}
		size, token := messageSize(head), head[0] == 0
		if token {
			size = 4 + int(binary.BigEndian.Uint32(head))
		}
		b := make([]byte, size)
		if _, err := io.ReadFull(from, b); err != nil {
			return err
		}
		if token {
			if at < 0 {
				at += size - 4
			}
			if at < size-4 {
				b[4+at] ^= 1
			}
			at = unchanged
		}
		if _, err := to.Write(b); err != nil {
			return err
		}
	}
}

// messageSize returns the size of an LDAP message that begins with these bytes.
func messageSize(head []byte) int {
	switch {
	case head[1] == 0x82:
		return 4 + int(head[2])<<8 + int(head[3])
	case head[1] == 0x81:
		return 3 + int(head[2])
	}
	return 2 + int(head[1])
}
