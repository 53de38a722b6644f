package conflicts_test

import (
	"fmt"

	"proxyaddr/conflicts"
)

func ExampleJudge() {
	mailbox := &conflicts.Object{
		Entry: conflicts.Entry{
			DN:             "CN=Bob Keane,OU=Sales,DC=contoso,DC=test",
			ProxyAddresses: []string{"SMTP:bob@contoso.test"},
		},
		Class: "user", Mailbox: true,
	}
	contact := &conflicts.Object{
		Entry: conflicts.Entry{
			DN:             "CN=Bob,OU=Partners,DC=contoso,DC=test",
			ProxyAddresses: []string{"SMTP:bob.keane@contoso.test", "smtp:Bob@contoso.test"},
		},
		Class: "contact",
	}
	j := conflicts.Judge([]*conflicts.Object{contact, mailbox}, conflicts.Options{
		// What a scan of the whole forest knows to be in use.
		Taken: func(a conflicts.Address) bool { return a.Key() == "smtp:bob2@contoso.test" },
	})
	found, changes := j.Conflicts, j.Changes

	for _, c := range found {
		fmt.Printf("%s of %s\n", c.Class, c.Key)
		fmt.Printf("keeper: %s, who %s\n", c.Keeper().Name(), c.Reason())
	}
	for _, c := range changes {
		fmt.Printf("%s: %s becomes %s\n", c.Object.Name(), c.Old, c.New)
	}
	// Output:
	// duplicate of smtp:bob@contoso.test
	// keeper: Bob Keane, who holds it as its primary address
	// Bob: smtp:Bob@contoso.test becomes smtp:Bob3@contoso.test
}
