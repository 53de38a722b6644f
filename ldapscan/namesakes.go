package ldapscan

import (
	"context"
	"regexp"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// Namesakes asks for the names in batches, by the attributes that name objects,
// which Active Directory indexes.
func (d *Directory) Namesakes(ctx context.Context, dns []string, found func(*conflicts.Object)) error {
	return newNameLookup(dns, found).all(ctx, []*Directory{d})
}

// Namesakes asks every server for the partitions that are read from it.
func (f *Forest) Namesakes(ctx context.Context, dns []string, found func(*conflicts.Object)) error {
	return newNameLookup(dns, found).all(ctx, f.directories)
}

// Namesakes reads the file to its end. A file that is not LDIF is an [*Error].
func (x *Export) Namesakes(ctx context.Context, dns []string, found func(*conflicts.Object)) error {
	wanted := namesakes(dns)
	return x.find(ctx, func(v *conflicts.View) bool { return wanted(string(v.DN)) }, found)
}

// namesakes returns whether an object has one of the names, or one that it can have been before
// letters of it were lost.
func namesakes(dns []string) func(dn string) bool {
	keys := map[string]bool{}
	var lost []conflicts.LostName
	for _, dn := range dns {
		keys[conflicts.RDNKey(dn)] = true
		if name, ok := conflicts.NewLostName(dn); ok {
			lost = append(lost, name)
		}
	}
	return func(dn string) bool {
		return keys[conflicts.RDNKey(dn)] || slices.ContainsFunc(lost, func(name conflicts.LostName) bool { return name.MatchRDN(dn) })
	}
}

func newNameLookup(dns []string, found func(*conflicts.Object)) *lookup {
	wanted := namesakes(dns)
	return &lookup{
		filters: func(*Directory) (filters []string) {
			for batch := range slices.Chunk(dns, lookupBatch) {
				filter := ""
				for _, dn := range batch {
					filter += nameFilter(dn)
				}
				if filter != "" {
					filters = append(filters, "(|"+filter+")")
				}
			}
			return filters
		},
		wanted: func(o *conflicts.Object) bool { return wanted(o.DN) },
		found:  found,
		seen:   map[conflicts.Ref]bool{},
	}
}

// lostLetters are signs that stand for letters, in a value of a filter.
var lostLetters = regexp.MustCompile(`(?:\?|\\ef\\bf\\bd|\x{FFFD})+`)

// nameFilter finds the objects that have the relative distinguished name of dn, or had
// it: deleting appends a line feed and "DEL:" with the objectGUID to the value ([MS-ADTS]
// 3.1.1.5.5.1.1). Where letters of dn may be lost, it leaves them open. It is empty if dn is not a
// name.
func nameFilter(dn string) string {
	rdn := rdnOf(dn, 0)
	if rdn.Type == "" {
		return ""
	}
	value := ldap.EscapeFilter(rdn.Value)
	if _, lost := conflicts.NewLostName(dn); lost {
		value = lostLetters.ReplaceAllString(value, "*")
	}
	return "(" + rdn.Type + "=" + value + ")(" + rdn.Type + "=" + value + `\0aDEL:*)`
}
