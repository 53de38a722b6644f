package report

import (
	"bytes"
	"testing"

	"proxyaddr/conflicts"
)

func availabilities() []conflicts.Availability {
	hostile := object(1, "Mallory\x1b[2J\u202e", corp, "smtp:x@contoso.com")
	gone := object(2, `Gone\0ADEL:5`, corp, "smtp:X@contoso.com ")
	gone.Deleted = true
	x := conflicts.ParseAddress("smtp:x@contoso.com")
	return []conflicts.Availability{
		{Address: x, Owners: conflicts.NewOwnersByAddress([]*conflicts.Object{gone, hostile}).Of(x), Incomplete: true, Next: conflicts.ParseAddress("smtp:x2@contoso.com")},
		{Address: conflicts.ParseAddress("smtp:y@contoso.com"), Incomplete: true},
	}
}

// Names out of the directory do not steer the terminal, and what was not read is
// said.
func TestCheckTable(t *testing.T) {
	const want = `smtp:x@contoso.com  taken
  owner   Mallory\x1b[2J\u202e, user mailbox
          CN=Mallory\x1b[2J\u202e,OU=Staff,DC=corp,DC=contoso,DC=com
          smtp:x@contoso.com
  deleted Gone, user mailbox
          CN=Gone\0ADEL:5,OU=Staff,DC=corp,DC=contoso,DC=com
          smtp:X@contoso.com   (white space around it)
  next free: smtp:x2@contoso.com
smtp:y@contoso.com  unknown
! no owner was found, but not everything could be read
`
	var out bytes.Buffer
	if err := CheckTable(&out, availabilities(), TableOptions{}); err != nil || out.String() != want {
		t.Errorf("%v\n%s", err, out.String())
	}
}
