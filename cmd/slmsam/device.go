package main

import (
	"os"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/spf13/pflag"
)

// allowSoftwareEnv makes --device gpu take an adapter that computes on the CPU.
const allowSoftwareEnv = "SLMSAM_ALLOW_SOFTWARE_GPU"

// deviceFlags choose what computes.
type deviceFlags struct{ slmsam.DeviceOptions }

func (f *deviceFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.Kind, "device", "auto", "what computes: auto (a GPU if there is one, else the CPU), gpu, cpu, or software (WebGPU on the CPU, "+
		"for checks; also "+allowSoftwareEnv+"=1 with gpu)")
	flags.StringVar(&f.Adapter, "adapter", "", "take the GPU whose name contains this (see slmsam info)")
	flags.IntVar(&f.Threads, "threads", 0, "CPU threads (default: all)")
}

// open returns the device and says which one it is, and why.
func (f *deviceFlags) open(c *console) (backend.Device, error) {
	if f.Threads < 0 {
		return nil, usagef("--threads %d: want 0 (all) or more", f.Threads)
	}
	switch f.Kind {
	case "auto", "gpu", "cpu", "software":
	default:
		return nil, usagef("--device %q: want auto, gpu, cpu or software", f.Kind)
	}
	f.AllowSoftware = os.Getenv(allowSoftwareEnv) == "1"
	dev, why, err := slmsam.OpenDevice(f.DeviceOptions)
	if err != nil {
		return nil, err
	}
	if why != "" {
		why = " (" + why + ")"
	}
	c.log.Info("device: " + dev.Name() + why)
	return dev, nil
}
