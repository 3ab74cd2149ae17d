// Package cpu implements nn/backend in Go. It is both the specification that the GPU kernels are tested against, and the device
// for machines without a GPU.
//
// Each kernel has a file: first the forward pass, below it the backward pass, which quotes the forward formula that it
// differentiates. The plain loops are meant to be read: they show what a kernel computes, not how to compute it fast. They sum in
// float64 where sums have many terms. [Device.parallel] splits work over threads, and a result never depends on their number.
//
// A device from [NewPlain] runs only the plain loops. A device from [New] also has fast versions of the kernels that matter,
// built on vector instructions (nn/cpu/simd); each is tested against its plain version. The largest are matrix products (gemm.go,
// which explains the method) and attention (attention_fast.go).
//
// Start reading at device.go, then matmul.go and attention.go. Imports: nn/backend, and nn/cpu/simd for the fast forms.
package cpu
