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

	// Precision of the products: "f32" (also "") or, on CPUs with AVX512_BF16, "bf16": operands rounded to 8 bits, sums in float32;
	// "auto" then means the CPU.
	Precision string
	SIMD      string // of the CPU: "auto" (also ""), "avx512", "avx2", "neon" or "plain", for comparison

	AllowSoftware bool // "gpu" may be an adapter that computes on the CPU
}

// f32 is the precision of devices that do not say another.
const f32 = "f32"

// OpenDevice opens what computes and says why it was chosen, where that is not plain from the request. The caller
// closes the device.
func OpenDevice(o DeviceOptions) (dev backend.Device, why string, err error) {
	onCPU := cpu.Options{Threads: o.Threads, Level: o.SIMD, Precision: o.Precision}
	if o.Precision != "" && o.Precision != f32 && (o.Kind == "" || o.Kind == "auto") {
		o.Kind = "cpu"
	}
	options := wgsl.Options{Tune: true, Adapter: o.Adapter, AllowSoftware: o.AllowSoftware}
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
	if o.Precision != "" && o.Precision != f32 {
		return nil, "", fmt.Errorf("slmsam: precision %q on device %s: want f32, or the device cpu", o.Precision, o.Kind)
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

// Precision is that of a device's products: "f32" or "bf16".
func Precision(dev backend.Device) string {
	if d, ok := dev.(interface{ Precision() string }); ok {
		return d.Precision()
	}
	return f32
}
