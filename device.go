package slmsam

import (
	"errors"
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/wgsl"
)

// DeviceOptions select the device. The zero value takes a GPU if a usable one is found, and the CPU otherwise.
type DeviceOptions struct {
	Kind    string // "auto" (also ""), "gpu", "cpu", or "software": WebGPU on the CPU, for testing
	Adapter string // use the GPU whose name contains this
	Threads int    // on the CPU; 0: all

	// Precision is "f32" (also ""), "bf16", or "f16". "bf16", for CPUs with AVX512_BF16, rounds the operands of
	// matrix products to bfloat16 and sums in float32. "f16", for GPUs, stores weights and memories as float16 and
	// computes in float32 (Model.KeepHalves). With these, "auto" means the CPU or the GPU, respectively.
	Precision string
	SIMD      string // on the CPU: "auto" (also ""), "avx512", "avx2", "neon" or "plain", for comparison

	AllowSoftware bool // lets "gpu" use an adapter that computes on the CPU
}

// The precisions. Devices that do not report one use f32.
const (
	f32  = "f32"
	bf16 = "bf16"
	f16  = "f16"
)

// OpenDevice opens a device. why explains the choice if it is not obvious from the request. The caller
// closes the device.
func OpenDevice(o DeviceOptions) (dev backend.Device, why string, err error) {
	onCPU := cpu.Options{Threads: o.Threads, Level: o.SIMD, Precision: o.Precision}
	if o.Kind == "" || o.Kind == "auto" {
		switch o.Precision {
		case bf16:
			o.Kind = "cpu"
		case f16:
			o.Kind = "gpu"
		}
	}
	options := wgsl.Options{Tune: true, Adapter: o.Adapter, AllowSoftware: o.AllowSoftware, Halves: o.Precision == f16}
	switch o.Kind {
	case "cpu":
		return openCPU(onCPU, "")
	case "software":
		options.AllowSoftware = true
	case "gpu":
	case "", "auto":
		options.AllowSoftware = false
	default:
		return nil, "", fmt.Errorf("slmsam: device %q: want auto, gpu, cpu or software", o.Kind)
	}
	if o.Precision != "" && o.Precision != f32 && o.Precision != f16 {
		return nil, "", fmt.Errorf("slmsam: precision %q on device %s: want f32 or f16, or the device cpu", o.Precision, o.Kind)
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
		return openCPU(onCPU, why)
	}
	return nil, "", fmt.Errorf("slmsam: device %s: %w", o.Kind, err)
}

// openCPU opens the CPU and passes on why it was chosen.
func openCPU(o cpu.Options, why string) (backend.Device, string, error) {
	dev, err := cpu.Open(o)
	if err != nil {
		return nil, "", fmt.Errorf("slmsam: %w", err)
	}
	return dev, why, nil
}

// Precision returns a device's precision: "f32", "bf16" or "f16", as in DeviceOptions.
func Precision(dev backend.Device) string {
	if d, ok := dev.(interface{ Precision() string }); ok {
		return d.Precision()
	}
	return f32
}
