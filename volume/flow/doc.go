// Package flow finds where the pixels of one slice lie on its neighbor: dense optical flow after "Fast Optical Flow
// using Dense Inverse Search" (Kroeger et al., arXiv 1603.03590). Small patches are aligned from coarse to fine, their
// displacements averaged, and the result smoothed by a variational refinement (Brox et al., ECCV 2004).
//
// Letters: H, W height and width of a slice; h, w those of a pyramid level. Start reading at Between.
package flow
