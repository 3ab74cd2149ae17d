package main

import (
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// flowSide is the side of the pictures that flow is computed on, in pixels: small slices are enlarged for it.
const flowSide = 256

// carriedByFlow moves the outline on a slice from slice to slice, to both ends, by optical flow and nothing else. The
// outline is carried as a signed distance, so that nothing is lost by rounding on the way.
func carriedByFlow(c *train.Case, start int, outline []bool) [][]bool {
	gray := func(z int) []uint8 {
		return volume.ResizePIL(c.Images[z], c.H, c.W, flowSide, flowSide, volume.Bilinear)
	}
	found := make([][]bool, c.Len())
	found[start] = outline
	for _, step := range []int{-1, 1} {
		field := carry.SignedDistance(volume.ResizeMask(outline, c.H, c.W, flowSide), flowSide)
		for z := start + step; z >= 0 && z < c.Len(); z += step {
			field = flow.Between(gray(z-step), gray(z), flowSide, flowSide).Warp(field)
			found[z] = make([]bool, c.H*c.W)
			for i, d := range volume.ResizeAntialias(field, flowSide, flowSide, c.H, c.W) {
				found[z][i] = d > 0
			}
		}
	}
	return found
}
