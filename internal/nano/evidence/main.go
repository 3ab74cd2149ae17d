// Evidence fits what speaks for an object being on a slice: a logistic regression of its presence on carry.Evidence, each
// source of volumes counting alike. It prints the weights, in the order of carry.Evidence, and the bias.
//
//	go run ./internal/nano/evidence docs/nano/fit.csv
//
// Sources are told apart by the first part of a volume's name, up to a slash. Every object of at least five slices is
// carried from its central slice to both ends of the volume, as if it were on every slice.
package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
)

// Settings as in the product: side and crop of the slices, and which objects are taken.
const (
	side        = 128
	crop        = 3.3
	leastSlices = 5
	mostObjects = 6
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("evidence: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: evidence CASES.csv")
	}
	if err := fit(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func fit(path string) error {
	source, err := train.Open(path, train.CaseOptions{Axis: -1})
	if err != nil {
		return err
	}
	bySource := map[string][]sample{}
	for i := range source.Len() {
		c, err := source.Case(i)
		if err != nil {
			return err
		}
		name, _, _ := strings.Cut(c.Name, "/")
		for _, o := range largest(c) {
			bySource[name] = append(bySource[name], carried(c, o)...)
		}
		log.Print(c.Name)
	}
	var all []sample
	for _, of := range bySource {
		for _, s := range of {
			s.weight = 1 / float64(len(of)) / float64(len(bySource))
			all = append(all, s)
		}
	}
	for _, w := range regression(all) {
		fmt.Printf("%.2f ", w)
	}
	fmt.Println()
	return nil
}

// largest lists the objects with enough slices, those on the most slices first, at most mostObjects.
func largest(c *train.Case) []int {
	var out []int
	for o := range c.Objects {
		if len(slicesOf(c, o)) >= leastSlices && len(out) < mostObjects {
			out = append(out, o)
		}
	}
	return out
}

func slicesOf(c *train.Case, o int) []int {
	var on []int
	for z := range c.Len() {
		for _, v := range c.Visible(z) {
			if v == o {
				on = append(on, z)
			}
		}
	}
	return on
}

// carried follows an object from its central slice to both ends.
func carried(c *train.Case, o int) []sample {
	on := slicesOf(c, o)
	start := on[(len(on)-1)/2]
	outline := c.Mask(start, o)
	window := slmsam.LocalWindow(c.Intensity(start), outline, c.H, c.W)
	region := slmsam.Around([]slmsam.Prompt{{Mask: outline}}, c.H, c.W, crop)
	h, w := region.Size()
	gray := func(z int) []uint8 {
		return volume.ResizePIL(volume.Cut(window.Apply(c.Intensity(z)), c.W, region), h, w, side, side, volume.Bicubic)
	}
	gap := slmsam.Config{ImageSize: side}.PriorGap(c.Slices().Volume.Geom.Spacing, 2, h, w)
	first := carry.New(gray(start), volume.ResizeMask(volume.Cut(outline, c.W, region), h, w, side), side, gap)
	present := map[int]bool{}
	for _, z := range on {
		present[z] = true
	}
	var out []sample
	for _, step := range []int{-1, 1} {
		at := first
		for z := start + step; z >= 0 && z < c.Len(); z += step {
			p := at.Propose(gray(z), nil)
			out = append(out, sample{signs: p.Evidence, present: present[z]})
			at = at.Accept(p, p.Field())
		}
	}
	return out
}
