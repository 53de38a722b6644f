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

// domain is the directory of a DC's files, and what they are made from.
type domain struct {
	Dir     string
	IP      string
	Host    string // of the DC: a short name that no other address has
	Realm   string
	Version string   // of Samba
	Paired  bool     // runs the services that a partner needs
	Options []string // further lines of smb.conf
	seed    string   // the directory of the domain as provisioned
	store   string   // the database that holds the directory, "" for Samba's choice
	hosts   string   // the file that stands for /etc/hosts, or ""
}

func (d *domain) DNS() string     { return strings.ToLower(d.Realm) }
func (d *domain) NetBIOS() string { return strings.SplitN(d.Realm, ".", 2)[0] }
func (d *domain) BaseDN() string  { return "DC=" + strings.ReplaceAll(d.DNS(), ".", ",DC=") }

func (d *domain) path(name string) string { return filepath.Join(d.Dir, name) }

func newDomain(addr *address, c Config) (*domain, error) {
	for _, tool := range []string{"samba", "samba-tool", pythonPath, "ldapsearch", "ldapmodify", "ldapdelete", "kinit"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%w (.ci/test installs what the tests need)", err)
		}
	}
	version, err := output(exec.Command("samba", "--version"))
	if err != nil {
		return nil, err
	}
	seed, store := strings.ToLower(c.Realm), ""
	if c.LMDB {
		seed, store = seed+".lmdb", "mdb"
	}
	return &domain{
		Dir:     filepath.Join(addr.dir, "run"),
		IP:      addr.ip,
		Host:    "dc" + addr.ip[strings.LastIndexByte(addr.ip, '.')+1:],
		Realm:   c.Realm,
		Version: strings.TrimSpace(version),
		Options: c.Options,
		seed:    filepath.Join(addr.dir, seed),
		store:   store,
	}, nil
}

var (
	//go:embed extend.py
	extendPy string
	//go:embed exchange.ldif
	exchangeLDIF string
)

// create makes the files of the first DC of a domain: a copy of the domain,
// which it provisions the first time it is asked for it at this address.
func (d *domain) create(c Config) error {
	seed := *d
	seed.Dir, seed.Paired, seed.Options = d.seed, false, nil
	if err := seed.provision(); err != nil {
		return err
	}
	if err := os.RemoveAll(d.Dir); err != nil { // left by a process that was killed
		return err
	}
	// cp keeps the modes, which Samba insists on, and the holes in its databases.
	if _, err := output(exec.Command("cp", "-a", seed.Dir, d.Dir)); err != nil {
		return err
	}
	if err := d.configure(); err != nil {
		return err
	}
	if !c.Exchange {
		return nil
	}
	extend := python(extendPy, d.path("smb.conf"))
	extend.Stdin = strings.NewReader(strings.ReplaceAll(exchangeLDIF, "DC=X", d.BaseDN()))
	_, err := output(extend)
	return err
}

// join makes the files of a further DC of the domain that first serves.
func (d *domain) join(first *DC) error {
	if err := os.RemoveAll(d.Dir); err != nil { // left by a process that was killed
		return err
	}
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return err
	}
	if err := d.configure(); err != nil {
		return err
	}
	join := d.command("samba-tool", "domain", "join", d.DNS(), "DC", "--configfile="+d.path("smb.conf"),
		"--dns-backend=SAMBA_INTERNAL", "--server="+first.Host, "--username=Administrator", "--password="+adminPassword)
	join.Env = append(join.Env, "KRB5_CONFIG="+first.Krb5Conf) // this one's KDC is yet to come
	_, err := output(join)
	return err
}

// configure writes the configuration and the certificate.
func (d *domain) configure() error {
	if err := os.WriteFile(d.path("smb.conf"), d.smbConf(), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(d.path("krb5.conf"), d.krb5Conf(), 0o644); err != nil {
		return err
	}
	return certify(d)
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
	args := []string{"domain", "provision", "--configfile=" + conf,
		"--server-role=dc", "--dns-backend=SAMBA_INTERNAL", "--adminpass=" + adminPassword,
		"--realm=" + d.Realm, "--domain=" + d.NetBIOS(), "--host-name=" + d.Host, "--host-ip=" + d.IP}
	if d.store != "" {
		args = append(args, "--backend-store="+d.store)
	}
	_, err = output(exec.Command("samba-tool", args...))
	if err != nil {
		return err
	}
	// A DC registers this name itself, but minutes after it started.
	if _, err := output(exec.Command("samba-tool", "spn", "add", "ldap/"+d.Host+"."+d.DNS(), d.Host+"$", "--configfile="+conf)); err != nil {
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

// command returns a command of Samba, to be run with the DC's configuration of
// Kerberos and, if it has one, its own /etc/hosts: mounted where only the command
// sees it, and gone with its last process.
func (d *domain) command(name string, args ...string) *exec.Cmd {
	if d.hosts != "" {
		args = append([]string{"--mount", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, d.hosts, name}, args...)
		name = "unshare"
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "KRB5_CONFIG="+d.path("krb5.conf"))
	return cmd
}

const pythonPath = "/usr/bin/python3" // the one that has Samba's modules

func python(script string, args ...string) *exec.Cmd {
	return exec.Command(pythonPath, append([]string{"-c", script}, args...)...)
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
