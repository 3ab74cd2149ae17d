package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/spf13/cobra"
)

func newInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "info [FILE]",
		Short: "Show this machine's devices, or what is in a checkpoint or a volume",
		Example: `  slmsam info
  slmsam info scan.nii.gz
  slmsam info tiny --json`,
		Args: argCount(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c := newConsole(cmd)
			if len(args) == 0 {
				return machineInfo(c)
			}
			return fileInfo(c, args[0])
		},
	}
}

// adapterInfo is a GPU as --json prints it.
type adapterInfo struct {
	Name    string `json:"name"`
	Backend string `json:"backend"`
	Kind    string `json:"kind"`
	Driver  string `json:"driver"`
}

// machineInfo shows the version and the devices of this machine.
func machineInfo(c *console) error {
	found, err := wgsl.Adapters()
	why := ""
	if err != nil {
		why = err.Error()
	}
	adapters := []adapterInfo{}
	for _, a := range found {
		adapters = append(adapters, adapterInfo{a.Name, a.Backend, string(a.Kind), a.Driver})
	}
	cpuName := cpu.New(0).Name()
	result := map[string]any{"version": version(), "cpu": cpuName, "adapters": adapters}
	if why != "" {
		result["no_adapters"] = why
	}
	return c.result(result, func(w io.Writer) {
		fmt.Fprintf(w, "slmsam %s\n%s\n", version(), cpuName)
		for _, a := range adapters {
			fmt.Fprintf(w, "GPU: %s (%s, %s) %s\n", a.Name, a.Backend, a.Kind, a.Driver)
		}
		if len(adapters) == 0 {
			fmt.Fprintln(w, strings.TrimSuffix("GPU: none found: "+why, ": "))
		}
	})
}

// fileInfo shows a checkpoint or a volume, which it recognizes by the content.
func fileInfo(c *console, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		file, err := slmsam.FindWeights(path)
		if err != nil {
			return err
		}
		return checkpointInfo(c, file)
	}
	file, asWeights := checkpoint.Read(path)
	if asWeights == nil {
		return checkpointInfo(c, file)
	}
	v, asVolume := volume.Read(path)
	if asVolume == nil {
		return volumeInfo(c, v)
	}
	weightsName := slices.Contains([]string{".pt", ".pth", ".bin", ".safetensors"}, strings.ToLower(filepath.Ext(path)))
	if weightsName || errors.Is(asWeights, checkpoint.ErrUnsafe) {
		return asWeights
	}
	return asVolume
}
