package main

import (
	"runtime"
	"runtime/debug"
)

// version is the module's version or, in a build from a checkout, its commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v, modified := info.Main.Version, ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && (v == "" || v == "(devel)"):
			v = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	if v == "" {
		v = "(devel)"
	}
	return v + " (" + runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version() + modified + ")"
}
