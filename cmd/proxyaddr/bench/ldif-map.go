//go:build ignore

// The go-ldap/ldif programs: they make a map of all addresses, of the entries one
// by one or of the whole file, and print those that several entries have.
package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/go-ldap/ldif"
)

func main() {
	f, err := os.Open(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	owners := map[string][]string{}
	add := func(e *ldif.Entry) {
		for _, address := range e.Entry.GetAttributeValues("proxyAddresses") {
			key := strings.ToLower(address)
			owners[key] = append(owners[key], e.Entry.DN)
		}
	}
	var l ldif.LDIF
	switch os.Args[1] {
	case "Unmarshal":
		if err := ldif.Unmarshal(f, &l); err != nil {
			log.Fatal(err)
		}
		for _, e := range l.Entries {
			add(e)
		}
	case "UnmarshalEntries":
		for e, err := range ldif.UnmarshalEntries(f, &l) {
			if err != nil {
				log.Fatal(err)
			}
			add(e)
		}
	}
	for address, dns := range owners {
		if len(dns) > 1 {
			fmt.Println(address)
		}
	}
}
