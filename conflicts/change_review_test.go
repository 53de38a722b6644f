package conflicts

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reviewed returns an audit with two conflicts: x, of three objects one of which
// has it as mail too, and y, of two.
func reviewed() *Audit {
	contact := func(n byte, mail string, values ...string) *Object {
		return &Object{Entry: Entry{DN: fmt.Sprintf("CN=%d,DC=a,DC=example", n), GUID: GUID{n}, ProxyAddresses: values, Mail: mail}, Class: "contact"}
	}
	a := &Audit{Scope: Scope{AcceptedDomains: []string{"a.example", "*.b.example"}},
		Findings: []Finding{{Kind: PaddedValue, DN: "CN=padded", Value: "smtp: padded@a.example"}}}
	judged := Judge([]*Object{
		contact(1, "x@a.example", "SMTP:x@a.example"), contact(2, "x@a.example", "SMTP:x@a.example", "smtp:y@a.example"),
		contact(3, "", "smtp:X@a.example", "SMTP:three@a.example"), contact(4, "", "SMTP:y@a.example"),
	}, Options{AcceptedDomains: a.Scope.AcceptedDomains})
	judged.Into(a)
	return a
}

// The proposals of reviewed, in their order.
const (
	primary   = iota // of 2: SMTP:x becomes SMTP:x2, and mail x becomes x2; or 1 gets x4
	secondary        // of 3: smtp:X becomes smtp:X3; or 1 gets x4
	other            // of 2: smtp:y becomes smtp:y2; or 4 gets y3
	all
)

func decide(d map[int]Reply) []Reply {
	replies := make([]Reply, all)
	for i, one := range d {
		replies[i] = one
	}
	return replies
}

func approve(edits map[int]string) []Reply {
	replies := make([]Reply, all)
	for i := range replies {
		replies[i].Decision = Approved
		replies[i].New, replies[i].Edited = edits[i], false
		if _, ok := edits[i]; ok {
			replies[i].Edited = true
		}
	}
	return replies
}

// written writes changes as lines: who, what, from, to.
func written(changes []Change) (list []string) {
	for _, c := range changes {
		list = append(list, fmt.Sprintf("%s %s %s %s", c.Object.Name(), c.Attribute, c.Old, c.New))
	}
	return list
}

// told writes mistakes as lines: proposal, field, problem.
func told(mistakes []Mistake) string {
	var lines []string
	for _, m := range mistakes {
		lines = append(lines, fmt.Sprintf("%d %s %s", m.Proposal, [...]string{"decision", "new", "comment"}[m.Field], m.Problem))
	}
	return strings.Join(lines, "; ")
}

func free(Address, Ref) *Object { return nil }

func TestReviewedHasTheChangesThatTheTestsCountOn(t *testing.T) {
	a := reviewed()
	want := []string{"2 proxyAddresses SMTP:x@a.example SMTP:x2@a.example", "2 mail x@a.example x2@a.example",
		"3 proxyAddresses smtp:X@a.example smtp:X3@a.example", "2 proxyAddresses smtp:y@a.example smtp:y2@a.example"}
	if diff := cmp.Diff(want, written(a.Changes)); diff != "" {
		t.Fatal(diff)
	}
	for i, want := range []string{"SMTP:x4@a.example", "SMTP:x4@a.example", "SMTP:y3@a.example"} {
		if p := &a.Proposals[i]; p.SwapTo != want {
			t.Errorf("%d: the keeper gets %s", i, p.SwapTo)
		}
	}
}

