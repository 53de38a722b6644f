package ldaptest_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"proxyaddr/ldapscan/ldaptest"
)

// localUSNs reads replPropertyMetaData.
func localUSNs(e *ldap.Entry) map[uint32]uint64 {
	usns := map[uint32]uint64{}
	for b := e.GetRawAttributeValue("replPropertyMetaData"); len(b) >= 16+48; b = append(b[:16:16], b[16+48:]...) {
		usns[binary.LittleEndian.Uint32(b[16:])] = binary.LittleEndian.Uint64(b[16+40:])
	}
	return usns
}

// A stamp moves with its attribute alone.
func TestStamps(t *testing.T) {
	const proxyAddresses, isDeleted = 0x200D2, 0x20030
	srv := start(t, ldaptest.Config{Stamps: true}, forest)
	c := bound(t, srv)
	before := localUSNs(read(t, c, ann))
	change := "dn: " + ann + "\nchangetype: modify\n"
	for _, text := range []string{change + "replace: info\ninfo: x\n-\n", change + "add: proxyAddresses\nproxyAddresses: smtp:new@contoso.test\n-\n",
		change + "add: isDeleted\nisDeleted: TRUE\n-\n", change + "delete: isDeleted\n-\n"} {
		if err := srv.Apply(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	after := localUSNs(read(t, c, ann))
	for id, n := range after {
		if moved := n != before[id]; moved != (id == proxyAddresses || id == isDeleted) {
			t.Errorf("%x: %d after %d", id, n, before[id])
		}
	}
	if after[isDeleted] != after[proxyAddresses]+2 {
		t.Errorf("isDeleted %d, proxyAddresses %d", after[isDeleted], after[proxyAddresses])
	}
}

// What is below a container moves with it and keeps its uSNChanged.
func TestContainersMoveWithWhatIsBelow(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	c := bound(t, srv)
	before := read(t, c, ann).GetAttributeValue("uSNChanged")
	if err := srv.Apply(strings.NewReader("dn: " + staff + "\nchangetype: modrdn\nnewrdn: OU=People\ndeleteoldrdn: 1\nnewsuperior: OU=Board," + root + "\n")); err != nil {
		t.Fatal(err)
	}
	const moved = "CN=Ann,OU=People,OU=Board," + root
	if got := read(t, c, moved); got.GetAttributeValue("uSNChanged") != before || got.GetAttributeValue("distinguishedName") != moved {
		t.Errorf("%+v", got)
	}
	got, err := c.Search(request("OU=Board,"+root, ldap.ScopeWholeSubtree, "(cn=*)", "1.1"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{moved, `CN=Bob\, Jr,OU=People,OU=Board,` + root, "CN=Jörg,OU=People,OU=Board," + root}, dns(got)); diff != "" {
		t.Error(diff)
	}
}
