// Package slmsam carries a mask outlined on one slice of a CT or MR volume through the whole volume:
// SLM-SAM 2 (Chen et al., "Accelerating Volumetric Medical Image Annotation via Short-Long Memory SAM 2",
// arXiv 2505.01854) on top of SAM 2.1 (Ravi et al., arXiv 2408.00714).
//
// What happens to a slice:
//
//	image [1,S,S,3] ── hiera ──► features at strides 4, 8, 16        image.go
//	features at 16 ── memattn, long bank ──┐
//	               ── memattn, short bank ─┴► sum ── 2 ConvNeXt blocks ──► fused    track.go
//	fused + finer features + prompts ── decoder ──► mask, score, object pointer   track.go
//	mask + features ── memory encoder ──► memory, into the bank      remember.go
//
// Start reading at propagate.go, the main path; then track.go and the packages that it calls. Config
// (config.go) says which model; [Load] (load.go) reads official and own checkpoints.
package slmsam
