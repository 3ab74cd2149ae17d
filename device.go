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

	// Precision is "f32" (also ""); on CPUs with AVX512_BF16, "bf16": operands of products rounded to 8 bits, sums in float32; on GPUs,
	// "f16": weights and memories kept as float16, all computation in float32 (Model.KeepHalves). "auto" then means the CPU or the GPU.
	Precision string
	SIMD      string // of the CPU: "auto" (also ""), "avx512", "avx2", "neon" or "plain", for comparison

	AllowSoftware bool // "gpu" may be an adapter that computes on the CPU
}

// The precisions. Devices that do not say one have the first.
const (
	f32  = "f32"
	bf16 = "bf16"
	f16  = "f16"
)

// OpenDevice opens what computes and says why it was chosen, where that is not plain from the request. The caller
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

func openCPU(o cpu.Options, why string) (backend.Device, string, error) {
	dev, err := cpu.Open(o)
	if err != nil {
		return nil, "", fmt.Errorf("slmsam: %w", err)
	}
	return dev, why, nil
}

// Precision is a device's: "f32", "bf16" or "f16", as in DeviceOptions.
func Precision(dev backend.Device) string {
	if d, ok := dev.(interface{ Precision() string }); ok {
		return d.Precision()
	}
	return f32
}
