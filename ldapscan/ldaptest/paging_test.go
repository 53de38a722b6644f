package ldaptest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"proxyaddr/ldapscan/ldaptest"
)

// page asks for one page of the contacts. Without a paging control in the answer, the cookie is
// nil.
func page(c *ldap.Conn, size uint32, cookie []byte) (names []string, next []byte, err error) {
	control := ldap.NewControlPaging(size)
	control.SetCookie(cookie)
	req := request(root, ldap.ScopeWholeSubtree, "(objectClass=contact)", "cn")
	req.Controls = []ldap.Control{control}
	got, err := c.Search(req)
	if got == nil {
		return nil, nil, err
	}
	for _, e := range got.Entries {
		names = append(names, e.GetAttributeValue("cn"))
	}
	if answer, ok := ldap.FindControl(got.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging); ok {
		next = append([]byte{}, answer.Cookie...)
	}
	return names, next, err
}

// sweep asks for all pages.
func sweep(t *testing.T, c *ldap.Conn, size uint32) (pages [][]string) {
	t.Helper()
	var cookie []byte
	for {
		names, next, err := page(c, size, cookie)
		if err != nil || next == nil {
			t.Fatalf("page %d: cookie %x, %v", len(pages)+1, next, err)
		}
		pages = append(pages, names)
		if cookie = next; len(cookie) == 0 {
			return pages
		}
	}
}

// contacts are the names from one number up to another.
func contacts(from, to int) (names []string) {
	for i := from; i < to; i++ {
		names = append(names, fmt.Sprintf("c%06d", i))
	}
	return names
}

func TestPagesHoldEverythingOnce(t *testing.T) {
	srv := start(t, ldaptest.Config{MaxPageSize: 10}, crowd(30))
	c := bound(t, srv)
	for size, want := range map[uint32][][]string{
		7:    {contacts(0, 7), contacts(7, 14), contacts(14, 21), contacts(21, 28), contacts(28, 30)},
		10:   {contacts(0, 10), contacts(10, 20), contacts(20, 30)},
		5000: {contacts(0, 10), contacts(10, 20), contacts(20, 30)},
	} {
		if diff := cmp.Diff(want, sweep(t, c, size)); diff != "" {
			t.Errorf("size %d: %s", size, diff)
		}
	}
}

func TestCookieBelongsToItsConnectionSearchAndTurn(t *testing.T) {
	srv := start(t, ldaptest.Config{}, crowd(30))
	c := bound(t, srv)
	_, cookie, err := page(c, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = page(bound(t, srv), 10, cookie)
	wantCode(t, err, ldap.LDAPResultUnwillingToPerform)

	control := ldap.NewControlPaging(10)
	control.SetCookie(cookie)
	other := request(root, ldap.ScopeWholeSubtree, "(objectClass=*)", "cn")
	other.Controls = []ldap.Control{control}
	_, err = c.Search(other)
	wantCode(t, err, ldap.LDAPResultUnwillingToPerform)

	names, second, err := page(c, 5, cookie)
	if diff := cmp.Diff(contacts(10, 15), names); err != nil || diff != "" {
		t.Errorf("page of another size: %v, %s", err, diff)
	}
	_, _, err = page(c, 10, cookie)
	wantCode(t, err, ldap.LDAPResultUnwillingToPerform)

	if names, end, err := page(c, 0, second); err != nil || len(names) != 0 || len(end) != 0 {
		t.Errorf("size 0 to end the search: %q, %x, %v", names, end, err)
	}
	_, _, err = page(c, 10, second)
	wantCode(t, err, ldap.LDAPResultUnwillingToPerform)
}

func TestEleventhPagedSearchEndsTheFirst(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{}, crowd(3)))
	var cookies [][]byte
	for range 11 {
		_, cookie, err := page(c, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		cookies = append(cookies, cookie)
	}
	_, _, err := page(c, 1, cookies[0])
	wantCode(t, err, ldap.LDAPResultUnwillingToPerform)
	for i, cookie := range cookies[1:] {
		if names, _, err := page(c, 1, cookie); err != nil || len(names) != 1 {
			t.Errorf("search %d: %q, %v", i+2, names, err)
		}
	}
}

func TestSizeLimitWithinAPageTurnsPagingOff(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{}, crowd(30)))
	req := request(root, ldap.ScopeWholeSubtree, "(objectClass=contact)", "cn")
	req.SizeLimit = 5
	req.Controls = []ldap.Control{ldap.NewControlPaging(10)}
	got, err := c.Search(req)
	wantCode(t, err, ldap.LDAPResultSizeLimitExceeded)
	if len(got.Entries) != 5 || len(got.Controls) != 0 {
		t.Errorf("%d entries, controls %v", len(got.Entries), got.Controls)
	}
}

func TestReferencesComeWithTheLastPage(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{}, forest))
	control := ldap.NewControlPaging(4)
	req := request(root, ldap.ScopeWholeSubtree, "(objectClass=*)", "1.1")
	req.Controls = []ldap.Control{control}
	for _, want := range []int{0, 2} {
		got, err := c.Search(req)
		if err != nil || len(got.Referrals) != want {
			t.Fatalf("%v, %v, want %d references", got.Referrals, err, want)
		}
		control.SetCookie(ldap.FindControl(got.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging).Cookie)
	}
}

func TestShuffleChangesTheOrderAndNothingElse(t *testing.T) {
	orders := make(map[string]bool)
	for _, seed := range []uint64{0, 1, 2} {
		var first []string
		for range 2 {
			all := slices.Concat(sweep(t, bound(t, start(t, ldaptest.Config{Shuffle: seed}, crowd(30))), 7)...)
			if first != nil && !slices.Equal(first, all) {
				t.Errorf("seed %d: two orders", seed)
			}
			first = slices.Clone(all)
			orders[strings.Join(all, " ")] = true
			slices.Sort(all)
			if diff := cmp.Diff(contacts(0, 30), all); diff != "" {
				t.Errorf("seed %d: %s", seed, diff)
			}
		}
	}
	if len(orders) != 3 {
		t.Errorf("%d orders of 3 seeds", len(orders))
	}
}

// A sweep of 100,000 entries in 1,000 pages is out of reach of a server that starts over on
// each page.
func BenchmarkSweep(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := bound(b, start(b, ldaptest.Config{}, crowd(n)))
			c.SetTimeout(0)
			for b.Loop() {
				var cookie []byte
				for {
					_, next, err := page(c, 100, cookie)
					if err != nil {
						b.Fatal(err)
					}
					if cookie = next; len(cookie) == 0 {
						break
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/entry")
		})
	}
}
