package main

import (
	"math"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
)

// copyPrompt puts each object's outline on all slices.
func copyPrompt(c *train.Case, prompts []slmsam.Prompt, labels *volume.LabelMap) error {
	for _, p := range prompts {
		for z := range c.Len() {
			stamp(labels, z, p)
		}
	}
	return nil
}

// copyWhileAlike puts each object's outline on the slices around its own, in both directions, until the gray
// values under it differ in mean by more than their standard deviation on the prompted slice.
func copyWhileAlike(c *train.Case, prompts []slmsam.Prompt, labels *volume.LabelMap) error {
	for _, p := range prompts {
		mean, deviation := statistics(c.Images[p.Slice], p.Mask)
		for _, step := range []int{-1, 1} {
			for z := p.Slice; z >= 0 && z < c.Len(); z += step {
				if m, _ := statistics(c.Images[z], p.Mask); math.Abs(m-mean) > deviation {
					break
				}
				stamp(labels, z, p)
			}
		}
	}
	return nil
}

// stamp writes an outline on a slice, where no other object is.
func stamp(labels *volume.LabelMap, z int, p slmsam.Prompt) {
	pix := labels.Slice(sliceAxis, z)
	for i, on := range p.Mask {
		if on && pix[i] == 0 {
			pix[i] = int32(p.Object)
		}
	}
	labels.SetSlice(sliceAxis, z, pix)
}

// statistics returns mean and standard deviation of the gray values under a mask.
func statistics(gray []uint8, mask []bool) (mean, deviation float64) {
	n, sum, squares := 0.0, 0.0, 0.0
	for i, on := range mask {
		if on {
			v := float64(gray[i])
			n, sum, squares = n+1, sum+v, squares+v*v
		}
	}
	mean = sum / n
	return mean, math.Sqrt(max(squares/n-mean*mean, 0))
}
