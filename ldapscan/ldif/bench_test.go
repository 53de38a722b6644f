package ldif

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// export is what ldapsearch -LLL writes for n users.
func export(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `dn: CN=User %06[1]d,OU=Accounting,OU=Departments of the Headquarters,DC=corp,DC
 =contoso,DC=com
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
displayName:: SsO8cmdlbiBNw7xsbGVy
objectGUID:: 8Z2xq0oRkUmX6aN0bVqk3g==
mail: user%06[1]d@contoso.com
userPrincipalName: user%06[1]d@corp.contoso.com
proxyAddresses: SMTP:user%06[1]d@contoso.com
proxyAddresses: smtp:u%06[1]d@contoso.onmicrosoft.com
proxyAddresses: X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPD
 LT)/cn=Recipients/cn=user%06[1]d

`, i)
	}
	return b.Bytes()
}

func BenchmarkReader(b *testing.B) {
	data := export(20_000)
	for name, read := range map[string]func(*Reader) error{
		"record": func(r *Reader) error { _, err := r.Read(); return err },
		"view":   func(r *Reader) error { _, err := r.View(); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r := NewReader(bytes.NewReader(data))
				r.Select = func(name string) bool { return name == "proxyAddresses" || name == "objectGUID" }
				for {
					if err := read(r); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkWriter(b *testing.B) {
	rec, err := NewReader(bytes.NewReader(export(1))).Read()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(export(1))))
	b.ReportAllocs()
	w := NewWriter(io.Discard)
	for b.Loop() {
		if err := w.Write(rec); err != nil {
			b.Fatal(err)
		}
	}
}
