// Package backend is the contract between the network and the devices that compute it.
//
// A [Device] owns buffers of float32 words and runs [Kernels] on them. There are two implementations: nn/cpu (Go; both the
// specification and the fallback) and wgsl (WebGPU). Model code never asks which one it runs on. Everything that a kernel needs is in
// its argument struct, whose comment is the kernel's specification.
//
// Letters in the shape comments: B batch (objects or windows), N tokens, H W grid, C channels,
// h heads, D head width, K kernel size, M N K the sizes of a matrix product. All tensors are
// contiguous and channels last unless an argument struct carries strides. Strides and offsets
// count float32 words.
//
// Rules that hold for every kernel:
//   - Inputs and outputs do not overlap unless the struct says that they may ("in place").
//   - With Accumulate, written (+)= in formulas, the result is added to what the output holds. Without it, the output is overwritten,
//     whatever it held, even NaN.
//   - Backward kernels always accumulate unless the struct has a field Overwrite, so the caller zeroes a fresh gradient.
//   - Any size may be 1. None may be 0 unless a comment says so. No size has to be a multiple of anything.
//   - A NaN in the input of arithmetic or an activation gives NaN. Maxima (MaxPool, Choose) may ignore it.
//   - Every argument struct has a method Check, which panics if the call breaks these rules in a way that sizes and buffers show.
//     Every kernel calls it first and need not check anything again.
//   - Kernels return nothing. A device remembers an error and returns it from the next Read or Sync.
//
// Start reading at device.go, then matmul.go and attention.go. Imports: the standard library.
package backend
