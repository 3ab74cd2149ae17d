package main

import (
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/train"
)

// bands are the distances from the outline, in slices, that DSC is printed for.
var bands = [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 8}, {9, 16}, {17, 32}}

// chase is an object that is followed from its middle slice, and what a copy of the outline and its flow make of it.
type chase struct {
	of     *train.Case
	on     []int // slices with the object, ascending
	start  int
	copied []float64 // DSC by band; absent bands are left out of all three
	flowed []float64
	bands  [][2]int
}

// newChase takes the first object of a case.
func newChase(c *train.Case) (*chase, error) {
	f := &chase{of: c}
	for z := range c.Len() {
		if slices.Contains(c.Visible(z), 0) {
			f.on = append(f.on, z)
		}
	}
	if len(f.on) < 2 {
		return nil, fmt.Errorf("%s: the first object is on %d slices, too few to follow", c.Name, len(f.on))
	}
	f.start = f.on[(len(f.on)-1)/2]
	for _, band := range bands {
		if slices.ContainsFunc(f.on, func(z int) bool { return f.in(band, z) }) {
			f.bands = append(f.bands, band)
		}
	}
	outline := c.Mask(f.start, 0)
	copies := make([][]bool, c.Len())
	for z := range copies {
		copies[z] = outline
	}
	f.copied, f.flowed = f.scores(copies), f.scores(carriedByFlow(c, f.start, outline))
	return f, nil
}

// in says whether a slice is as far from the outline as a band says.
func (f *chase) in(band [2]int, z int) bool {
	d := max(z-f.start, f.start-z)
	return d >= band[0] && d <= band[1]
}

// scores is the mean DSC of masks by band, from the object's first slice to its last.
func (f *chase) scores(found [][]bool) []float64 {
	out := make([]float64, len(f.bands))
	for b, band := range f.bands {
		n := 0.
		for z := f.on[0]; z <= f.on[len(f.on)-1]; z++ {
			if f.in(band, z) {
				out[b] += eval.Overlap(found[z], f.of.Mask(z, 0))
				n++
			}
		}
		out[b] /= n
	}
	return out
}

// run lets a model follow the object.
func (f *chase) run(p *prober) ([]float64, error) {
	found, err := p.follow(f.of, []int{f.start}, slmsam.Options{First: f.on[0], End: f.on[len(f.on)-1] + 1})
	if err != nil {
		return nil, err
	}
	return f.scores(found), nil
}

// beaten says whether a model is ahead of both at every distance.
func (f *chase) beaten(model []float64) bool {
	for b := range f.bands {
		if model[b] <= max(f.copied[b], f.flowed[b]) {
			return false
		}
	}
	return true
}

func (f *chase) print(model []float64) {
	fmt.Printf("%-9s %6s %6s %6s\n", "slices", "copy", "flow", "model")
	for b, band := range f.bands {
		fmt.Printf("%2d to %2d  %6.3f %6.3f %6.3f\n", band[0], band[1], f.copied[b], f.flowed[b], model[b])
	}
}

// distances follows the first object of a data set's first volume, and prints the DSC by distance of a copy of the outline,
// of flow and of the model, on the slices that hold the object.
func (p *prober) distances(path string) error {
	c, _, err := firstObject(path)
	if err != nil {
		return err
	}
	f, err := newChase(c)
	if err != nil {
		return err
	}
	scores, err := f.run(p)
	if err != nil {
		return err
	}
	fmt.Printf("%s, label %d: DSC by distance\n", c.Name, c.Objects[0])
	f.print(scores)
	return nil
}

// firstObject is the first volume of a data set with its first label alone, and a data set of nothing else.
func firstObject(path string) (*train.Case, *train.Dataset, error) {
	all, err := train.Open(path, train.CaseOptions{Axis: -1})
	if err != nil {
		return nil, nil, err
	}
	c, err := all.Case(0)
	if err != nil {
		return nil, nil, err
	}
	if len(c.Objects) == 0 {
		return nil, nil, fmt.Errorf("%s: no label", c.Name)
	}
	one, err := train.Open(path, train.CaseOptions{Axis: -1, Labels: c.Objects[:1]})
	if err != nil {
		return nil, nil, err
	}
	if one.Len() > 1 {
		if _, one, err = one.Split([]string{c.Name}); err != nil {
			return nil, nil, err
		}
	}
	c, err = one.Case(0)
	return c, one, err
}
