// Package cpu is the contract of nn/backend in Go: the specification that the GPU kernels are tested against, and
// the device of a machine without a GPU.
//
// One kernel is one file, the forward pass first, the backward pass below it with the forward line it
// differentiates. The loops are meant to be read: they say what a kernel computes, not how to compute it fastest. Sums
// of many terms run in float64. Work is split over goroutines by [Device.parallel], and a result never depends on the number
// of threads.
//
// A device from [NewPlain] runs only these loops. A device from [New] takes faster forms of the few kernels that
// cost the most (products, attention, activations) where this machine has them; each is tested against its plain twin.
//
// Start reading at device.go, then matmul.go and attention.go. Imports: nn/backend, and nn/cpu/simd for the fast forms.
package cpu
