package wgsl

import "errors"

// Options says which adapter Open takes and how it is used. The zero value is right for a real GPU.
type Options struct {
	// AllowSoftware admits adapters that compute on the CPU (Mesa's lavapipe): right for tests, slower than nn/cpu.
	AllowSoftware bool
	// Adapter, unless empty, admits only adapters whose name contains it, ignoring case.
	Adapter string
	// Halves lets the device keep weights and memories as float16 (Device.KeepHalves), read by kernels that compute in float32.
	Halves bool
	// Tune times the variants of the matrix product on the device when a kind of product is first met, and keeps
	// the choice in TuningFile. Without it a fixed choice by the kind of adapter is made.
	Tune bool
	// TuningFile is where choices are kept; "" means slmsam/tuning.json in the user's cache folder. A file that
	// cannot be read or written is ignored.
	TuningFile string
	// MaxBindingBytes and MaxWorkgroups, unless 0, lower the adapter's limits, so that tests see large work split.
	MaxBindingBytes int64
	MaxWorkgroups   int
	// MaxMemoryBytes, unless 0, is the most memory the device takes before it reports that it is out of memory.
	MaxMemoryBytes int64
}

// AdapterKind is how an adapter computes.
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
	// ErrDeviceLost: the driver gave up (reset, unplugged, hung). Open the device anew. Where the loss shows only when
	// work is submitted, the WebGPU library (wgpu-native 0.17) ends the process with a message of its own.
	ErrDeviceLost = errors.New("wgsl: the GPU device was lost")
)
