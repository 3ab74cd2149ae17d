package main

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/train"
)

// bands are the distances from the outline, in slices, that DSC is printed for.
var bands = [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 8}, {9, 16}}

// distances follows the first object of a data set's first volume from its middle slice, and prints the DSC by distance of
// a copy of the outline and of the model, on the slices that hold the object.
func (p *prober) distances(path string) error {
	source, err := train.Open(path, train.CaseOptions{Axis: -1})
	if err != nil {
		return err
	}
	c, err := source.Case(0)
	if err != nil {
		return err
	}
	var on []int
	for z := range c.Len() {
		for _, o := range c.Visible(z) {
			if o == 0 {
				on = append(on, z)
			}
		}
	}
	if len(on) < 2 {
		return fmt.Errorf("%s: the first object is on %d slices, too few to follow", c.Name, len(on))
	}
	start := on[(len(on)-1)/2]
	outline := c.Mask(start, 0)
	sums, n := make([][2]float64, len(bands)), make([]int, len(bands))
	found, err := p.follow(c, []int{start}, slmsam.Options{First: on[0], End: on[len(on)-1] + 1})
	if err != nil {
		return err
	}
	for z := on[0]; z <= on[len(on)-1]; z++ {
		truth := c.Mask(z, 0)
		for b, band := range bands {
			if d := max(z-start, start-z); d >= band[0] && d <= band[1] {
				sums[b][0] += eval.Overlap(outline, truth)
				sums[b][1] += eval.Overlap(found[z], truth)
				n[b]++
			}
		}
	}
	fmt.Printf("%s, label %d: DSC by distance\n%-9s %6s %6s\n", c.Name, c.Objects[0], "slices", "copy", "model")
	for b, band := range bands {
		if n[b] > 0 {
			fmt.Printf("%2d to %2d  %6.3f %6.3f\n", band[0], band[1], sums[b][0]/float64(n[b]), sums[b][1]/float64(n[b]))
		}
	}
	return nil
}
