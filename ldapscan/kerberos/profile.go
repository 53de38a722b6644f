package kerberos

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A profile has the settings of krb5.conf files that are used. Everything else in them,
// and every file and line that cannot be read, is skipped: the parameters of a logon come
// from [Config], and a file can only add to them. gokrb5's own reader refuses the stock
// file of Red Hat Enterprise Linux and skips included files.
type profile struct {
	realm       string              // default_realm
	ccacheName  string              // default_ccache_name
	noLookupKDC bool                // dns_lookup_kdc = false
	kdcs        map[string][]string // by realm
	domainRealm map[string]string

	files   map[string]bool // already read
	section string          // that the next line belongs to
	realms  string          // realm whose braces are open
	depth   int             // of open braces
}

// readProfile reads files separated as in PATH. The first that has a value wins.
func readProfile(files string) *profile {
	p := &profile{kdcs: map[string][]string{}, domainRealm: map[string]string{}, files: map[string]bool{}}
	for _, name := range filepath.SplitList(files) {
		p.file(name)
	}
	return p
}

// includedName matches the names of the files that includedir reads.
var includedName = regexp.MustCompile(`^([A-Za-z0-9_-]+|[^.].*\.conf)$`)

// file reads a file once, so that one that includes itself comes to an end. An included
// file begins outside all sections; the section of the including file goes on after it.
func (p *profile) file(name string) {
	if p.files[name] {
		return
	}
	p.files[name] = true
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	section, realms, depth := p.section, p.realms, p.depth
	p.section, p.realms, p.depth = "", "", 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if dir, ok := directive(line, "includedir"); ok {
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				if includedName.MatchString(e.Name()) {
					p.file(filepath.Join(dir, e.Name()))
				}
			}
		} else if name, ok := directive(line, "include"); ok {
			p.file(name)
		} else {
			p.line(line)
		}
	}
	p.section, p.realms, p.depth = section, realms, depth
}

// directive returns the argument of a directive: the rest of the line.
func directive(line, verb string) (arg string, ok bool) {
	rest, ok := strings.CutPrefix(line, verb)
	arg = strings.TrimSpace(rest)
	return arg, ok && arg != rest && !strings.HasPrefix(arg, "=")
}

func (p *profile) line(line string) {
	if line == "" || line[0] == '#' || line[0] == ';' {
		return
	}
	if line[0] == '[' {
		p.section, _, _ = strings.Cut(strings.ToLower(line[1:]), "]")
		p.depth = 0
		return
	}
	if line[0] == '}' {
		p.depth = max(0, p.depth-1)
		return
	}
	tag, value, ok := strings.Cut(line, "=")
	if !ok {
		return
	}
	tag = strings.TrimRight(tag, " \t*") // * closes the value to later files
	value = strings.Trim(uncommented(value), " \t\"")
	if strings.HasPrefix(value, "{") {
		if p.depth == 0 {
			p.realms = tag
		}
		if !strings.HasSuffix(value, "}") {
			p.depth++
		}
		return
	}
	switch {
	case p.section == "libdefaults" && p.depth == 0:
		p.libdefault(tag, value)
	case p.section == "realms" && p.depth == 1 && tag == "kdc" && !strings.Contains(value, "/"): // not a KDC proxy, https://
		p.kdcs[p.realms] = append(p.kdcs[p.realms], value)
	case p.section == "domain_realm" && p.depth == 0:
		tag = strings.ToLower(tag)
		p.domainRealm[tag] = cmp.Or(p.domainRealm[tag], value)
	}
}

func (p *profile) libdefault(tag, value string) {
	switch tag {
	case "default_realm":
		p.realm = cmp.Or(p.realm, value)
	case "default_ccache_name":
		uid := strconv.Itoa(os.Getuid())
		value = strings.NewReplacer("%{uid}", uid, "%{euid}", uid, "%{USERID}", uid, "%{TEMP}", os.TempDir()).Replace(value)
		p.ccacheName = cmp.Or(p.ccacheName, value)
	case "dns_lookup_kdc":
		switch strings.ToLower(value) {
		case "n", "no", "false", "nil", "0", "off":
			p.noLookupKDC = true
		}
	}
}

// uncommented drops a comment after a value. MIT Kerberos takes it for a part of the
// value; other programs do not.
func uncommented(value string) string {
	for i := 1; i < len(value); i++ {
		if (value[i] == '#' || value[i] == ';') && (value[i-1] == ' ' || value[i-1] == '\t') {
			return value[:i]
		}
	}
	return value
}
