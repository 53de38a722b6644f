package conflicts

// view returns an entry as a sweep would hand it on.
func view(e *Entry) *View {
	v := &View{DN: []byte(e.DN), GUID: e.GUID, Mail: []byte(e.Mail), UserPrincipalName: []byte(e.UserPrincipalName), TargetAddress: []byte(e.TargetAddress)}
	for _, a := range e.ProxyAddresses {
		v.ProxyAddresses = append(v.ProxyAddresses, []byte(a))
	}
	return v
}
