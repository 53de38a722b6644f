package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// The programs compared with proxyaddr are what an administrator would write to
// find equal values of proxyAddresses, and ask for those alone. proxyaddr asks for
// six attributes and then for all that there is of the suspects, and finds every
// class of conflict. What ldapsearch > /dev/null takes is for reading alone.

//go:embed python-ldap.py
var pythonLDAP []byte

// Filters and attributes: what they ask for, and what proxyaddr does.
var (
	addressQuestion = []string{"(proxyAddresses=*)", "proxyAddresses"}
	scanQuestion    = []string{"(|(proxyAddresses=*)(mail=*)(userPrincipalName=*)(targetAddress=*)(legacyExchangeDN=*))",
		"objectGUID", "proxyAddresses", "mail", "userPrincipalName", "targetAddress", "legacyExchangeDN"}
)

// A bench is a directory, where its files are, and what there is to find.
type bench struct {
	answer
	dir       string // temporary
	self      string // this executable
	proxyaddr string // the one measured
	missing   []string
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// search lists the programs that read the directory from a server.
func (b *bench) search(at endpoints) []program {
	url := at.tls
	ldapsearch := []string{"ldapsearch", "-x", "-LLL", "-D", admin, "-y", b.path(passwordFile), "-b", suffix,
		"-E", fmt.Sprintf("pr=%d/noprompt", maxPage), "-o", "ldif-wrap=no", "-H"}
	trust := []string{"LDAPTLS_CACERT=" + b.path(certFile), "LDAPCONF=" + os.DevNull}
	list := []program{{name: "proxyaddr scan --format json", exits: []int{1}, check: b.audit,
		argv: []string{b.proxyaddr, "scan", "-H", url, "-D", admin, "-y", b.path(passwordFile), "--ca-file", b.path(certFile), "--format", "json"}}}
	if b.installed("ldapsearch") {
		list = append(list,
			program{name: "ldapsearch > /dev/null", env: trust, argv: slices.Concat(ldapsearch, []string{url}, scanQuestion)},
			program{name: "ldapsearch > /dev/null, addresses alone", env: trust, argv: slices.Concat(ldapsearch, []string{url}, addressQuestion)},
			program{name: "ldapsearch > /dev/null, without TLS", env: trust, argv: slices.Concat(ldapsearch, []string{at.plain}, scanQuestion)})
		if b.installed("sh", "awk", "sort", "uniq") {
			// It loses values in base64 and whose they are.
			script := `"$@" | awk '/^proxyAddresses: /{print tolower(substr($0,17))}' | sort | uniq -d`
			list = append(list, program{name: "ldapsearch | awk | sort | uniq -d", check: b.lines, env: slices.Concat(trust, []string{"LC_ALL=C"}),
				argv: slices.Concat([]string{"sh", "-c", script, "sh"}, ldapsearch, []string{url}, addressQuestion)})
		}
	}
	if python := b.python(); python != "" {
		list = append(list, program{name: "python-ldap and a dictionary", check: b.lines, env: trust,
			argv: []string{python, b.path("python-ldap.py"), url, suffix, admin, b.path(passwordFile)}})
	}
	return append(list, program{name: "go-ldap SearchWithPaging and a map", check: b.lines,
		argv: []string{b.self, mapMode, url, b.path(certFile), b.path(passwordFile)}})
}

// installed reports whether all programs are there, and notes those that are not.
func (b *bench) installed(names ...string) bool {
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			b.miss(name + ": not installed")
			return false
		}
	}
	return true
}

func (b *bench) miss(what string) {
	if !slices.Contains(b.missing, what) {
		b.missing = append(b.missing, what)
	}
}

// python returns a Python that has python-ldap, or notes that there is none.
// Debian's is for its own Python, which need not be the first on the path.
func (b *bench) python() string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import ldap").Run() == nil {
			return python
		}
	}
	b.miss("python-ldap: not installed")
	return ""
}

// lines checks a list of duplicates, one a line.
func (b *bench) lines(output io.Reader) error {
	var got []string
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		got = append(got, strings.TrimPrefix(strings.ToLower(lines.Text()), "proxyaddresses: "))
	}
	return errors.Join(lines.Err(), b.same(got))
}

// audit checks the JSON document of a scan.
func (b *bench) audit(output io.Reader) error {
	var a struct {
		Complete          bool
		IncompleteReasons []string `json:"incomplete_reasons"`
		Counts            struct {
			Objects, Values int
			Classes         map[conflicts.Class]int
		}
		Conflicts []struct {
			Class         conflicts.Class
			Type, Address string
		}
	}
	if err := json.NewDecoder(output).Decode(&a); err != nil {
		return err
	}
	if !a.Complete {
		return fmt.Errorf("incomplete: %s", strings.Join(a.IncompleteReasons, "; "))
	}
	if a.Counts.Objects != b.objects || a.Counts.Values != b.values {
		return fmt.Errorf("%d objects with %d addresses, want %d with %d", a.Counts.Objects, a.Counts.Values, b.objects, b.values)
	}
	for _, class := range conflicts.Classes {
		if got, want := a.Counts.Classes[class], b.classes[class]; got != want {
			return fmt.Errorf("%d conflicts of class %s, want %d", got, class, want)
		}
	}
	var got []string
	for _, c := range a.Conflicts {
		if c.Class == conflicts.Duplicate || c.Class == conflicts.NonSMTP {
			got = append(got, c.Type+":"+c.Address)
		}
	}
	return b.same(got)
}

// same tells the first difference between what was found and what there is.
func (b *bench) same(got []string) error {
	slices.Sort(got)
	for _, list := range []struct {
		what  string
		a, of []string
	}{{"missed", b.duplicates, got}, {"found, though there is only one,", got, b.duplicates}} {
		for _, address := range list.a {
			if _, ok := slices.BinarySearch(list.of, address); !ok {
				return fmt.Errorf("%s %s (%d duplicates, want %d)", list.what, address, len(got), len(b.duplicates))
			}
		}
	}
	return nil
}

// printMap is the go-ldap program: it reads everything and then looks at it. Run
// as a process of its own, it prints the duplicates.
func printMap(w io.Writer, url, caFile, passwordFile string) error {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return err
	}
	password, err := os.ReadFile(passwordFile)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	conn, err := ldap.DialURL(url, ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots}))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.Bind(admin, string(password)); err != nil {
		return err
	}
	request := ldap.NewSearchRequest(suffix, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, addressQuestion[0], addressQuestion[1:], nil)
	result, err := conn.SearchWithPaging(request, maxPage)
	if err != nil {
		return err
	}
	owners := map[string][]string{}
	for _, e := range result.Entries {
		for _, address := range e.GetAttributeValues("proxyAddresses") {
			key := strings.ToLower(address)
			owners[key] = append(owners[key], e.DN)
		}
	}
	for address, dns := range owners {
		if len(dns) > 1 {
			fmt.Fprintln(w, address)
		}
	}
	return nil
}
