//go:build linux

package samba

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

const adminPassword = "Passw0rd!x"

// domain is a domain as provisioned into a directory.
type domain struct {
	Dir     string
	IP      string
	Host    string // of the DC: a short name that no other address has
	Realm   string
	Version string // of Samba
}

func (d *domain) DNS() string     { return strings.ToLower(d.Realm) }
func (d *domain) NetBIOS() string { return strings.SplitN(d.Realm, ".", 2)[0] }

func (d *domain) path(name string) string { return filepath.Join(d.Dir, name) }

// provisioned returns a fresh copy of the domain of a realm, which it provisions
// the first time it is asked for it at this address.
func provisioned(addr *address, realm string) (*domain, error) {
	for _, tool := range []string{"samba", "samba-tool", "/usr/bin/python3", "ldapsearch", "ldapmodify", "ldapdelete"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%w (.ci/test installs what the tests need)", err)
		}
	}
	version, err := output(exec.Command("samba", "--version"))
	if err != nil {
		return nil, err
	}
	seed := domain{
		Dir:     filepath.Join(addr.dir, strings.ToLower(realm)),
		IP:      addr.ip,
		Host:    "dc" + addr.ip[strings.LastIndexByte(addr.ip, '.')+1:],
		Realm:   realm,
		Version: strings.TrimSpace(version),
	}
	if err := seed.provision(); err != nil {
		return nil, err
	}

	run := seed
	run.Dir = filepath.Join(addr.dir, "run")
	if err := os.RemoveAll(run.Dir); err != nil { // left by a process that was killed
		return nil, err
	}
	// cp keeps the modes, which Samba insists on, and the holes in its databases.
	if _, err := output(exec.Command("cp", "-a", seed.Dir, run.Dir)); err != nil {
		return nil, err
	}
	if err := os.WriteFile(run.path("smb.conf"), run.smbConf(), 0o600); err != nil {
		return nil, err
	}
	return &run, os.WriteFile(run.path("krb5.conf"), run.krb5Conf(), 0o644)
}

// provision makes the domain, unless the directory already holds it: the
// smb.conf it was made with is written last and stands for all that went into it.
func (d *domain) provision() error {
	have, err := os.ReadFile(d.path("smb.conf"))
	if err == nil && bytes.Equal(have, d.smbConf()) {
		return nil
	}
	if err := os.RemoveAll(d.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return err
	}
	conf := d.path("provision.conf")
	if err := os.WriteFile(conf, d.smbConf(), 0o600); err != nil {
		return err
	}
	_, err = output(exec.Command("samba-tool", "domain", "provision", "--configfile="+conf,
		"--server-role=dc", "--dns-backend=SAMBA_INTERNAL", "--adminpass="+adminPassword,
		"--realm="+d.Realm, "--domain="+d.NetBIOS(), "--host-name="+d.Host, "--host-ip="+d.IP))
	if err != nil {
		return err
	}
	return os.Rename(conf, d.path("smb.conf"))
}

//go:embed smb.conf.tmpl
var smbConfText string

var smbConfTemplate = template.Must(template.New("smb.conf").Parse(smbConfText))

func (d *domain) smbConf() []byte {
	var b bytes.Buffer
	if err := smbConfTemplate.Execute(&b, d); err != nil {
		panic(err) // the template does not fit its struct
	}
	return b.Bytes()
}

func (d *domain) krb5Conf() []byte {
	return fmt.Appendf(nil, `[libdefaults]
	default_realm = %[1]s
	dns_lookup_realm = false
	dns_lookup_kdc = false
	dns_canonicalize_hostname = false
	rdns = false
	udp_preference_limit = 1
[realms]
	%[1]s = {
		kdc = %[3]s
	}
[domain_realm]
	%[2]s = %[1]s
	.%[2]s = %[1]s
`, d.Realm, d.DNS(), d.IP)
}

// output runs a command. Its error names the command without its arguments and
// ends with the last lines the command wrote to either stream.
func output(cmd *exec.Cmd) (string, error) {
	var out, all bytes.Buffer
	cmd.Stdout = &out
	cmd.Stderr = &all
	err := cmd.Run()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, tail(append(all.Bytes(), out.Bytes()...)))
	}
	return out.String(), nil
}

// tail returns the last 2,000 bytes of a log.
func tail(log []byte) []byte { return log[max(0, len(log)-2000):] }
