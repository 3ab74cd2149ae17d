package main

import "github.com/seed-6f79f512/slmsam/wgsl"

// countKinds are the kinds of GPU that --count knows. The kind decides how work is split and which kernels run.
var countKinds = map[string]wgsl.AdapterInfo{
	"discrete":   {Name: "a discrete GPU", Backend: "Vulkan", Kind: wgsl.Discrete},
	"integrated": {Name: "an integrated GPU", Backend: "Vulkan", Kind: wgsl.Integrated},
	"apple":      {Name: "an Apple GPU", Backend: "Metal", Kind: wgsl.Integrated},
}

// card holds the maker's figures for a GPU.
type card struct {
	name      string
	kind      string  // key of countKinds
	tflops    float64 // float32, by the shader cores: WebGPU does not reach tensor cores
	bandwidth float64 // GB/s
}

// cards lists some GPUs. TFLOP/s are lanes x 2 FLOP x clock under load.
var cards = []card{
	{"RTX 4060 Laptop", "discrete", 11.6, 256},        // 3072 lanes at 1.89 GHz, the clock of the middle of its range of 35 to 115 W
	{"RTX 4090", "discrete", 82.6, 1008},              // NVIDIA, Ada GPU architecture, v2.02, appendix A
	{"H100 PCIe", "discrete", 51, 2000},               // NVIDIA, H100 Tensor Core GPU, data sheet
	{"H100 SXM", "discrete", 67, 3350},                // the same
	{"Arc A770", "discrete", 17.2, 560},               // Intel's product page: 4096 lanes at the 2.1 GHz of its "graphics clock"
	{"RX 7900 XTX", "discrete", 61.4, 960},            // AMD's product page; counts two instructions a cycle, which compilers seldom pair: half is usual
	{"Xe, 96 execution units", "integrated", 2.2, 68}, // 768 lanes at 1.45 GHz (Core i7-1260P), two channels of LPDDR4x-4267
	{"M3, 10 graphics cores", "apple", 3.6, 100},      // 1280 lanes at 1.4 GHz, measured by others, as Apple gives no clock; Apple's 100 GB/s
	{"M3 Max, 40 graphics cores", "apple", 14.3, 400}, // the same, four times
}

// dispatchSeconds is the time that WebGPU takes for a dispatch in addition to its work, by backend: the smallest that was
// measured for two implementations on cards of four makers (arXiv 2604.02344: 24 to 36 us on Vulkan, 32 to 71 us on Metal).
// Some of it may overlap with the GPU's work, so that a slice may take less than calculated, by up to the dispatches' share.
var dispatchSeconds = map[string]float64{"Vulkan": 24e-6, "Metal": 32e-6}

// cardFloor is the least time that a slice can take on a card.
type cardFloor struct {
	Card       string  `json:"card"`
	TFLOPS     float64 `json:"tflop_per_second"`
	Bandwidth  float64 `json:"gb_per_second"`
	Arithmetic float64 `json:"arithmetic_seconds"`
	Memory     float64 `json:"memory_seconds"`
	Dispatches float64 `json:"dispatch_seconds"`
	Seconds    float64 `json:"seconds"`
}

// floors calculates the least time for each card of a kind.
func floors(kind string, slice countRow) (out []cardFloor) {
	for _, c := range cards {
		if c.kind != kind {
			continue
		}
		f := cardFloor{Card: c.name, TFLOPS: c.tflops, Bandwidth: c.bandwidth, Arithmetic: slice.GFLOP / c.tflops / 1e3,
			Memory:     float64(slice.BytesRead+slice.BytesWritten) / c.bandwidth / 1e9,
			Dispatches: float64(slice.Dispatches) * dispatchSeconds[countKinds[kind].Backend]}
		f.Seconds = max(f.Arithmetic, f.Memory) + f.Dispatches
		out = append(out, f)
	}
	return out
}
