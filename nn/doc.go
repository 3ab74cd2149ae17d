// Package nn holds what the network is made of: tensors, a tape for gradients, operations, layers,
// parameters and the AdamW optimizer.
//
// Letters in the shape comments, here and in every package above: B batch (objects; windows inside
// windowed attention), N tokens, H W grid, C channels, L memory tokens, D head width, h heads, S the
// side of the square input image. Tensors are float32, contiguous, channels last: images are [B,H,W,C],
// token sequences [B,N,C]. A row is the last axis.
//
// An operation is a method of [Graph]: it allocates its result, calls kernels of nn/backend and, while a
// tape is recording, notes how to go back. Shapes that do not fit are programmer errors and panic as
// "nn.Op: got (..), want (..)". Device errors come back from [Graph.Read] and [Graph.Sync].
//
// Memory is counted, not collected: a tensor lives until the [Graph.Scoped] call in which it was made
// returns, unless it is returned from there, retained, or needed by the tape.
//
// Start reading at tensor.go, graph.go and tape.go; then linear.go as the pattern of every operation
// (forward, directly followed by its backward). The package imports nn/backend and the standard library.
package nn
