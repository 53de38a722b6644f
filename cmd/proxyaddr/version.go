package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"
)

const versionUsage = `Version prints the version of proxyaddr, the version of Go, the platform, the
commit that was built and the settings of the build. Whoever has the same
source and the same Go makes the same program with these settings.

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
	var settings []debug.BuildSetting
	if info, ok := debug.ReadBuildInfo(); ok {
		settings = info.Settings
	}
	_, err := fmt.Fprintf(c.stdout, "proxyaddr %s %s %s/%s\n%s", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, build(settings))
	if err != nil {
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

// build tells the commit and the settings of a build, one a line.
func build(settings []debug.BuildSetting) string {
	var text strings.Builder
	set := make(map[string]string)
	for _, s := range settings {
		set[s.Key] = s.Value
	}
	switch {
	case set["vcs.revision"] == "":
		text.WriteString("commit unknown\n")
	case set["vcs.modified"] == "true":
		fmt.Fprintf(&text, "commit %s %s, with changes\n", set["vcs.revision"], set["vcs.time"])
	default:
		fmt.Fprintf(&text, "commit %s %s\n", set["vcs.revision"], set["vcs.time"])
	}
	for _, s := range settings {
		platform := s.Key == "GOOS" || s.Key == "GOARCH" || s.Key == "-compiler"
		if s.Value != "" && !platform && !strings.HasPrefix(s.Key, "vcs") {
			fmt.Fprintf(&text, "setting %s=%s\n", s.Key, s.Value)
		}
	}
	return text.String()
}
