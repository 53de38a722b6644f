package ldaptest

import (
	"strconv"
	"strings"
)

// rootDSE returns the attributes of the entry without a name ([MS-ADTS] 3.1.1.3.2).
func (s *Server) rootDSE() []attribute {
	s.dir.mu.RLock()
	usn := s.dir.usn
	s.dir.mu.RUnlock()

	var held []string
	byClass := make(map[string]string)
	root := ""
	for _, c := range s.dir.contexts {
		if !c.held() {
			continue
		}
		held = append(held, c.dn)
		if byClass[c.class] == "" {
			byClass[c.class] = c.dn
		}
		if c.class == "configuration" {
			_, root = splitDN(c.dn)
		}
	}
	if root == "" {
		root = held[0]
	}
	domain := strings.ToLower(domainName(held[0]))
	attributes := []attribute{
		textAttribute("namingContexts", held...),
		textAttribute("defaultNamingContext", held[0]),
		textAttribute("rootDomainNamingContext", root),
		textAttribute("dnsHostName", s.host),
		textAttribute("ldapServiceName", domain+":"+s.host+"$@"+strings.ToUpper(domain)),
		textAttribute("supportedLDAPVersion", "3"),
		textAttribute("supportedControl", controlPaging, controlShowDeleted, controlDomainScope),
		textAttribute("supportedExtension", startTLS, whoAmI),
		textAttribute("supportedCapabilities", "1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670", "1.2.840.113556.1.4.1791"),
		textAttribute("highestCommittedUSN", strconv.FormatInt(usn, 10)),
		textAttribute("forestFunctionality", "7"),
		textAttribute("domainFunctionality", "7"),
		textAttribute("domainControllerFunctionality", "7"),
		textAttribute("isSynchronized", "TRUE"),
		textAttribute("isGlobalCatalogReady", "TRUE"),
	}
	if dn := s.serviceName(); dn != "" {
		attributes = append(attributes, textAttribute("dsServiceName", dn))
	}
	if dn := byClass["configuration"]; dn != "" {
		attributes = append(attributes, textAttribute("configurationNamingContext", dn))
	}
	if dn := byClass["dmd"]; dn != "" {
		attributes = append(attributes, textAttribute("schemaNamingContext", dn))
	}
	if s.now != nil {
		attributes = append(attributes, textAttribute("currentTime", s.now().UTC().Format("20060102150405.0Z")))
	}
	return attributes
}

// serviceName returns the DN of the nTDSDSA entry of the server with this name, or "" if
// there is none.
func (s *Server) serviceName() string {
	host, _, _ := strings.Cut(s.host, ".")
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	for _, e := range s.dir.sorted {
		if !e.attribute("objectclass").has("nTDSDSA") {
			continue
		}
		if _, server := splitDN(e.dn); strings.HasPrefix(strings.ToLower(server), "cn="+strings.ToLower(host)+",") {
			return e.dn
		}
	}
	return ""
}
