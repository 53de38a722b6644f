package main

import (
	"runtime/debug"
	"testing"
)

func TestBuildNamesCommitAndSettings(t *testing.T) {
	released := []debug.BuildSetting{
		{Key: "-buildmode", Value: "exe"},
		{Key: "-compiler", Value: "gc"},
		{Key: "-trimpath", Value: "true"},
		{Key: "CGO_CFLAGS", Value: ""},
		{Key: "CGO_ENABLED", Value: "0"},
		{Key: "GOARCH", Value: "amd64"},
		{Key: "GOOS", Value: "windows"},
		{Key: "GOAMD64", Value: "v1"},
		{Key: "vcs", Value: "git"},
		{Key: "vcs.revision", Value: "4f2cd1"},
		{Key: "vcs.time", Value: "2026-11-28T14:03:02Z"},
		{Key: "vcs.modified", Value: "false"},
	}
	const settings = "setting -buildmode=exe\nsetting -trimpath=true\nsetting CGO_ENABLED=0\nsetting GOAMD64=v1\n"
	changed := append(released[:len(released)-1:len(released)-1], debug.BuildSetting{Key: "vcs.modified", Value: "true"})
	for _, tt := range []struct {
		name     string
		settings []debug.BuildSetting
		want     string
	}{
		{"of a commit", released, "commit 4f2cd1 2026-11-28T14:03:02Z\n" + settings},
		{"of a changed checkout", changed, "commit 4f2cd1 2026-11-28T14:03:02Z, with changes\n" + settings},
		{"outside of a checkout", released[:8], "commit unknown\n" + settings},
		{"without build information", nil, "commit unknown\n"},
	} {
		if got := build(tt.settings); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
