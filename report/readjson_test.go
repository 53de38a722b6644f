package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// scanJSON returns the document of an audit.
func scanJSON(t *testing.T, a *conflicts.Audit) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := JSON(&out, a); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What has gone through scan.json gives the files of the audit itself.
func TestReadJSONGivesTheSameFiles(t *testing.T) {
	for name, audit := range audits {
		t.Run(name, func(t *testing.T) {
			a := audit()
			read, err := ReadJSON(bytes.NewReader(scanJSON(t, a)))
			if err != nil {
				t.Fatal(err)
			}
			read.Review = a.Review
			outputs := append(textOutputs(read), fileOutputs(read)...)
			for i, o := range append(textOutputs(a), fileOutputs(a)...) {
				var want, got bytes.Buffer
				if err := o.write(&want); err != nil {
					t.Fatal(err)
				}
				if err := outputs[i].write(&got); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.String(), got.String()); outputs[i].name != o.name || diff != "" {
					t.Errorf("%s (-audit +read):\n%s", o.name, diff)
				}
			}
		})
	}
}

func TestReadJSONRefuses(t *testing.T) {
	whole := string(scanJSON(t, normalAudit()))
	for says, change := range map[string][2]string{
		"unexpected EOF": {"\"New\"\n", ""},
		"schema version 3: this program reads versions up to 2":          {`"schema_version": 2`, `"schema_version": 3`},
		"schema version 0: this program reads":                           {`"schema_version": 2`, `"schema_version": 0`},
		`"schema_version" is missing before "conflicts"`:                 {`"schema_version": 2,`, ``},
		`unknown reason "whim"`:                                          {`"code":"mailbox"`, `"code":"whim"`},
		`unknown reason ""`:                                              {`"reasons":[`, `"reasons":[null, `},
		`"findings" is missing`:                                          {`"findings": [`, `"found": [`},
		`"version" twice`:                                                {`"version"`, `"version": "", "version"`},
		`C-AAAAAAAAAA: unknown class "twin"`:                             {`"class":"duplicate"`, `"class":"twin"`},
		`unknown kind of finding "odd"`:                                  {`"kind":"padded-value"`, `"kind":"odd"`},
		`unknown risk "none"`:                                            {`"risk":"high"`, `"risk":"none"`},
		`unknown attribute "member"`:                                     {`"attribute":"mail"`, `"attribute":"member"`},
		`a change of "userPrincipalName"`:                                {`"attribute":"mail","old"`, `"attribute":"userPrincipalName","old"`},
		`"0": not a GUID`:                                                {`DC=com","guid":"33221102`, `DC=com","guid":"0","was":"33221102`},
		`"C-B\nC": not the ID of a conflict`:                             {`"id":"C-BBBBBBBBBB"`, `"id":"C-B\nC"`},
		"C-BBBBBBBBBB: a second conflict over smtp:jane.doe@contoso.com": {`"address":"jd@contoso.com"`, `"address":"jane.doe@contoso.com"`},
		`unknown cause "fate"`:                                           {`"kind":"race"`, `"kind":"fate"`},
		`unknown certainty "certain"`:                                    {`"certainty":"possible"`, `"certainty":"certain"`},
		"which is no owner":                                              {`"conflict":"C-AAAAAAAAAA"`, `"conflict":"C-DDDDDDDDDX"`},
		"4 conflicts, 4 changes and 2 findings":                          {`"findings": 2`, `"findings": 3`},
		"complete is false, with 0 reasons":                              {`"complete": true`, `"complete": false`},
		"more than one document":                                         {"\n}\n", "\n}\n{}"},
		"cannot unmarshal string":                                        {`"primary":true`, `"primary":"yes"`},
	} {
		document := strings.Replace(whole, change[0], change[1], 1)
		if says == "unexpected EOF" {
			document = whole[:len(whole)/2]
		}
		if document == whole {
			t.Fatalf("%s: nothing to replace", says)
		}
		if _, err := ReadJSON(strings.NewReader(document)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

// A later version of the program may have added fields.
func TestReadJSONPassesOverFieldsThatItDoesNotKnow(t *testing.T) {
	whole := string(scanJSON(t, normalAudit()))
	more := strings.NewReplacer(`"schema_version": 2,`, `"schema_version": 2, "author": {"name": []},`, `"owners"`, `"weight": 3, "owners"`).Replace(whole)
	a, err := ReadJSON(strings.NewReader(more))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, string(scanJSON(t, a))); diff != "" {
		t.Errorf("(-written +read and written again):\n%s", diff)
	}
}

// A document that is accepted is the same when it is written and read again.
func FuzzReadJSON(f *testing.F) {
	for _, audit := range audits {
		var out bytes.Buffer
		if err := JSON(&out, audit()); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ReadJSON(bytes.NewReader(data))
		if err != nil {
			return
		}
		first := scanJSON(t, a)
		again, err := ReadJSON(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("%v in:\n%s", err, first)
		}
		if diff := cmp.Diff(string(first), string(scanJSON(t, again))); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
		for _, o := range fileOutputs(a)[2:] {
			_ = o.write(&bytes.Buffer{})
		}
	})
}
