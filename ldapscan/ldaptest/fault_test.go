package ldaptest_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"slices"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"proxyaddr/ldapscan/ldaptest"
)

// rawPage binds without an LDAP library, asks for a page of four contacts, and returns the
// bytes of the answer up to the end of the connection. Where the server does not end it,
// unbind does.
func rawPage(t *testing.T, srv *ldaptest.Server, unbind bool) ([]byte, error) {
	t.Helper()
	conn, err := tls.Dial("tcp", strings.TrimPrefix(srv.URL, "ldaps://"), tlsConfig(srv))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(deadline())

	bind := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationBindRequest, nil, "")
	bind.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 3, ""))
	bind.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, user, ""))
	bind.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, password, ""))
	conn.Write(envelope(1, bind, nil))
	if _, err := ber.ReadPacket(conn); err != nil {
		t.Fatal(err)
	}

	filter, err := ldap.CompileFilter("(objectClass=contact)")
	if err != nil {
		t.Fatal(err)
	}
	search := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	search.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, root, ""))
	for _, n := range []int{ldap.ScopeWholeSubtree, ldap.NeverDerefAliases} {
		search.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, n, ""))
	}
	for range 2 {
		search.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 0, ""))
	}
	search.AppendChild(ber.NewLDAPBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""))
	search.AppendChild(filter)
	search.AppendChild(ber.NewSequence(""))
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	controls.AppendChild(ldap.NewControlPaging(4).Encode())
	conn.Write(envelope(7, search, controls))
	if unbind {
		conn.Write(envelope(8, ber.Encode(ber.ClassApplication, ber.TypePrimitive, ldap.ApplicationUnbindRequest, nil, ""), nil))
	}
	return io.ReadAll(conn)
}

func envelope(id int, op, controls *ber.Packet) []byte {
	m := ber.NewSequence("")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	m.AppendChild(op)
	if controls != nil {
		m.AppendChild(controls)
	}
	return m.Bytes()
}

// split takes whole messages off the front of an answer.
func split(answer []byte) (messages []*ber.Packet, rest []byte) {
	for {
		r := bytes.NewReader(answer)
		p, err := ber.ReadPacket(r)
		if err != nil {
			return messages, answer
		}
		messages = append(messages, p)
		answer = answer[len(answer)-r.Len():]
	}
}

func TestFaultsOnTheWire(t *testing.T) {
	srv := start(t, ldaptest.Config{}, crowd(10))
	whole, err := rawPage(t, srv, true)
	if err != nil {
		t.Fatal(err)
	}
	messages, rest := split(whole)
	if len(messages) != 5 || len(rest) != 0 {
		t.Fatalf("without a fault: %d messages, %d bytes left", len(messages), len(rest))
	}
	// Cookies differ from one search to the next, so the result is compared by its parts.
	ends := []int{0}
	for _, m := range messages {
		// The server writes long lengths: find the end by reading again.
		r := bytes.NewReader(whole[ends[len(ends)-1]:])
		ber.ReadPacket(r)
		ends = append(ends, len(whole)-r.Len())
		if id := m.Children[0].Value; id != int64(7) {
			t.Fatalf("message id %v", id)
		}
	}

	t.Run("Drop", func(t *testing.T) {
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Entry: 3})
		got, err := rawPage(t, srv, false)
		if !bytes.Equal(got, whole[:ends[3]]) || err != nil {
			t.Errorf("%d bytes, %v, want %d", len(got), err, ends[3])
		}
	})
	t.Run("Truncate", func(t *testing.T) {
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Truncate, Entry: 3})
		got, err := rawPage(t, srv, false)
		if want := (ends[3] + ends[4]) / 2; !bytes.Equal(got, whole[:want]) || err != nil {
			t.Errorf("%d bytes, %v, want %d", len(got), err, want)
		}
	})
	t.Run("Garbage", func(t *testing.T) {
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Garbage, Entry: 1})
		got, err := rawPage(t, srv, true)
		want := slices.Concat(whole[:ends[1]], bytes.Repeat([]byte{0xFF}, 16), whole[ends[2]:ends[4]])
		if !bytes.HasPrefix(got, want) || err != nil {
			t.Errorf("%x, %v", got, err)
		}
	})
	t.Run("WrongID", func(t *testing.T) {
		srv.Inject(ldaptest.Fault{Kind: ldaptest.WrongID, Entry: 2})
		got, err := rawPage(t, srv, true)
		messages, _ := split(got)
		var ids []any
		for _, m := range messages {
			ids = append(ids, m.Children[0].Value)
		}
		if want := []any{int64(7), int64(7), int64(7 ^ 1<<30), int64(7), int64(7)}; err != nil || !slices.Equal(ids, want) {
			t.Errorf("ids %v, %v", ids, err)
		}
	})
	t.Run("Late", func(t *testing.T) {
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Late, Entry: 3})
		got, err := rawPage(t, srv, true)
		messages, _ := split(got)
		var tags []ber.Tag
		for _, m := range messages {
			tags = append(tags, m.Children[1].Tag)
		}
		if want := []ber.Tag{4, 4, 4, 5, 4}; err != nil || !slices.Equal(tags, want) {
			t.Errorf("operations %v, %v", tags, err)
		}
	})
	t.Run("Reference", func(t *testing.T) {
		srv.Inject(ldaptest.Fault{Reference: "ldap://a/DC=b"})
		got, err := rawPage(t, srv, true)
		if n := bytes.Count(got, []byte("ldap://a/DC=b")); n != 1 || err != nil {
			t.Errorf("sent %d times, %v", n, err)
		}
	})
	t.Run("NoControl", func(t *testing.T) {
		srv.Inject(ldaptest.Fault{Kind: ldaptest.NoControl})
		got, err := rawPage(t, srv, true)
		messages, _ := split(got)
		if err != nil || len(messages) != 5 || len(messages[4].Children) != 2 {
			t.Errorf("%d messages, %v", len(messages), err)
		}
	})
	t.Run("Drop at the result", func(t *testing.T) {
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Entry: 99})
		got, err := rawPage(t, srv, false)
		if !bytes.Equal(got, whole[:ends[4]]) || err != nil {
			t.Errorf("%d bytes, %v, want %d", len(got), err, ends[4])
		}
	})
}

