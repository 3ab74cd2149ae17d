package main

import (
	"os"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/spf13/pflag"
)

// allowSoftwareEnv is the environment variable that makes --device gpu accept an adapter that computes on the CPU.
const allowSoftwareEnv = "SLMSAM_ALLOW_SOFTWARE_GPU"

// maxThreads is the largest --threads. It only keeps a mistyped number from exhausting the memory.
const maxThreads = 4096

// deviceFlags are the flags that choose the device.
type deviceFlags struct{ slmsam.DeviceOptions }

// add declares the flags.
func (f *deviceFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.Kind, "device", "auto", "device to compute on: auto (a GPU if there is one, else the CPU), gpu, cpu, or software (WebGPU on the CPU, "+
		"for testing; "+allowSoftwareEnv+"=1 makes gpu accept it, too)")
	flags.StringVar(&f.Adapter, "adapter", "", "use the GPU whose name contains this text (see slmsam info)")
	flags.IntVar(&f.Threads, "threads", 0, "number of CPU threads (default: all)")
	flags.StringVar(&f.Precision, "precision", "f32", "f32; bf16 on CPUs with AVX512_BF16 (faster: operands of products rounded to bfloat16, sums in float32); "+
		"or f16 on GPUs (less memory: weights and memories kept as float16, computation in float32; not for training)")
}

// addSIMD declares --simd, for commands that measure.
func (f *deviceFlags) addSIMD(flags *pflag.FlagSet) {
	flags.StringVar(&f.SIMD, "simd", "auto", "CPU instruction set, for comparisons: auto, avx512, avx2, neon or plain (Go only)")
}

// open checks the flags and opens the device. It logs which one it is, and why.
func (f *deviceFlags) open(c *console) (backend.Device, error) {
	if f.Threads < 0 || f.Threads > maxThreads {
		return nil, usagef("--threads %d: want a number up to %d, or 0 for all", f.Threads, maxThreads)
	}
	switch f.Kind {
	case "auto", "gpu", "cpu", "software":
	default:
		return nil, usagef("--device %q: want auto, gpu, cpu or software", f.Kind)
	}
	switch {
	case !slices.Contains([]string{"f32", "bf16", "f16"}, f.Precision):
		return nil, usagef("--precision %q: want f32, bf16 or f16", f.Precision)
	case f.Precision == "bf16" && f.Kind != "auto" && f.Kind != "cpu":
		return nil, usagef("--precision bf16 --device %s: bf16 only works on the CPU: leave out one of the two", f.Kind)
	case f.Precision == "f16" && f.Kind == "cpu":
		return nil, usagef("--precision f16 --device cpu: f16 only works on GPUs: leave out one of the two")
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

// openToTrain is open for commands that train. Weights kept as float16 cannot be trained.
func (f *deviceFlags) openToTrain(c *console) (backend.Device, error) {
	if f.Precision == "f16" {
		return nil, usagef("--precision f16: weights kept as float16 cannot be trained: want f32 or bf16")
	}
	return f.open(c)
}
