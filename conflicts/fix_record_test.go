package conflicts

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// amend makes the fix record of an object: words are attribute, old and new value
// in turn; an empty value is none.
func amend(o *Object, words ...string) FixRecord {
	a := FixRecord{File: "fix.ldif", Line: 1, DN: o.DN, GUID: o.GUID}
	for i := 0; i < len(words); i += 3 {
		e := AttributeFix{Attribute: words[i]}
		if words[i+1] != "" {
			e.Delete = []string{words[i+1]}
		}
		if words[i+2] != "" {
			e.Add = []string{words[i+2]}
		}
		a.Attributes = append(a.Attributes, e)
	}
	return a
}

func TestVerifyNotesATargetAddressThatStays(t *testing.T) {
	for name, tc := range map[string]struct {
		now      *Object
		restores bool
		want     bool
	}{
		"ready":            {target(object(1, "X", "smtp:x@a.com"), "SMTP:X@a.com"), false, true},
		"applied":          {target(object(1, "X", "smtp:x2@a.com"), "x@a.com"), false, true},
		"stale":            {target(object(1, "X", "smtp:z@a.com"), "SMTP:x@a.com"), false, false},
		"elsewhere":        {target(object(1, "X", "smtp:x@a.com"), "SMTP:y@a.com"), false, false},
		"no targetAddress": {object(1, "X", "smtp:x@a.com"), false, false},
		"taken back":       {target(object(1, "X", "smtp:x@a.com"), "SMTP:x@a.com"), true, false},
	} {
		record := amend(tc.now, ProxyAddresses.String(), "smtp:x@a.com", "smtp:x2@a.com")
		record.Restores = tc.restores
		v := Verify([]FixRecord{record}, Snapshot{Objects: []*Object{tc.now}})[0]
		noted := slices.ContainsFunc(v.Notes, func(s string) bool { return strings.HasPrefix(s, "targetAddress still is "+tc.now.TargetAddress) })
		if noted != tc.want {
			t.Errorf("%s: %s, %q", name, v.Status, v.Notes)
		}
	}
}

