package wgsl

import "errors"

// Options says which adapter Open uses, and how. The zero value is right for a real GPU.
type Options struct {
	// AllowSoftware allows adapters that compute on the CPU (Mesa's lavapipe). They are good for tests, but slower than nn/cpu.
	AllowSoftware bool
	// Adapter, unless empty, allows only adapters whose name contains it, ignoring case.
	Adapter string
	// Halves lets the device store weights and memories as float16 (Device.KeepHalves). Kernels compute in float32 all the same.
	Halves bool
	// Tune makes the device time the variants of the matrix product when it first meets a kind of product, and keep the choice in
	// TuningFile. Otherwise the variant is chosen by the kind of adapter.
	Tune bool
	// TuningFile is where choices are kept; "" means slmsam/tuning.json in the user's cache folder. A file that cannot be read or
	// written is ignored.
	TuningFile string
	// MaxBindingBytes and MaxWorkgroups, unless 0, lower the adapter's limits, so that tests can have small work split.
	MaxBindingBytes int64
	MaxWorkgroups   int
	// MaxMemoryBytes, unless 0, limits the memory that the device uses before it reports that it is out of memory.
	MaxMemoryBytes int64
}

// AdapterKind is the kind of hardware of an adapter.
type AdapterKind string

// The kinds of adapters, in order of preference.
const (
	Discrete   AdapterKind = "discrete"
	Integrated AdapterKind = "integrated"
	Unknown    AdapterKind = "unknown"
	Software   AdapterKind = "software"
)

// AdapterInfo describes an adapter for people.
type AdapterInfo struct {
	Name    string // "NVIDIA H200"
	Backend string // "Vulkan", "Metal", "D3D12"
	Driver  string
	Kind    AdapterKind
}

// Errors that Open, Read and Sync wrap.
var (
	// ErrUnsupported: this program was built without WebGPU.
	ErrUnsupported = errors.New("wgsl: built without WebGPU")
	// ErrNoAdapter: no suitable adapter was found.
	ErrNoAdapter = errors.New("wgsl: no GPU adapter found")
	// ErrOutOfMemory: an allocation failed; work on something smaller.
	ErrOutOfMemory = errors.New("wgsl: out of GPU memory")
	// ErrDeviceLost: the driver gave up (a reset, a hang, an unplugged GPU). Open the device again. If the loss is noticed only
	// when work is submitted, the WebGPU library (wgpu-native 0.17) ends the process with a message of its own.
	ErrDeviceLost = errors.New("wgsl: the GPU device was lost")
)