// Every conflict is decided as a whole.
func TestDecide(t *testing.T) {
	yes, no, later := Reply{Decision: Approved}, Reply{Decision: Rejected, Comment: "ours"}, Reply{Decision: Deferred, Comment: "in May"}
	remove, swap := Reply{Decision: Removed}, Reply{Decision: Swapped, Comment: "Ann asked"}
	for name, tc := range map[string]struct {
		replies  map[int]Reply
		changes  []string
		left     string
		mistakes string
	}{
		"nothing decided": {nil, nil, "x@a.example not decided [], y@a.example not decided []", ""},
		"all approved": {map[int]Reply{primary: yes, secondary: yes, other: yes}, []string{"2 proxyAddresses SMTP:x@a.example SMTP:x2@a.example",
			"2 mail x@a.example x2@a.example", "3 proxyAddresses smtp:X@a.example smtp:X3@a.example", "2 proxyAddresses smtp:y@a.example smtp:y2@a.example"}, "", ""},
		"one conflict": {map[int]Reply{primary: yes, secondary: remove, other: no}, []string{"2 proxyAddresses SMTP:x@a.example SMTP:x2@a.example",
			"2 mail x@a.example x2@a.example", "3 proxyAddresses smtp:X@a.example "}, "y@a.example rejected [ours]", ""},
		"the other":             {map[int]Reply{other: yes}, []string{"2 proxyAddresses smtp:y@a.example smtp:y2@a.example"}, "x@a.example not decided []", ""},
		"deferred in part":      {map[int]Reply{primary: later, other: remove}, []string{"2 proxyAddresses smtp:y@a.example "}, "x@a.example deferred [in May]", ""},
		"rejected and deferred": {map[int]Reply{primary: later, secondary: no, other: later}, nil, "x@a.example rejected [in May ours], y@a.example deferred [in May]", ""},
		"swapped": {map[int]Reply{primary: swap, secondary: yes, other: no}, []string{"1 proxyAddresses SMTP:x@a.example SMTP:x4@a.example",
			"1 mail x@a.example x4@a.example", "3 proxyAddresses smtp:X@a.example smtp:X3@a.example"}, "y@a.example rejected [ours]", ""},
		"swapped, with a removal": {map[int]Reply{primary: swap, secondary: remove}, []string{"1 proxyAddresses SMTP:x@a.example SMTP:x4@a.example",
			"1 mail x@a.example x4@a.example", "3 proxyAddresses smtp:X@a.example "}, "y@a.example not decided []", ""},
		"an object that changes in two conflicts, as a loser and a keeper that gives way": {map[int]Reply{primary: yes, secondary: yes, other: swap},
			[]string{"2 proxyAddresses SMTP:x@a.example SMTP:x2@a.example", "2 mail x@a.example x2@a.example", "3 proxyAddresses smtp:X@a.example smtp:X3@a.example",
				"4 proxyAddresses SMTP:y@a.example SMTP:y3@a.example"}, "", ""},
		"one of two objects": {map[int]Reply{primary: yes, secondary: no, other: yes}, nil, "",
			"1 decision rejected, but for 2 it is approved: two objects would keep x@a.example"},
		"one of two objects undecided": {map[int]Reply{secondary: swap}, nil, "y@a.example not decided []",
			"0 decision not decided, but for 3 it is swapped: two objects would keep x@a.example"},
		"two swaps": {map[int]Reply{primary: swap, secondary: swap}, nil, "y@a.example not decided []",
			"1 decision only one object can keep x@a.example, and 2 is to keep it too"},
		"a primary removed": {map[int]Reply{primary: remove, secondary: yes}, nil, "y@a.example not decided []",
			"0 decision the address cannot be removed: it is the primary address of 2"},
		"a swap that raises the risk": {map[int]Reply{other: {Decision: Swapped}}, nil, "x@a.example not decided []",
			"2 comment swapping raises the risk from low to medium: name who asked for it"},
		"an address written beside a removal": {map[int]Reply{other: {Decision: Removed, New: "bob@a.example", Edited: true}}, nil, "x@a.example not decided []",
			"2 new bob@a.example: an address was written, but the decision is to remove the old one: correct one of them"},
		"an address written beside a rejection": {map[int]Reply{other: {Decision: Rejected, New: "bob@a.example", Edited: true}}, nil, "x@a.example not decided [], y@a.example rejected []",
			"2 new bob@a.example: an address was written, but the change is rejected: correct one of them"},
		"an address written beside no decision": {map[int]Reply{other: {New: "bob@a.example", Edited: true}}, nil, "x@a.example not decided [], y@a.example not decided []",
			"2 new bob@a.example: an address was written, but nothing is decided: correct one of them"},
		"the new address cleared beside a rejection": {map[int]Reply{other: {Decision: Rejected, Edited: true}}, nil, "x@a.example not decided [], y@a.example rejected []", ""},
		"the new address cleared beside a swap": {map[int]Reply{other: {Decision: Swapped, Edited: true, Comment: "Ann"}}, nil, "x@a.example not decided []",
			"2 new empty: write the new address, for example the proposed y3@a.example"},
		"the new address cleared beside a removal": {map[int]Reply{other: {Decision: Removed, Edited: true}}, []string{"2 proxyAddresses smtp:y@a.example "}, "x@a.example not decided []", ""},
		"everything wrong is told at once": {map[int]Reply{primary: remove, secondary: no, other: {Decision: Swapped, New: "nobody", Edited: true}}, nil, "",
			"0 decision the address cannot be removed: it is the primary address of 2; " +
				"1 decision rejected, but for 2 it is removed: two objects would keep x@a.example; " +
				`2 new nobody: no "@"; 2 comment swapping raises the risk from low to medium: name who asked for it`},
	} {
		got, mistakes := reviewed().Decide(decide(tc.replies), free)
		var left []string
		for _, l := range got.Review.Left {
			left = append(left, fmt.Sprint(l.Conflict.Key.Address(), " ", l.Decision, " ", l.Comments))
		}
		if strings.Join(left, ", ") != tc.left || told(mistakes) != tc.mistakes || got.Review.Proposed != all {
			t.Errorf("%s: left %v, mistakes %s", name, left, told(mistakes))
		}
		if diff := cmp.Diff(tc.changes, written(got.Changes)); diff != "" && tc.mistakes == "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// After a swap the owner that keeps the address is its keeper, and the proposals that were
// taken tell who changes, how and why.
func TestDecideTellsWhatWasChosen(t *testing.T) {
	a := reviewed()
	before := fmt.Sprintf("%+v", a.Conflicts)
	got, mistakes := a.Decide(decide(map[int]Reply{primary: {Decision: Approved}, secondary: {Decision: Swapped, Comment: "Ann asked"}, other: {Decision: Rejected}}), nil)
	if len(mistakes) > 0 {
		t.Fatal(told(mistakes))
	}
	var lines []string
	for i := range got.Proposals {
		p := &got.Proposals[i]
		lines = append(lines, fmt.Sprintf("%s %s gives %s to %s for %q, %d changes from %d", p.Reply.Decision, p.Owner.Name(), p.Conflict.Key.Address(), p.Conflict.Keeper().Name(), p.New, p.Count, p.First))
	}
	want := []string{`approved 2 gives x@a.example to 3 for "SMTP:x2@a.example", 2 changes from 0`, `swapped 1 gives x@a.example to 3 for "SMTP:x4@a.example", 2 changes from 2`}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if c := got.Conflict("smtp:x@a.example"); c.Reason() != "chosen in review: Ann asked" || got.Review.Left[0].Conflict != got.Conflict("smtp:y@a.example") {
		t.Errorf("%+v, left %+v", c, got.Review.Left)
	}
	if after := fmt.Sprintf("%+v", a.Conflicts); after != before {
		t.Error("the audit of the scan has changed")
	}
}

// No object is left without a primary address or one in an accepted domain, whatever is
// decided on each of its addresses.
func TestDecideHoldsTheResult(t *testing.T) {
	object := func(n int, addresses ...string) *Object { return object(n, fmt.Sprint(n), addresses...) }
	a := audited([]*Object{object(1, "SMTP:x@a.com"), object(2, "SMTP:y@a.com"), object(3, "smtp:x@a.com", "smtp:y@a.com", "SMTP:z@gmail.example")}, acceptedHere)
	remove := []Reply{{Decision: Removed}, {Decision: Removed}}
	_, mistakes := a.Decide(remove, nil)
	if got, want := told(mistakes), "1 decision 3 would have no address in an accepted domain"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	external := audited([]*Object{object(1, "SMTP:x@a.com"), object(3, "smtp:x@a.com", "SMTP:z@gmail.example")}, acceptedHere)
	if _, mistakes := external.Decide(remove[:1], nil); len(mistakes) > 0 {
		t.Errorf("the choice says it, and is on offer: %s", told(mistakes))
	}
	remove[0].Decision = Approved
	if _, mistakes := a.Decide(remove, nil); len(mistakes) > 0 {
		t.Error(told(mistakes))
	}
}

// What is written in the place of a proposal keeps the type, and mail follows.
func TestDecideTakesTypedAddresses(t *testing.T) {
	for name, tc := range map[string]struct {
		edits map[int]string
		news  map[int]string // of the proposals, where they differ
	}{
		"without the type":    {map[int]string{primary: "bob@a.example"}, map[int]string{primary: "SMTP:bob@a.example"}},
		"with the type":       {map[int]string{secondary: " smtp: bob@mail.b.example "}, map[int]string{secondary: "smtp:bob@mail.b.example"}},
		"in capitals":         {map[int]string{primary: "SMTP:Bob@a.example"}, map[int]string{primary: "SMTP:Bob@a.example"}},
		"as it was":           {map[int]string{other: "y2@a.example"}, nil},
		"another's proposal":  {map[int]string{primary: "x3@a.example", secondary: "x2@a.example"}, map[int]string{primary: "SMTP:x3@a.example", secondary: "smtp:x2@a.example"}},
		"apostrophe and plus": {map[int]string{other: "o'brien+x@a.example"}, map[int]string{other: "smtp:o'brien+x@a.example"}},
	} {
		a := reviewed()
		got, mistakes := a.Decide(approve(tc.edits), free)
		if len(mistakes) > 0 {
			t.Errorf("%s: %s", name, told(mistakes))
			continue
		}
		for i := range got.Proposals {
			want := tc.news[i]
			if want == "" {
				want = a.Proposals[i].New
			}
			if p := &got.Proposals[i]; p.New != want || got.changesOf(p)[0].New != want {
				t.Errorf("%s: %s, want %s", name, p.New, want)
			}
		}
		if mail := got.Changes[1]; mail.Attribute != Mail || mail.New != ParseAddress(got.Proposals[primary].New).Trimmed() {
			t.Errorf("%s: mail becomes %s", name, mail.New)
		}
	}
}

// What is written beside a swap is for the keeper.
func TestDecideTakesTypedAddressesForTheKeeper(t *testing.T) {
	for typed, want := range map[string]string{"bob@a.example": "SMTP:bob@a.example", "y2@a.example": "SMTP:y2@a.example", "y3@a.example": "SMTP:y3@a.example"} {
		replies := decide(map[int]Reply{other: {Decision: Swapped, New: typed, Edited: true, Comment: "Ann"}})
		var asked Ref
		got, mistakes := reviewed().Decide(replies, func(_ Address, r Ref) *Object { asked = r; return nil })
		if len(mistakes) > 0 || len(got.Changes) != 1 || got.Changes[0].New != want || got.Changes[0].Object.Name() != "4" || asked != (Ref{GUID: GUID{4}}) {
			t.Errorf("%s: %s, %v, for %v", typed, told(mistakes), written(got.Changes), asked)
		}
	}
}

func TestDecideRefusesTypedAddresses(t *testing.T) {
	for name, tc := range map[string]struct {
		edits map[int]string
		says  string
	}{
		"no address":              {map[int]string{other: "bob"}, `2 new bob: no "@"`},
		"empty":                   {map[int]string{other: " "}, "2 new empty: write the new address, for example the proposed y2@a.example"},
		"another type":            {map[int]string{other: "sip:bob@a.example"}, "2 new sip:bob@a.example: the type must stay smtp:"},
		"made primary":            {map[int]string{other: "SMTP:bob@a.example"}, "2 new SMTP:bob@a.example: the type must stay smtp:, as"},
		"made secondary":          {map[int]string{primary: "smtp:bob@a.example"}, "0 new smtp:bob@a.example: the type must stay SMTP:, as"},
		"not an accepted domain":  {map[int]string{other: "bob@b.example"}, "2 new bob@b.example: b.example is not an accepted domain"},
		"a whole text":            {map[int]string{other: strings.Repeat("é", 20_000)}, "2 new " + strings.Repeat("é", 150) + "…: no"},
		"long local part":         {map[int]string{other: strings.Repeat("x", 65) + "@a.example"}, "bytes before the @, 64 are allowed"},
		"white space":             {map[int]string{other: "b ob@a.example"}, `2 new b ob@a.example: white space before the "@"`},
		"in single quotes":        {map[int]string{other: "'bob@a.example'"}, "2 new 'bob@a.example': the domain is not a host name"},
		"a backslash":             {map[int]string{other: `b\ob@a.example`}, `\ before the "@", which needs quotes`},
		"two addresses":           {map[int]string{other: "a@a.example; b@a.example"}, `more than one "@"`},
		"line feed":               {map[int]string{other: "b@a.example\n-"}, "control character"},
		"diacritics":              {map[int]string{other: "josé@a.example"}, "Entra ID refuses é"},
		"two dots":                {map[int]string{other: "a..b@a.example"}, "two in a row"},
		"the address in conflict": {map[int]string{other: "Y@a.example"}, "2 new Y@a.example: held by 4, CN=4,DC=a,DC=example"},
		"another in conflict":     {map[int]string{other: "x@a.example"}, "2 new x@a.example: held by 1, CN=1,DC=a,DC=example"},
		"seen in a finding":       {map[int]string{other: "padded@a.example"}, "2 new padded@a.example: held by padded, CN=padded"},
		"another's proposal":      {map[int]string{other: "x2@A.example"}, "2 new x2@A.example: reserved for 2"},
		"kept for a keeper":       {map[int]string{other: "x4@a.example"}, "2 new x4@a.example: reserved for 1"},
		"typed twice":             {map[int]string{other: "bob@a.example", secondary: "BOB@a.example"}, "1 new BOB@a.example: reserved for 2; 2 new bob@a.example: reserved for 3"},
		"held elsewhere":          {map[int]string{other: "taken@a.example"}, "2 new taken@a.example: held by somebody, CN=somebody"},
	} {
		_, mistakes := reviewed().Decide(approve(tc.edits), func(a Address, _ Ref) *Object {
			if a.Trimmed() == "taken@a.example" {
				return &Object{Entry: Entry{DN: "CN=somebody"}}
			}
			return nil
		})
		if s := told(mistakes); !strings.Contains(s, tc.says) || len(mistakes) > len(tc.edits) {
			t.Errorf("%s: %q, want %q", name, s, tc.says)
		}
	}
	_, mistakes := reviewed().Decide(approve(map[int]string{other: "bob@a.example"}), nil)
	if len(mistakes) != 1 || !strings.Contains(mistakes[0].Problem, "not proven free") || !mistakes[0].Unproven {
		t.Errorf("without a directory: %v", mistakes)
	}
	a := reviewed()
	a.Scope.AcceptedDomains = nil
	if _, mistakes := a.Decide(approve(map[int]string{other: "bob@b.example"}), free); len(mistakes) != 1 || !strings.Contains(mistakes[0].Problem, "accepted domains unknown") {
		t.Errorf("a domain that is not in use: %v", mistakes)
	}
}

// What is not taken is not judged, and not looked up.
func TestTyped(t *testing.T) {
	replies := approve(map[int]string{primary: "bob@a.example", secondary: "no address", other: "rob@a.example"})
	replies[other].Decision = Rejected
	a := reviewed()
	var got []string
	for _, address := range a.Typed(replies) {
		got = append(got, address.Raw)
	}
	if want := []string{"SMTP:bob@a.example"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
