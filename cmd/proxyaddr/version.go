package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/pflag"
)

const versionUsage = `Version prints the version of proxyaddr, of Go and of the platform.

USAGE
  proxyaddr version

EXAMPLE
  proxyaddr version
`

type versionOptions struct{}

func (*versionOptions) addFlags(*pflag.FlagSet) {}

func (*versionOptions) check(_ *console, _ *pflag.FlagSet, args []string) error {
	return noArguments(args)
}

func (*versionOptions) run(_ context.Context, c *console) (int, error) {
	if _, err := fmt.Fprintf(c.stdout, "proxyaddr %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH); err != nil {
		return 0, unprinted(err)
	}
	return exitClean, nil
}

// version returns the module's version, which the Go command takes from the
// tag or commit that was built.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
