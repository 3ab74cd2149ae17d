// Package flow finds where the pixels of one slice are on its neighbor: dense optical flow after "Fast Optical Flow
// using Dense Inverse Search" (Kroeger et al., arXiv 1603.03590). Small patches are aligned from coarse to fine,
// their displacements are averaged, and a variational refinement (Brox et al., ECCV 2004) smooths the result.
//
// Letters: H, W are the height and width of a slice; h, w those of a pyramid level. Start with Between.
package flow
