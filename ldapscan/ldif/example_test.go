package ldif_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"proxyaddr/ldapscan/ldif"
)

func ExampleReader() {
	r := ldif.NewReader(strings.NewReader(`version: 1

dn: CN=Anna Ruiz,DC=contoso,DC=test
objectClass: contact
proxyAddresses: SMTP:anna@contoso.test

dn: CN=Jos` + "\u00e9" + `,DC=contoso,DC=test
objectClass: contact
displayName:: Sm9zw6k=
`))
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("line %d: %s\n", rec.Line, rec.DN)
		for _, a := range rec.Attributes {
			fmt.Printf("  %s = %s\n", a.Name, a.Value)
		}
	}
	// Output:
	// line 3: CN=Anna Ruiz,DC=contoso,DC=test
	//   objectClass = contact
	//   proxyAddresses = SMTP:anna@contoso.test
	// line 7: CN=José,DC=contoso,DC=test
	//   objectClass = contact
	//   displayName = José
}

// An export that was cut off is an error, not a shorter export.
func ExampleReader_cutOff() {
	r := ldif.NewReader(strings.NewReader("dn: CN=Anna Ruiz,DC=contoso,DC=test\nproxyAddresses: SMTP:anna@contos"))
	_, err := r.Read()

	var wrong *ldif.ParseError
	fmt.Println(errors.As(err, &wrong), wrong.Line)
	fmt.Println(errors.Is(err, ldif.ErrCutOff))
	// Output:
	// true 2
	// true
}

// A modification that deletes the exact old value is refused where it is out of date.
func ExampleWriter() {
	w := ldif.NewWriter(os.Stdout)
	err := w.Write(&ldif.Record{
		Comments: []string{"Anna Ruiz, contact"},
		DN:       "CN=Anna Ruiz,DC=contoso,DC=test",
		Change:   ldif.ChangeModify,
		Mods: []ldif.Mod{
			{Op: ldif.Delete, Name: "proxyAddresses", Values: [][]byte{[]byte("smtp:sales@contoso.test ")}},
			{Op: ldif.Add, Name: "proxyAddresses", Values: [][]byte{[]byte("smtp:sales2@contoso.test")}},
		},
	})
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// version: 1
	//
	// # Anna Ruiz, contact
	// dn: CN=Anna Ruiz,DC=contoso,DC=test
	// changetype: modify
	// delete: proxyAddresses
	// proxyAddresses:: c210cDpzYWxlc0Bjb250b3NvLnRlc3Qg
	// -
	// add: proxyAddresses
	// proxyAddresses: smtp:sales2@contoso.test
	// -
}
