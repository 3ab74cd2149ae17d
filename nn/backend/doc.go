// Package backend is the contract between the network and the machine that computes it.
//
// A [Device] owns buffers of float32 words and runs [Kernels] on them. Two implementations exist:
// nn/cpu (Go, the specification and the fallback) and wgsl (WebGPU). Model code never asks which
// one it runs on; everything that a kernel needs is in its argument struct.
//
// Letters in the shape comments: B batch (objects or windows), N tokens, H W grid, C channels,
// h heads, D head width, K kernel size, M N K the sizes of a matrix product. All tensors are
// contiguous and channels last unless an argument struct carries strides. Strides and offsets
// count float32 words.
//
// Rules that hold for every kernel:
//   - Inputs and outputs do not overlap unless the struct says that they may ("in place").
//   - With Accumulate the result is added to what the output holds; without it the output is
//     overwritten, whatever it held (NaN too).
//   - Backward kernels always accumulate, so the caller zeroes a fresh gradient.
//   - Any size may be 1, none is 0 unless a comment says so; nothing has to be a multiple of anything.
//   - Every argument struct has a method Check that panics, naming sizes and buffers, where a call breaks what can be
//     seen of these rules. A machine calls it first and checks nothing a second time.
//   - Kernels return nothing. A device error is remembered and comes back from the next Read or Sync.
//
// Start reading at device.go, then matmul.go and attention.go. Imports: the standard library.
package backend
