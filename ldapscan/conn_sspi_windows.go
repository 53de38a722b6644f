package ldapscan

import (
	"github.com/go-ldap/ldap/v3/gssapi"

	"proxyaddr/ldapscan/kerberos"
)

// bindSSPI binds as the user who is signed in, with the channel binding of the
// connection's certificate.
func (s *session) bindSSPI(service kerberos.Service) error {
	client, err := gssapi.NewSSPIClientWithChannelBinding(s.secured.ConnectionState().PeerCertificates[0])
	if err != nil {
		return err
	}
	defer client.Close()
	return s.ldap.GSSAPIBind(client, service.String(), "")
}
