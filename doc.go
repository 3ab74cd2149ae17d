// Package slmsam propagates an outline on one slice of a CT or MR volume through the whole volume. It implements
// SLM-SAM 2 (Chen et al., "Accelerating Volumetric Medical Image Annotation via Short-Long Memory SAM 2",
// arXiv 2505.01854) on top of SAM 2.1 (Ravi et al., arXiv 2408.00714).
//
// Callers need only a dozen names; the rest are for changing the model. [OpenDevice] and [Open] return a [Model].
// [SlicesOf] turns a volume into [Slices], and [Outlines] turns a label map into a list of [Prompt]. [Model.Segment] takes
// them in a [Request], with its [Options], and returns a [Result] with the label map, each [Object] slice by slice, and each
// [Doubtful] slice. [Model.Provenance] records what a later correction of the result needs.
//
// What happens to a slice:
//
//	image [1,S,S,3] ── hiera ──► features at strides 4, 8, 16        image.go
//	features at 16 ── memattn, long bank ──┐
//	               ── memattn, short bank ─┴► sum ── 2 ConvNeXt blocks ──► fused    track.go
//	fused + finer features + prompts ── decoder ──► mask, score, object pointer   track.go
//	mask + features ── memory encoder ──► memory, into the bank      remember.go
//
// Start with request.go and segment.go, the main path; then read tracker.go, track.go, and the packages they call. Config
// (config.go) describes a model; load.go reads official checkpoints and ours.
package slmsam
