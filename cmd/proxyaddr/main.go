// Proxyaddr finds the proxy addresses that more than one directory object claims. "proxyaddr
// help" lists its commands.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
