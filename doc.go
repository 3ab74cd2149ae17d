// Package slmsam carries a mask outlined on one slice of a CT or MR volume through the whole volume:
// SLM-SAM 2 (Chen et al., "Accelerating Volumetric Medical Image Annotation via Short-Long Memory SAM 2",
// arXiv 2505.01854) on top of SAM 2.1 (Ravi et al., arXiv 2408.00714).
//
// A caller needs a dozen names, the others are for those who change the model: [OpenDevice] and [Open] give a [Model];
// [SlicesOf] makes [Slices] of a volume, [Outlines] makes each [Prompt] of a label map; [Model.Segment] takes them in a
// [Request], with its [Options], and returns a [Result] with the label map, each [Object] slice by slice, and each [Doubtful]
// slice; [Model.Provenance] is what a later correction of the result starts from.
//
// What happens to a slice:
//
//	image [1,S,S,3] ── hiera ──► features at strides 4, 8, 16        image.go
//	features at 16 ── memattn, long bank ──┐
//	               ── memattn, short bank ─┴► sum ── 2 ConvNeXt blocks ──► fused    track.go
//	fused + finer features + prompts ── decoder ──► mask, score, object pointer   track.go
//	mask + features ── memory encoder ──► memory, into the bank      remember.go
//
// Start reading at request.go and segment.go, the main path; then tracker.go, track.go and the packages that they call.
// Config (config.go) says which model; load.go reads official and own checkpoints.
package slmsam
