// Package nn holds the building blocks of the network: tensors, automatic differentiation, operations, layers, parameters and
// the AdamW optimizer.
//
// Letters in the shape comments, here and in every package above: B batch (objects; windows inside
// windowed attention), N tokens, H W grid, C channels, L memory tokens, D head width, h heads, S the
// side of the square input image. Tensors are float32, contiguous, channels last: images are [B,H,W,C],
// token sequences [B,N,C]. A row is the last axis.
//
// An operation is a method of [Graph]. It runs at once: it allocates its result and calls kernels of nn/backend. While a tape is
// recording, it also appends a closure that computes the gradients of its inputs from the gradient of its result; [Graph.Backward]
// calls these closures in reverse order (reverse-mode automatic differentiation). Shapes that do not fit are programmer errors and
// panic with "nn.Op: got (..), want (..)". Device errors are returned by [Graph.Read] and [Graph.Sync].
//
// Device memory is reference-counted, because Go's garbage collector does not see it: a tensor lives until the [Graph.Scoped] call
// in which it was made returns, unless it is returned from there, retained, or needed by the tape.
//
// Start reading at tensor.go, graph.go and tape.go; then linear.go, whose pattern every operation follows: the forward pass, with
// its backward pass directly below. The package imports nn/backend and the standard library.
package nn