func TestFaultsBreakAClientThatStays(t *testing.T) {
	for name, kind := range map[string]ldaptest.Kind{"Drop": ldaptest.Drop, "Truncate": ldaptest.Truncate, "Garbage": ldaptest.Garbage} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, ldaptest.Config{}, crowd(30))
			srv.Inject(ldaptest.Fault{Kind: kind, Page: 2, Entry: 3})
			c := bound(t, srv)
			_, cookie, err := page(c, 10, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := page(c, 10, cookie); err == nil {
				t.Error("no error")
			}
			if got := sweep(t, bound(t, srv), 10); len(got) != 3 {
				t.Errorf("struck twice: %d pages", len(got))
			}
		})
	}
}

func TestHangEndsWhenTheClientLeaves(t *testing.T) {
	srv := start(t, ldaptest.Config{}, crowd(30))
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Hang, Entry: 3, Match: func(ldaptest.Search) bool { return true }})
	c := bound(t, srv)
	response := c.SearchAsync(t.Context(), request(root, ldap.ScopeWholeSubtree, "(objectClass=contact)"), 0)
	for i := range 3 {
		if !response.Next() {
			t.Fatalf("entry %d: %v", i, response.Err())
		}
	}
	c.Close()
	srv.Close()
}

func TestFailedPageCanBeAskedForAgain(t *testing.T) {
	for _, code := range []int{ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultSizeLimitExceeded} {
		srv := start(t, ldaptest.Config{}, crowd(30))
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Page: 2, Entry: 4, Code: code, Times: 2})
		c := bound(t, srv)
		_, cookie, err := page(c, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			names, next, err := page(c, 10, cookie)
			wantCode(t, err, uint16(code))
			if diff := cmp.Diff(contacts(10, 14), names); diff != "" || next != nil {
				t.Errorf("code %d: cookie %x, %s", code, next, diff)
			}
		}
		names, _, err := page(c, 10, cookie)
		if diff := cmp.Diff(contacts(10, 20), names); err != nil || diff != "" {
			t.Errorf("again: %v, %s", err, diff)
		}
	}
}

func TestRepeatSendsAPageTwiceAndMissesNothing(t *testing.T) {
	srv := start(t, ldaptest.Config{}, crowd(30))
	c := bound(t, srv)
	for number, want := range map[int][][]string{
		2: {contacts(0, 10), contacts(10, 20), contacts(10, 20), contacts(20, 30)},
		3: {contacts(0, 10), contacts(10, 20), contacts(20, 30), contacts(20, 30)},
	} {
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Repeat, Page: number})
		if diff := cmp.Diff(want, sweep(t, c, 10)); diff != "" {
			t.Errorf("page %d: %s", number, diff)
		}
	}
}

