package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/spf13/cobra"
)

// allowSoftwareEnv makes --device gpu take an adapter that computes on the CPU.
const allowSoftwareEnv = "SLMSAM_ALLOW_SOFTWARE_GPU"

// deviceFlags choose what computes.
type deviceFlags struct {
	device  string
	adapter string
	threads int
}

func (f *deviceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.device, "device", "auto", "what computes: auto (a GPU if there is one, else the CPU), gpu, cpu,\n"+
		"or software (WebGPU on the CPU, for checks; also "+allowSoftwareEnv+"=1 with gpu)")
	cmd.Flags().StringVar(&f.adapter, "adapter", "", "take the GPU whose name contains this (see slmsam info)")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "CPU threads (default: all)")
}

// open returns the device and says which one it is.
func (f *deviceFlags) open(c *console) (backend.Device, error) {
	if f.threads < 0 {
		return nil, usagef("--threads %d: want 0 (all) or more", f.threads)
	}
	options := wgsl.Options{Tune: true, Adapter: f.adapter}
	switch f.device {
	case "cpu":
		return f.openCPU(c), nil
	case "software":
		options.AllowSoftware = true
	case "gpu":
		options.AllowSoftware = os.Getenv(allowSoftwareEnv) == "1"
	case "auto":
	default:
		return nil, usagef("--device %q: want auto, gpu, cpu or software", f.device)
	}
	dev, err := wgsl.Open(options)
	if err == nil {
		c.log.Info("device: " + dev.Name())
		return dev, nil
	}
	if f.device == "auto" && f.adapter == "" {
		c.log.Debug("no GPU", "reason", err)
		if !errors.Is(err, wgsl.ErrNoAdapter) && !errors.Is(err, wgsl.ErrUnsupported) {
			c.log.Warn("the GPU cannot be used", "reason", err)
		}
		return f.openCPU(c), nil
	}
	return nil, fmt.Errorf("--device %s: %w", f.device, err)
}

func (f *deviceFlags) openCPU(c *console) backend.Device {
	dev := cpu.New(f.threads)
	note := ""
	if f.device == "auto" {
		note = " (no usable GPU found)"
	}
	c.log.Info("device: " + dev.Name() + note)
	return dev
}
