// Package checkpoint reads and writes model weights: PyTorch .pt files (zip and
// legacy pickle streams) and safetensors.
//
// A .pt file is a pickle, and a pickle is a program. This package treats it as
// data: it first checks the opcodes (guard.go), then lets gopickle run them with a
// short list of things that may be built (globals.go). Every other class becomes an
// inert, opaque value. A pickle that would execute code is refused, and the error
// names what it would have called.
//
// Headers are not trusted: a size that a header states is compared with the size of
// the file before memory is allocated.
//
// Start with [Read] (file.go), then torch.go for .pt and safetensors.go for
// safetensors. [WriteSafetensors] and [WritePT] write, and [Convert] does both.
// [Official] and [Pull] fetch the published SAM 2.1 weights, [InitSLM] turns them into
// an initial SLM-SAM 2 state, [KeyDiff] compares keys and shapes strictly, and [Draws]
// generates the reproducible weights of the fixtures.
//
// Imports: the standard library, github.com/nlpodyssey/gopickle (pickle machine)
// and github.com/x448/float16.
package checkpoint