func TestFixRecordState(t *testing.T) {
	p, m := ProxyAddresses.String(), Mail.String()
	x := func(addresses ...string) *Object { return object(1, "X", addresses...) }
	moved := x("SMTP:x@a.com")
	moved.DN = "CN=X,OU=Elsewhere,DC=a,DC=com"
	written := x("SMTP:x@a.com")
	written.DN = "cn=x, ou=staff, dc=a, dc=com"
	gone := x("SMTP:x@a.com")
	gone.Deleted = true
	for name, tc := range map[string]struct {
		now    *Object
		edits  []string
		status FixStatus
		says   string
	}{
		"ready":                           {x("SMTP:x@a.com", "smtp:y@a.com"), []string{p, "SMTP:x@a.com", "SMTP:x2@a.com"}, Ready, ""},
		"ready, with mail":                {mail(x("SMTP:x@a.com"), "x@a.com"), []string{p, "SMTP:x@a.com", "SMTP:x2@a.com", m, "x@a.com", "x2@a.com"}, Ready, ""},
		"ready, removal":                  {x("SMTP:x@a.com", "smtp:y@a.com"), []string{p, "smtp:y@a.com", ""}, Ready, ""},
		"ready, removal taken back":       {x("SMTP:x@a.com"), []string{p, "", "smtp:y@a.com"}, Ready, ""},
		"ready, secondary made primary":   {x("smtp:x@a.com"), []string{p, "smtp:x@a.com", "SMTP:x@a.com"}, Ready, ""},
		"ready, name written differently": {written, []string{p, "SMTP:x@a.com", "SMTP:x2@a.com"}, Ready, ""},
		"ready, no primary before":        {x("smtp:x@a.com"), []string{p, "smtp:x@a.com", "smtp:x2@a.com"}, Ready, ""},
		"ready, the same without a type":  {x("SMTP:x2@a.com", "x@a.com"), []string{p, "SMTP:x2@a.com", "SMTP:x@a.com"}, Ready, ""},
		"applied":                         {mail(x("SMTP:x2@a.com"), "x2@a.com"), []string{p, "SMTP:x@a.com", "SMTP:x2@a.com", m, "x@a.com", "x2@a.com"}, Applied, ""},
		"applied, removal":                {x("SMTP:x@a.com"), []string{p, "smtp:y@a.com", ""}, Applied, ""},
		"applied, made primary":           {x("SMTP:x@a.com"), []string{p, "smtp:x@a.com", "SMTP:x@a.com"}, Applied, ""},
		"missing":                         {nil, []string{p, "SMTP:x@a.com", "SMTP:x2@a.com"}, Stale, "no object has its objectGUID any more, or the account does not see it"},
		"deleted":                         {gone, []string{p, "SMTP:x@a.com", "SMTP:x2@a.com"}, Stale, "the object was deleted"},
		"moved":                           {moved, []string{p, "SMTP:x@a.com", "SMTP:x2@a.com"}, Stale, "the object was renamed or moved to CN=X,OU=Elsewhere,DC=a,DC=com"},
		"old value gone":                  {x("SMTP:other@a.com"), []string{p, "SMTP:x@a.com", "SMTP:x2@a.com"}, Stale, "SMTP:x@a.com is no longer there"},
		"old value in other letters":      {x("SMTP:X@a.com"), []string{p, "SMTP:x@a.com", "SMTP:x2@a.com"}, Stale, "SMTP:x@a.com is stored as SMTP:X@a.com"},
		"old value no longer primary":     {x("smtp:x@a.com"), []string{p, "SMTP:x@a.com", ""}, Stale, "SMTP:x@a.com is stored as smtp:x@a.com"},
		"old value with a space":          {x("SMTP:x@a.com "), []string{p, "SMTP:x@a.com", "SMTP:x2@a.com"}, Stale, "SMTP:x@a.com is no longer there"},
		"both values":                     {x("SMTP:x@a.com", "smtp:x2@a.com"), []string{p, "SMTP:x@a.com", "smtp:x2@a.com"}, Stale, "smtp:x2@a.com is there already"},
		"new value in other letters":      {x("SMTP:x@a.com", "smtp:José@a.com"), []string{p, "SMTP:x@a.com", "SMTP:jose@a.com"}, Stale, "SMTP:jose@a.com is there already, as smtp:José@a.com"},
		"half applied":                    {mail(x("SMTP:x2@a.com"), "x@a.com"), []string{p, "SMTP:x@a.com", "SMTP:x2@a.com", m, "x@a.com", "x2@a.com"}, Stale, "proxyAddresses has changed already"},
		"mail changed":                    {mail(x("SMTP:x@a.com"), "z@a.com"), []string{p, "SMTP:x@a.com", "SMTP:x2@a.com", m, "x@a.com", "x2@a.com"}, Stale, "x@a.com is no longer there"},
		"mail gone":                       {x("SMTP:x@a.com"), []string{m, "x@a.com", "x2@a.com"}, Stale, "x@a.com is no longer there"},
		"no primary left":                 {x("SMTP:x@a.com", "smtp:y@a.com"), []string{p, "SMTP:x@a.com", "smtp:x2@a.com"}, Stale, "it would leave 0 primary SMTP addresses"},
		"two primaries":                   {x("SMTP:x@a.com", "smtp:y@a.com"), []string{p, "smtp:y@a.com", "SMTP:y2@a.com"}, Stale, "it would leave 2 primary SMTP addresses"},
	} {
		a := amend(object(1, "X"), tc.edits...)
		status, reasons := a.Status(tc.now)
		if status != tc.status || strings.Join(reasons, "; ") != tc.says {
			t.Errorf("%s: %s, %q", name, status, reasons)
		}
	}
}

// What takes a fix record back can be applied once the fix record is, and is taken
// back by it.
func TestFixRecordInverse(t *testing.T) {
	before := mail(object(1, "X", "SMTP:x@a.com", "smtp:y@a.com", "smtp:z@a.com"), "x@a.com")
	after := mail(object(1, "X", "SMTP:x2@a.com", "smtp:z@a.com"), "x2@a.com")
	a := amend(before, ProxyAddresses.String(), "SMTP:x@a.com", "SMTP:x2@a.com", Mail.String(), "x@a.com", "x2@a.com")
	a.Attributes[0].Delete = append(a.Attributes[0].Delete, "smtp:y@a.com")
	back := a.Inverse()
	if status, why := back.Status(after); status != Ready || !back.Restores {
		t.Errorf("after: %s %q", status, why)
	}
	if status, why := back.Status(before); status != Applied {
		t.Errorf("before: %s %q", status, why)
	}
	if again := back.Inverse(); !reflect.DeepEqual(again, a) {
		t.Errorf("%+v", again)
	}
}

