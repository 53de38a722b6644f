package conflicts

import (
	"fmt"
	"slices"
	"strings"
)

// A Verdict says whether a fix record can be applied.
type Verdict struct {
	Record *FixRecord
	// Object is as it is now, nil if it was not found.
	Object *Object
	Status FixStatus
	// Reasons say why the fix record is stale or denied or its status unknown, each in
	// a clause.
	Reasons []string
	// Notes are facts that do not stand against it.
	Notes []string
}

// Snapshot is the part of a directory that fix records are compared with.
type Snapshot struct {
	// Objects are the objects that the fix records name, as far as they were found.
	Objects []*Object
	// Owners are all that hold one of the addresses that the fix records add.
	Owners OwnersByAddress
	// Incomplete says that more objects, or more owners, may be there.
	Incomplete bool
}

// Verify compares each fix record with the directory as it is now, and with the
// other fix records.
func Verify(records []FixRecord, now Snapshot) []Verdict {
	objects := map[Ref]*Object{}
	for _, o := range now.Objects {
		objects[o.Ref()] = o
		objects[NameRef(o.DN)] = o
	}
	verdicts := make([]Verdict, len(records))
	changing := map[Ref][]*FixRecord{}
	adding := map[Key][]*FixRecord{}
	for i := range records {
		a := &records[i]
		ref := NameRef(a.DN)
		o := objects[ref]
		if a.GUID != (GUID{}) {
			ref = a.Ref()
			if o == nil || o.GUID != (GUID{}) { // an export may lack them
				o = objects[ref]
			}
		}
		if o != nil {
			ref = o.Ref()
		}
		verdicts[i] = Verdict{Record: a, Object: o}
		changing[ref] = append(changing[ref], a)
		for k := range NewAddressSet(a.Added()...) {
			adding[k] = append(adding[k], a)
		}
	}
	for i := range verdicts {
		v := &verdicts[i]
		v.Status, v.Reasons = v.Record.Status(v.Object)
		switch {
		case v.Object == nil && now.Incomplete:
			v.Status, v.Reasons = Unknown, []string{"not everything could be read"}
		case v.Object == nil, v.Object.Deleted:
		default:
			if v.Status == Applied && DNKey(v.Record.DN) != DNKey(v.Object.DN) {
				v.say("the object was renamed or moved to %s", v.Object.DN)
			}
			v.alone(changing[v.Object.Ref()], adding)
			v.free(now.Owners)
			v.forwarding()
		}
		denied := v.denied()
		switch {
		case v.Status == Ready && len(v.Reasons) > 0:
			v.Status = Stale
		case v.Status == Ready && denied != "":
			v.Status = Denied
		case v.Status == Ready && now.Incomplete:
			v.Status, v.Reasons = Unknown, []string{"not everything could be read, so a new address may be taken"}
		}
		if denied != "" {
			v.Reasons = append(v.Reasons, denied)
		}
	}
	return verdicts
}

// say adds what stands against the fix record, or, where it is applied, what is to
// be known.
func (v *Verdict) say(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); v.Status == Applied {
		v.Notes = append(v.Notes, text)
	} else {
		v.Reasons = append(v.Reasons, text)
	}
}

// denied says which attributes the account cannot write, though they are to change;
// "" if there are none, or the directory does not tell.
func (v *Verdict) denied() string {
	if v.Status == Applied || v.Object == nil || v.Object.Rights == nil {
		return ""
	}
	var guarded []string
	for _, e := range v.Record.Attributes {
		if !slices.Contains(v.Object.Rights.Writable, e.Attribute) {
			guarded = append(guarded, e.Attribute)
		}
	}
	if len(guarded) == 0 {
		return ""
	}
	return "this account cannot write " + strings.Join(guarded, " and ")
}

// alone finds other fix records that change the same object, or add the same
// address; those that restore a conflict do.
func (v *Verdict) alone(changing []*FixRecord, adding map[Key][]*FixRecord) {
	for _, other := range changing {
		if other != v.Record {
			v.say("line %d of %s changes the object too", other.Line, other.File)
		}
	}
	if v.Record.Restores {
		return
	}
	for _, a := range v.Record.Added() {
		told := slices.Clone(changing)
		for _, k := range []Key{a.Key(), a.LooseKey()} {
			for _, other := range adding[k] {
				if !slices.Contains(told, other) {
					told = append(told, other)
					v.say("line %d of %s adds %s too", other.Line, other.File, a.Raw)
				}
			}
		}
	}
}

// forwarding notes that mail for the object still goes to an address that it gives up.
func (v *Verdict) forwarding() {
	if v.Status != Ready && v.Status != Applied || v.Record.Restores {
		return
	}
	for _, e := range v.Record.Attributes {
		forwards := func(old string) bool { return v.Object.forwardsTo(ParseAddress(old)) }
		if e.Attribute == ProxyAddresses.String() && slices.ContainsFunc(e.Delete, forwards) {
			v.Notes = append(v.Notes, fmt.Sprintf("targetAddress still is %s: mail for the object goes to whoever has that address", v.Object.TargetAddress))
		}
	}
}

// free finds out who else has the new addresses.
func (v *Verdict) free(owners OwnersByAddress) {
	for _, a := range v.Record.Added() {
		var others []string
		for _, owner := range owners.Of(a) {
			switch c := owner.Claims[0]; {
			case owner.Ref() == v.Object.Ref():
			case v.Record.Restores:
				v.Notes = append(v.Notes, fmt.Sprintf("%s has %s as well", owner.DN, a.Raw))
			case owner.Deleted:
				others = append(others, "the deleted object "+owner.DN)
			default:
				others = append(others, fmt.Sprintf("%s (%s: %s)", owner.DN, c.Attribute, c.Value))
			}
		}
		if len(others) > 0 {
			v.say("%s is taken by %s", a.Raw, strings.Join(others, " and "))
		}
	}
}
