// Package checkpoint reads and writes model weights: PyTorch .pt files (zip and
// legacy pickle streams) and safetensors.
//
// A .pt file is a pickle, and a pickle is a program. Here it is only data: the
// opcode stream is checked first (guard.go), it is then run by gopickle with a
// short list of things that may be built (globals.go), and every other class is
// an inert opaque value. A pickle that would execute code is refused as data
// that we do not read, with the name of what it wanted to call.
//
// No allocation is made on the word of a header: sizes are compared with what
// the file really holds before memory is asked for.
//
// Start with [Read] (file.go), then torch.go for .pt and safetensors.go for
// safetensors. Writing is in [WriteSafetensors] and [WritePT], [Convert] joins the
// two. [Official] and [Pull] fetch the published SAM 2.1 weights, [InitSLM] makes
// an SLM-SAM 2 state of one, [KeyDiff] is the strict comparison of keys, and
// [Recipe] draws the reproducible weights of the fixtures.
//
// Imports: the standard library, github.com/nlpodyssey/gopickle (pickle machine)
// and github.com/x448/float16.
package checkpoint
