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
		contact(3, "", "smtp:X@a.example"), contact(4, "", "SMTP:y@a.example"),
	}, Options{AcceptedDomains: a.Scope.AcceptedDomains})
	judged.Into(a)
	return a
}

// The changes of reviewed, in their order.
const (
	primary   = iota // of 2: SMTP:x becomes SMTP:x2
	follower         // of 2: x becomes x2
	secondary        // of 3: smtp:X becomes smtp:X3
	other            // of 2: smtp:y becomes smtp:y2
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

func news(a *Audit) (list []string) {
	for _, c := range a.Changes {
		list = append(list, c.Attribute+" "+c.Old+" "+c.New)
	}
	return list
}

func free(Address, Ref) string { return "" }

func TestReviewedHasTheChangesThatTheTestsCountOn(t *testing.T) {
	want := []string{"proxyAddresses SMTP:x@a.example SMTP:x2@a.example", "mail x@a.example x2@a.example",
		"proxyAddresses smtp:X@a.example smtp:X3@a.example", "proxyAddresses smtp:y@a.example smtp:y2@a.example"}
	if diff := cmp.Diff(want, news(reviewed())); diff != "" {
		t.Fatal(diff)
	}
}

// Every conflict is decided as a whole.
func TestDecide(t *testing.T) {
	yes, no, later := Reply{Decision: Approved}, Reply{Decision: Rejected, Comment: "ours"}, Reply{Decision: Deferred, Comment: "in May"}
	for name, tc := range map[string]struct {
		replies  map[int]Reply
		changes  int
		left     string
		mistakes string
	}{
		"nothing decided":       {nil, 0, "x@a.example not decided [], y@a.example not decided []", ""},
		"all approved":          {map[int]Reply{0: yes, 1: yes, 2: yes, 3: yes}, 4, "", ""},
		"one conflict":          {map[int]Reply{0: yes, 1: yes, 2: yes, 3: no}, 3, "y@a.example rejected [ours]", ""},
		"the other":             {map[int]Reply{3: yes}, 1, "x@a.example not decided []", ""},
		"deferred in part":      {map[int]Reply{0: later, 1: later, 3: yes}, 1, "x@a.example deferred [in May]", ""},
		"rejected and deferred": {map[int]Reply{0: later, 2: no, 3: later}, 0, "x@a.example rejected [in May ours], y@a.example deferred [in May]", ""},
		"one of two objects":    {map[int]Reply{0: yes, 1: yes, 2: no, 3: yes}, 3, "", "2 rejected, but other changes"},
		"mail alone":            {map[int]Reply{1: yes}, 1, "y@a.example not decided []", "0 not decided, but other changes"},
		"all but mail":          {map[int]Reply{0: yes, 1: later, 2: yes}, 2, "y@a.example not decided []", "1 deferred, but other changes"},
	} {
		got, mistakes := reviewed().Decide(decide(tc.replies), nil)
		var left, wrong []string
		for _, l := range got.Review.Left {
			left = append(left, fmt.Sprint(l.Conflict.Key.Address(), " ", l.Decision, " ", l.Comments))
		}
		for _, m := range mistakes {
			wrong = append(wrong, fmt.Sprint(m.Change, " ", strings.SplitAfter(m.Problem, ": ")[1]))
		}
		if len(got.Changes) != tc.changes || strings.Join(left, ", ") != tc.left || !strings.HasPrefix(strings.Join(wrong, ", "), tc.mistakes) ||
			(len(wrong) > 0) != (tc.mistakes != "") || got.Review.Proposed != all {
			t.Errorf("%s: %d changes, left %v, mistakes %v", name, len(got.Changes), left, wrong)
		}
	}
}

// What is written in the place of a proposal keeps the type, and mail follows.
func TestDecideTakesTypedAddresses(t *testing.T) {
	for name, tc := range map[string]struct {
		edits map[int]string
		news  map[int]string // where they differ from the proposals
	}{
		"without the type":    {map[int]string{primary: "bob@a.example"}, map[int]string{primary: "SMTP:bob@a.example", follower: "bob@a.example"}},
		"with the type":       {map[int]string{secondary: " smtp: bob@mail.b.example "}, map[int]string{secondary: "smtp:bob@mail.b.example"}},
		"and mail":            {map[int]string{primary: "SMTP:Bob@a.example", follower: "bob@A.example"}, map[int]string{primary: "SMTP:Bob@a.example", follower: "Bob@a.example"}},
		"as it was":           {map[int]string{other: "y2@a.example"}, nil},
		"another's proposal":  {map[int]string{primary: "x3@a.example", secondary: "x2@a.example"}, map[int]string{primary: "SMTP:x3@a.example", follower: "x3@a.example", secondary: "smtp:x2@a.example"}},
		"apostrophe and plus": {map[int]string{other: "o'brien+x@a.example"}, map[int]string{other: "smtp:o'brien+x@a.example"}},
	} {
		a := reviewed()
		got, mistakes := a.Decide(approve(tc.edits), free)
		want := news(a)
		for i, n := range tc.news {
			want[i] = a.Changes[i].Attribute + " " + a.Changes[i].Old + " " + n
		}
		if diff := cmp.Diff(want, news(got)); diff != "" || len(mistakes) > 0 {
			t.Errorf("%s: %v (-want +got):\n%s", name, mistakes, diff)
		}
	}
}

func TestDecideRefusesTypedAddresses(t *testing.T) {
	for name, tc := range map[string]struct {
		edits map[int]string
		says  string
	}{
		"no address":               {map[int]string{other: "bob"}, `3 bob: no "@"`},
		"empty":                    {map[int]string{other: " "}, "3  : no new value"},
		"another type":             {map[int]string{other: "sip:bob@a.example"}, "3 sip:bob@a.example: the type must stay smtp:"},
		"made primary":             {map[int]string{other: "SMTP:bob@a.example"}, "3 SMTP:bob@a.example: the type must stay smtp:, as"},
		"made secondary":           {map[int]string{primary: "smtp:bob@a.example"}, "0 smtp:bob@a.example: the type must stay SMTP:, as"},
		"not an accepted domain":   {map[int]string{other: "bob@b.example"}, "3 bob@b.example: b.example is not an accepted domain"},
		"long local part":          {map[int]string{other: strings.Repeat("x", 65) + "@a.example"}, "bytes before the @, 64 are allowed"},
		"white space":              {map[int]string{other: "b ob@a.example"}, "Entra ID refuses white space"},
		"two addresses":            {map[int]string{other: "a@a.example; b@a.example"}, `more than one "@"`},
		"line feed":                {map[int]string{other: "b@a.example\n-"}, "control character"},
		"diacritics":               {map[int]string{other: "josé@a.example"}, "Entra ID refuses é"},
		"two dots":                 {map[int]string{other: "a..b@a.example"}, "two in a row"},
		"the address in conflict":  {map[int]string{other: "Y@a.example"}, "3 Y@a.example: held by CN=4,"},
		"another in conflict":      {map[int]string{other: "x@a.example"}, "3 x@a.example: held by CN="},
		"seen in a finding":        {map[int]string{other: "padded@a.example"}, "3 padded@a.example: held by CN=padded"},
		"another's proposal":       {map[int]string{other: "x2@A.example"}, "3 x2@A.example: the new value of another change"},
		"typed twice":              {map[int]string{other: "bob@a.example", secondary: "BOB@a.example"}, "2 BOB@a.example: the new value of another change, too; 3 bob@a.example: the new value of another change, too"},
		"held elsewhere":           {map[int]string{other: "taken@a.example"}, "3 taken@a.example: held by CN=somebody"},
		"mail by itself":           {map[int]string{follower: "bob@a.example"}, "1 bob@a.example: mail follows the proxy address, which becomes x2@a.example"},
		"mail and another primary": {map[int]string{primary: "bob@a.example", follower: "rob@a.example"}, "1 rob@a.example: mail follows the proxy address, which becomes bob@a.example"},
	} {
		_, mistakes := reviewed().Decide(approve(tc.edits), func(a Address, _ Ref) string {
			if a.Trimmed() == "taken@a.example" {
				return "CN=somebody"
			}
			return ""
		})
		var got []string
		for _, m := range mistakes {
			got = append(got, fmt.Sprint(m.Change, " ", m.Problem))
			if !m.New {
				t.Errorf("%s: said of the decision", name)
			}
		}
		slices.Sort(got)
		if s := strings.Join(got, "; "); !strings.Contains(s, tc.says) || len(mistakes) > len(tc.edits) {
			t.Errorf("%s: %q, want %q", name, s, tc.says)
		}
	}
	_, mistakes := reviewed().Decide(approve(map[int]string{other: "bob@a.example"}), nil)
	if len(mistakes) != 1 || !strings.Contains(mistakes[0].Problem, "not proven free") {
		t.Errorf("without a directory: %v", mistakes)
	}
	a := reviewed()
	a.Changes[other].New = ""
	if _, mistakes := a.Decide(approve(map[int]string{other: "bob@a.example"}), free); len(mistakes) != 1 || !strings.Contains(mistakes[0].Problem, "nothing is to take the place") {
		t.Errorf("a removal: %v", mistakes)
	}
	a = reviewed()
	a.Scope.AcceptedDomains = nil
	if _, mistakes := a.Decide(approve(map[int]string{other: "bob@b.example"}), free); len(mistakes) != 1 || !strings.Contains(mistakes[0].Problem, "not an accepted domain") {
		t.Errorf("a domain that is not in use: %v", mistakes)
	}
}

// What is not approved is not judged, and not looked up.
func TestTyped(t *testing.T) {
	replies := approve(map[int]string{primary: "bob@a.example", follower: "bob@a.example", secondary: "no address", other: "rob@a.example"})
	replies[other].Decision = Rejected
	a := reviewed()
	var got []string
	for _, address := range a.Typed(replies) {
		got = append(got, address.Raw)
	}
	if want := []string{"SMTP:bob@a.example"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	replies[other].New = "no address"
	replies[secondary].Edited = false
	if _, mistakes := a.Decide(replies, free); len(mistakes) > 0 {
		t.Errorf("%v", mistakes)
	}
}
