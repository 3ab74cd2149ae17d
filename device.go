package slmsam

import (
	"errors"
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/wgsl"
)

// DeviceOptions choose what computes. The zero value takes a GPU if there is a usable one, else the CPU.
type DeviceOptions struct {
	Kind    string // "auto" (also ""), "gpu", "cpu", or "software": WebGPU on the CPU, for checks
	Adapter string // take the GPU whose name contains this
	Threads int    // of the CPU; 0: all

	AllowSoftware bool // "gpu" may be an adapter that computes on the CPU
}

// OpenDevice opens what computes and says why it was chosen, where that is not plain from the request. The caller
// closes the device.
func OpenDevice(o DeviceOptions) (dev backend.Device, why string, err error) {
	options := wgsl.Options{Tune: true, Adapter: o.Adapter, AllowSoftware: o.AllowSoftware}
	switch o.Kind {
	case "cpu":
		return cpu.New(o.Threads), "", nil
	case "software":
		options.AllowSoftware = true
	case "gpu":
	case "", "auto":
		options.AllowSoftware = false
	default:
		return nil, "", fmt.Errorf("slmsam: device %q: want auto, gpu, cpu or software", o.Kind)
	}
	gpu, err := wgsl.Open(options)
	if err == nil {
		return gpu, "", nil
	}
	if (o.Kind == "" || o.Kind == "auto") && o.Adapter == "" {
		why = "no usable GPU found"
		if !errors.Is(err, wgsl.ErrNoAdapter) && !errors.Is(err, wgsl.ErrUnsupported) {
			why = fmt.Sprintf("the GPU cannot be used: %v", err)
		}
		return cpu.New(o.Threads), why, nil
	}
	return nil, "", fmt.Errorf("slmsam: device %s: %w", o.Kind, err)
}
