package conflicts

import (
	"slices"
	"testing"
)

// Namesakes are told apart by their kind, else by the first container that differs.
func TestNames(t *testing.T) {
	mailbox, group := "user", "group"
	for _, tc := range []struct {
		name           string
		dns, kinds     []string
		inAudit, alone []string // names in an audit, and of the first two by themselves
	}{
		{"others", []string{"CN=Ann,DC=x", "CN=Bob,DC=x"}, nil, []string{"Ann", "Bob"}, []string{"Ann", "Bob"}},
		{"kinds", []string{"CN=Ann,OU=A,DC=x", "CN=ann,OU=B,DC=x"}, []string{mailbox, group}, []string{"Ann (user)", "ann (group)"}, nil},
		{"containers", []string{"CN=Ann,OU=A,DC=x", "CN=Ann,OU=B,DC=x"}, nil, []string{"Ann (A)", "Ann (B)"}, nil},
		{"a container that agrees", []string{"CN=Ann,OU=A,OU=C,DC=x", "CN=Ann,OU=A,OU=D,DC=x"}, nil, []string{"Ann (C)", "Ann (D)"}, nil},
		{"escapes", []string{`CN=Ann\, A,OU=A\, B,DC=x`, `CN=ann\, A,OU=B,DC=x`}, nil, []string{"Ann, A (A, B)", "ann, A (B)"}, nil},
		{"one lies above", []string{"CN=Ann,DC=x", "CN=Ann,OU=A,DC=x"}, nil, []string{"Ann (x)", "Ann (A)"}, nil},
		{"three, two of a kind", []string{"CN=Ann,OU=A,DC=x", "CN=Ann,OU=B,DC=x", "CN=Ann,OU=A,DC=x"}, []string{mailbox, mailbox, group},
			[]string{"Ann (A)", "Ann (B)", "Ann (group)"}, []string{"Ann (A)", "Ann (B)"}},
		{"three, two in one container", []string{"CN=Ann,OU=A,OU=C,DC=x", "CN=Ann,OU=A,OU=D,DC=x", "CN=Ann,OU=B,OU=D,DC=x"}, nil,
			[]string{"Ann (C)", "Ann (D)", "Ann (B)"}, []string{"Ann (C)", "Ann (D)"}},
		{"nothing but a name", []string{"CN=Ann", "CN=Ann,OU=A"}, nil, []string{"CN=Ann", "Ann (A)"}, nil},
	} {
		a := &Audit{Conflicts: make([]Conflict, 1)}
		var owners []*Object
		for i, dn := range tc.dns {
			o := &Object{Entry: Entry{DN: dn, GUID: GUID{byte(i + 1)}}}
			if tc.kinds != nil {
				o.Class = tc.kinds[i]
			}
			owners = append(owners, o)
			a.Conflicts[0].Owners = append(a.Conflicts[0].Owners, Owner{Object: o}, Owner{Object: o})
		}
		var got []string
		names := NewNames(a)
		for _, o := range owners {
			got = append(got, names.Of(o))
		}
		if !slices.Equal(got, tc.inAudit) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.inAudit)
		}
		var none *Names
		first, second := none.pair(owners[0], owners[1])
		if tc.alone == nil {
			tc.alone = tc.inAudit
		}
		if first != tc.alone[0] || second != tc.alone[1] {
			t.Errorf("%s: %q and %q, want %q", tc.name, first, second, tc.alone)
		}
	}
}

// Objects that share a display name in one container are told apart by their own names.
func TestNamesOfObjectsWithOneDisplayName(t *testing.T) {
	a, b := object(1, "annb"), object(2, "annb2")
	a.DisplayName, b.DisplayName = "Ann B", "Ann B"
	if got := tellApart([]*Object{a, b, a}); !slices.Equal(got, []string{a.DN, "Ann B (annb2)", a.DN}) {
		t.Errorf("%q", got)
	}
}
