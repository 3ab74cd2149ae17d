package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/spf13/cobra"
)

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show which build of slmsam this is",
		Example: "  slmsam version\n  slmsam version --json",
		Args:    argCount(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := thisBuild()
			_, err := wgsl.Adapters()
			b.Backends = []string{cpu.New(0).Name()}
			if errors.Is(err, wgsl.ErrUnsupported) {
				b.NoGPU = err.Error()
			} else {
				b.Backends = append(b.Backends, "WebGPU (Vulkan, Metal or Direct3D 12)")
			}
			return newConsole(cmd).result(b, b.print)
		},
	}
}

// build describes how this program was built, as --json prints it.
type build struct {
	Version  string   `json:"version"` // of the module, such as v0.1.0; in a build from a checkout, derived from the commit
	Commit   string   `json:"commit"`
	Date     string   `json:"date"` // of the commit
	Modified bool     `json:"modified"`
	Go       string   `json:"go"`
	Platform string   `json:"platform"`
	Backends []string `json:"backends"` // devices that this build can compute on
	NoGPU    string   `json:"no_gpu,omitempty"`
}

// thisBuild returns what the Go tool recorded in the program.
func thisBuild() build {
	b := build{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "development"
	}
	return b
}

// time returns when the commit was made; the zero time if that is unknown.
func (b build) time() time.Time {
	t, err := time.Parse(time.RFC3339, b.Date)
	if err != nil {
		return time.Time{}
	}
	return t
}

// print prints the build as text.
func (b build) print(w io.Writer) {
	fmt.Fprintf(w, "slmsam %s\n", b.Version)
	if b.Commit != "" {
		fmt.Fprintf(w, "commit %s of %s", b.Commit, b.Date)
		if b.Modified {
			fmt.Fprint(w, ", with changes")
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "built with %s for %s\n", b.Go, b.Platform)
	for _, name := range b.Backends {
		fmt.Fprintln(w, "computes on: "+name)
	}
	if b.NoGPU != "" {
		fmt.Fprintln(w, "not on GPUs: "+b.NoGPU)
	}
}

// version describes the build in one line.
func version() string {
	b := thisBuild()
	changed := ""
	if b.Modified {
		changed = ", modified"
	}
	return b.Version + " (" + b.Platform + ", " + b.Go + changed + ")"
}
