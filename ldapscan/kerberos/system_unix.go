//go:build unix

package kerberos

import (
	"fmt"
	"os"
)

// systemProfile is the krb5.conf of the system.
const systemProfile = "/etc/krb5.conf"

// systemCCache returns the ticket cache of kinit.
func systemCCache() string { return fmt.Sprintf("FILE:/tmp/krb5cc_%d", os.Getuid()) }
