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

func newVersion(c *console) (*pflag.FlagSet, func(context.Context, []string) (int, error)) {
	return pflag.NewFlagSet("version", pflag.ContinueOnError), func(_ context.Context, args []string) (int, error) {
		if len(args) > 0 {
			return 0, &usageError{problem: fmt.Sprintf("unexpected argument %q", args[0])}
		}
		_, err := fmt.Fprintf(c.stdout, "proxyaddr %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return exitClean, err
	}
}

// version returns the module's version, which the Go command takes from the
// tag or commit that was built.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