func TestJumpHidesAnEntryFromOneSweep(t *testing.T) {
	for _, seed := range []uint64{0, 1} {
		srv := start(t, ldaptest.Config{Shuffle: seed}, crowd(30))
		c := bound(t, srv)
		usn := func() string {
			got, err := c.Search(request("", ldap.ScopeBaseObject, "(objectClass=*)", "highestCommittedUSN"))
			if err != nil {
				t.Fatal(err)
			}
			return got.Entries[0].GetAttributeValue("highestCommittedUSN")
		}
		all := slices.Concat(sweep(t, c, 10)...)
		before := usn()
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Jump, Page: 2})
		if diff := cmp.Diff([][]string{all[:10], all[10:20], all[20:29]}, sweep(t, c, 10)); diff != "" {
			t.Error(diff)
		}
		if after := usn(); before != "32" || after != "33" {
			t.Errorf("highestCommittedUSN %s, then %s", before, after)
		}
		got, err := c.Search(request(root, ldap.ScopeWholeSubtree, "(uSNChanged>=33)", "cn"))
		if err != nil || len(got.Entries) != 1 || got.Entries[0].GetAttributeValue("cn") != all[29] {
			t.Errorf("changed since: %v, %v", dns(got), err)
		}
		if again := slices.Concat(sweep(t, c, 10)...); len(again) != 30 {
			t.Errorf("%d entries later", len(again))
		}
	}
}

func TestEntriesThatJumpedCanChange(t *testing.T) {
	srv := start(t, ldaptest.Config{}, crowd(30))
	c := bound(t, srv)
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Jump, Page: 1, Times: 2})
	sweep(t, c, 10)
	sweep(t, c, 10)
	for _, cn := range contacts(28, 30) {
		dn := "CN=" + cn + ",OU=Crowd,DC=contoso,DC=test"
		if err := srv.Apply(strings.NewReader("dn: " + dn + "\nchangetype: modify\nreplace: mail\nmail: x\n-\n")); err != nil {
			t.Fatal(err)
		}
		if got := read(t, c, dn).GetAttributeValue("mail"); got != "x" {
			t.Errorf("%s: mail %q", cn, got)
		}
	}
	all := slices.Concat(sweep(t, c, 10)...)
	slices.Sort(all)
	if diff := cmp.Diff(contacts(0, 30), all); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsStrikeWhatTheyMatch(t *testing.T) {
	srv := start(t, ldaptest.Config{}, crowd(30))
	var seen []ldaptest.Search
	srv.Inject(
		ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy, Times: -1, Match: func(s ldaptest.Search) bool {
			seen = append(seen, s)
			return s.Filter == "(cn=c000003)"
		}},
		ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnavailable},
	)
	c := bound(t, srv)
	for range 3 {
		_, err := c.Search(request(root, ldap.ScopeWholeSubtree, "(cn=c000003)", "mail", "cn"))
		wantCode(t, err, ldap.LDAPResultBusy)
	}
	if _, err := c.Search(request(root, ldap.ScopeBaseObject, "(objectClass=*)")); err != nil {
		t.Errorf("a search that does not match: %v", err)
	}
	if _, err := c.Search(request("", ldap.ScopeBaseObject, "(cn=c000003)")); err != nil {
		t.Errorf("the root DSE: %v", err)
	}
	_, _, err := page(c, 10, nil)
	wantCode(t, err, ldap.LDAPResultUnavailable)

	first := ldaptest.Search{Base: root, Scope: ldap.ScopeWholeSubtree, Filter: "(cn=c000003)", Attributes: []string{"mail", "cn"}}
	if diff := cmp.Diff(first, seen[0]); diff != "" {
		t.Error(diff)
	}
	if last := seen[len(seen)-1]; !last.Paged || last.Filter != "(objectClass=contact)" {
		t.Errorf("%+v", last)
	}
}

func TestContentCanChangeBetweenPages(t *testing.T) {
	srv := start(t, ldaptest.Config{}, crowd(30))
	apply := func(changes string) func() {
		return func() {
			if err := srv.Apply(strings.NewReader(changes)); err != nil {
				t.Error(err)
			}
		}
	}
	srv.Inject(
		ldaptest.Fault{Page: 2, Do: apply("dn: CN=c000025,OU=Crowd,DC=contoso,DC=test\nchangetype: modrdn\nnewrdn: CN=a\ndeleteoldrdn: 1\n")},
		ldaptest.Fault{Page: 3, Do: apply("dn: CN=c000005,OU=Crowd,DC=contoso,DC=test\nchangetype: modrdn\nnewrdn: CN=z\ndeleteoldrdn: 1\n\ndn: CN=c000029,OU=Crowd,DC=contoso,DC=test\nchangetype: delete\n")},
	)
	want := [][]string{contacts(0, 10), contacts(10, 20), append(slices.Concat(contacts(20, 25), contacts(26, 29)), "z")}
	if diff := cmp.Diff(want, sweep(t, bound(t, srv), 10)); diff != "" {
		t.Error(diff)
	}
}
