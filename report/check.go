package report

import (
	"fmt"
	"io"

	"proxyaddr/conflicts"
)

// CheckTable writes for the eyes of people which addresses are free, and who has
// the others.
func CheckTable(w io.Writer, list []conflicts.Availability, opts TableOptions) error {
	t := newTable(w, opts)
	for i := range list {
		a := &list[i]
		t.line("", a.Address.Raw+"  "+a.Status(), bold)
		for _, o := range a.Owners {
			t.object(fmt.Sprintf("  %-8s", ownerRole(&o)), o.Object)
			for _, claim := range o.Claims {
				t.claim(claim, nil)
			}
		}
		if a.Next.Raw != "" {
			t.line("  ", "next free: "+a.Next.Raw, plain)
		}
		if a.Status() == "unknown" {
			t.paragraph("! ", "no owner was found, but not everything could be read", alarm)
		}
	}
	return t.out.Flush()
}

// ownerRole says in a word what an object is to an address that it holds.
func ownerRole(o *conflicts.Owner) string {
	switch {
	case o.Deleted:
		return "deleted"
	case o.Forwards():
		return "forward"
	}
	return "owner"
}

type checkJSON struct {
	jsonRecord
	Kind              documentKind    `json:"kind"`
	SchemaVersion     int             `json:"schema_version"`
	Complete          bool            `json:"complete"`
	IncompleteReasons []text          `json:"incomplete_reasons"`
	Notes             []text          `json:"notes"`
	Counts            checkCountsJSON `json:"counts"`
}

type checkCountsJSON struct {
	Addresses int `json:"addresses"`
	Taken     int `json:"taken"`
}

type availabilityJSON struct {
	jsonRecord
	Address text               `json:"address"`
	State   string             `json:"state"`
	Owners  []addressOwnerJSON `json:"owners"`
	Next    text               `json:"next"`
	Base64  map[string][]byte  `json:"base64,omitempty"`
}

type addressOwnerJSON struct {
	DN     text              `json:"dn"`
	GUID   string            `json:"guid"`
	Name   text              `json:"name"`
	Kind   text              `json:"kind"`
	Role   string            `json:"role"`
	Claims []claimJSON       `json:"claims"`
	Base64 map[string][]byte `json:"base64,omitempty"`
}

// CheckJSON writes the same as one document, in the manner of [JSON]. problem is
// why not everything could be read, or empty; notes are what could not be seen.
func CheckJSON(w io.Writer, list []conflicts.Availability, problem string, notes []string) error {
	return writeJSON(w, newCheckJSON(list, problem, notes), checkLists(list))
}

// CheckJSONL writes the same as one JSON object a line, in the manner of [JSONL].
func CheckJSONL(w io.Writer, list []conflicts.Availability, problem string, notes []string) error {
	return writeJSONL(w, string(checkDocument), newCheckJSON(list, problem, notes), checkLists(list))
}

func checkLists(list []conflicts.Availability) []jsonList {
	return []jsonList{listOf("addresses", "address", list, newAvailabilityJSON)}
}

func newCheckJSON(list []conflicts.Availability, problem string, notes []string) *checkJSON {
	j := &checkJSON{Kind: checkDocument, SchemaVersion: schemaVersion, Complete: problem == "", IncompleteReasons: reasons(problem), Notes: texts(notes),
		Counts: checkCountsJSON{Addresses: len(list)}}
	for i := range list {
		if list[i].Taken() {
			j.Counts.Taken++
		}
	}
	return j
}

func newAvailabilityJSON(a *conflicts.Availability) *availabilityJSON {
	return &availabilityJSON{Address: newText(a.Address.Raw), State: a.Status(), Owners: newAddressOwnersJSON(a.Owners), Next: newText(a.Next.Raw),
		Base64: exact("address", a.Address.Raw)}
}

func newAddressOwnersJSON(owners []conflicts.Owner) []addressOwnerJSON {
	list := make([]addressOwnerJSON, len(owners))
	for i, o := range owners {
		list[i] = addressOwnerJSON{DN: newText(o.DN), GUID: o.GUID.String(), Name: newText(o.Name()), Kind: newText(o.Kind()), Role: ownerRole(&o),
			Base64: exact("dn", o.DN, "name", o.Name())}
		for _, c := range o.Claims {
			list[i].Claims = append(list[i].Claims, newClaimJSON(c))
		}
	}
	return list
}
