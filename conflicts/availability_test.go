package conflicts

import "testing"

// An object may have an address that it has in another attribute, and nobody else's.
func TestAvailabilityHolder(t *testing.T) {
	proxy, target, logon := object(1, "Proxy", "SMTP:x@a.com"), object(2, "Target"), upn(object(3, "Logon"), "z@a.com")
	target.TargetAddress = "SMTP:y@a.com"
	owners := NewOwnersByAddress([]*Object{proxy, target, logon})
	for address, want := range map[string][3]string{ // who keeps each of the three from it
		"smtp:x@a.com": {"Proxy", "Proxy", "Proxy"},
		"smtp:y@a.com": {"Target", "", "Target"},
		"smtp:z@a.com": {"Logon", "Logon", ""},
		"smtp:f@a.com": {"", "", ""},
	} {
		a := Availability{Address: ParseAddress(address)}
		a.Owners = owners.Of(a.Address)
		for i, o := range []*Object{proxy, target, logon} {
			got := ""
			if blocker := a.Blocker(o.Ref()); blocker != nil {
				got = blocker.Name()
			}
			if got != want[i] {
				t.Errorf("%s for %s: held by %q, want %q", address, o.Name(), got, want[i])
			}
		}
		if a.Taken() != (want[0] != "") {
			t.Errorf("%s: taken %v", address, a.Taken())
		}
	}
}