func TestVerify(t *testing.T) {
	x, y, z := object(1, "X", "SMTP:x@a.com"), object(2, "Y", "SMTP:y@a.com"), object(3, "Z", "SMTP:z@a.com")
	nameless := object(0, "Nameless", "SMTP:n@a.com")
	nameless.GUID = GUID{}
	fix := func(o *Object, old, new string) FixRecord { return amend(o, ProxyAddresses.String(), old, new) }
	restore := fix(x, "SMTP:x@a.com", "SMTP:taken@a.com")
	restore.Restores = true
	restoreToo := fix(y, "SMTP:y@a.com", "SMTP:taken@a.com")
	restoreToo.Restores = true
	atLine := func(n int, a FixRecord) FixRecord { a.Line = n; return a }
	owner := object(9, "Holder", "smtp:taken@a.com")
	deleted := object(8, "Gone", "SMTP:taken@a.com")
	deleted.Deleted = true
	forwarder := object(7, "Forwarder")
	forwarder.TargetAddress = "SMTP:free@a.com"
	remote := object(1, "X", "SMTP:x@a.com")
	remote.TargetAddress = "SMTP:free@a.com"
	logon := upn(object(6, "Logon"), "free@a.com")
	reader, writer := object(1, "X", "SMTP:x@a.com"), object(1, "X", "SMTP:x@a.com")
	reader.Rights, writer.Rights = &Rights{[]string{Mail.String()}}, &Rights{[]string{Mail.String(), ProxyAddresses.String()}}
	guarded := mail(object(1, "X", "SMTP:x@a.com"), "x@a.com")
	guarded.Rights = &Rights{}
	moved := object(1, "X", "SMTP:free@a.com")
	moved.DN = "CN=X,DC=a,DC=com"
	for name, tc := range map[string]struct {
		records []FixRecord
		now     Snapshot
		want    []string // status, reasons and notes of each
	}{
		"free":                  {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{x}}, []string{"ready"}},
		"by name":               {[]FixRecord{fix(nameless, "SMTP:n@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{nameless}}, []string{"ready"}},
		"taken":                 {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:Taken@a.com")}, Snapshot{Objects: []*Object{x}, Owners: NewOwnersByAddress([]*Object{owner})}, []string{"stale SMTP:Taken@a.com is taken by CN=Holder,OU=Staff,DC=a,DC=com (proxyAddresses: smtp:taken@a.com)"}},
		"taken by a logon name": {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{x}, Owners: NewOwnersByAddress([]*Object{logon})}, []string{"stale SMTP:free@a.com is taken by CN=Logon,OU=Staff,DC=a,DC=com (userPrincipalName: free@a.com)"}},
		"taken by deleted":      {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:taken@a.com")}, Snapshot{Objects: []*Object{x}, Owners: NewOwnersByAddress([]*Object{deleted})}, []string{"stale SMTP:taken@a.com is taken by the deleted object CN=Gone,OU=Staff,DC=a,DC=com"}},
		"taken by a target":     {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{x}, Owners: NewOwnersByAddress([]*Object{forwarder})}, []string{"stale SMTP:free@a.com is taken by CN=Forwarder,OU=Staff,DC=a,DC=com (targetAddress: SMTP:free@a.com)"}},
		"its own target":        {[]FixRecord{fix(remote, "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{remote}, Owners: NewOwnersByAddress([]*Object{remote})}, []string{"ready"}},
		"its own logon name":    {[]FixRecord{fix(upn(object(1, "X", "SMTP:x@a.com"), "free@a.com"), "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{x}, Owners: NewOwnersByAddress([]*Object{upn(object(1, "X", "SMTP:x@a.com"), "free@a.com")})}, []string{"ready"}},
		"rollback":              {[]FixRecord{restore}, Snapshot{Objects: []*Object{x}, Owners: NewOwnersByAddress([]*Object{owner})}, []string{"ready; CN=Holder,OU=Staff,DC=a,DC=com has SMTP:taken@a.com as well"}},
		"rollback of three":     {[]FixRecord{atLine(1, restore), atLine(2, restoreToo)}, Snapshot{Objects: []*Object{x, y}}, []string{"ready", "ready"}},
		"applied, and moved":    {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{moved}, Owners: NewOwnersByAddress([]*Object{logon, moved})}, []string{"applied; the object was renamed or moved to CN=X,DC=a,DC=com; SMTP:free@a.com is taken by CN=Logon,OU=Staff,DC=a,DC=com (userPrincipalName: free@a.com)"}},
		"not permitted":         {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{reader}}, []string{"denied this account cannot write proxyAddresses"}},
		"not permitted at all":  {[]FixRecord{amend(mail(object(1, "X", "SMTP:x@a.com"), "x@a.com"), ProxyAddresses.String(), "SMTP:x@a.com", "SMTP:free@a.com", Mail.String(), "x@a.com", "free@a.com")}, Snapshot{Objects: []*Object{guarded}}, []string{"denied this account cannot write proxyAddresses and mail"}},
		"stale, not permitted": {[]FixRecord{fix(x, "SMTP:old@a.com", "SMTP:free@a.com"), fix(x, "SMTP:x@a.com", "SMTP:taken@a.com")}, Snapshot{Objects: []*Object{reader}, Owners: NewOwnersByAddress([]*Object{owner})},
			[]string{"stale SMTP:old@a.com is no longer there; line 1 of fix.ldif changes the object too; this account cannot write proxyAddresses",
				"stale line 1 of fix.ldif changes the object too; SMTP:taken@a.com is taken by CN=Holder,OU=Staff,DC=a,DC=com (proxyAddresses: smtp:taken@a.com); this account cannot write proxyAddresses"}},
		"part read, denied":     {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{reader}, Incomplete: true}, []string{"denied this account cannot write proxyAddresses"}},
		"applied, not writable": {[]FixRecord{fix(x, "SMTP:old@a.com", "SMTP:x@a.com")}, Snapshot{Objects: []*Object{reader}}, []string{"applied"}},
		"permitted":             {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Objects: []*Object{writer}}, []string{"ready"}},
		"same new address": {[]FixRecord{atLine(1, fix(x, "SMTP:x@a.com", "SMTP:free@a.com")), atLine(9, fix(y, "SMTP:y@a.com", "smtp:frée@a.com")), atLine(20, fix(z, "SMTP:z@a.com", "SMTP:other@a.com"))}, Snapshot{Objects: []*Object{x, y, z}},
			[]string{"stale line 9 of fix.ldif adds SMTP:free@a.com too", "stale it would leave 0 primary SMTP addresses; line 1 of fix.ldif adds smtp:frée@a.com too", "ready"}},
		"same object": {[]FixRecord{atLine(1, fix(x, "SMTP:x@a.com", "SMTP:a@a.com")), atLine(9, fix(&Object{Entry: Entry{DN: x.DN}}, "SMTP:x@a.com", "SMTP:b@a.com"))}, Snapshot{Objects: []*Object{x}},
			[]string{"stale line 9 of fix.ldif changes the object too", "stale line 1 of fix.ldif changes the object too"}},
		"nothing read": {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:free@a.com")}, Snapshot{Incomplete: true}, []string{"unknown not everything could be read"}},
		"part read": {[]FixRecord{fix(x, "SMTP:x@a.com", "SMTP:free@a.com"), fix(y, "SMTP:gone@a.com", "SMTP:other@a.com"), fix(z, "SMTP:old@a.com", "SMTP:z@a.com")}, Snapshot{Objects: []*Object{x, y, z}, Incomplete: true},
			[]string{"unknown not everything could be read, so a new address may be taken", "stale SMTP:gone@a.com is no longer there", "applied"}},
	} {
		var got []string
		for _, v := range Verify(tc.records, tc.now) {
			line := strings.TrimSpace(string(v.Status) + " " + strings.Join(v.Reasons, "; "))
			got = append(got, strings.Join(append([]string{line}, v.Notes...), "; "))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
		}
	}
}
