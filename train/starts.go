package train

import (
	"fmt"
	"slices"
)

// withEnd keeps the first slices of clips of n slices that some object does not last.
func (c *Case) withEnd(starts []int, n, step int) []int {
	var out []int
	for _, start := range starts {
		if len(c.ending(start, n, step)) > 0 {
			out = append(out, start)
		}
	}
	return out
}

// ending lists the objects of a clip's first slice that its last one does not hold.
func (c *Case) ending(start, n, step int) []int {
	var out []int
	last := c.Visible(start + (n-1)*step)
	for _, o := range c.Visible(start) {
		if !slices.Contains(last, o) {
			out = append(out, o)
		}
	}
	return out
}

// usable reports a case that no clip can be taken from.
func (s *Sampler) usable(c *Case) error {
	if s.recipe.Sweeps > 0 && c.sweepable() {
		return nil
	}
	_, err := s.order(c, 1)
	return err
}

// tooShort says that a case has no clip of consecutive slices; a sweep needs fewer.
func (s *Sampler) tooShort(c *Case) bool {
	_, err := s.order(c, 1)
	return err != nil
}

// order lists the slices that a clip of every stride-th slice can start from, in the volume's order and in reverse.
func (s *Sampler) order(c *Case, stride int) ([2][]int, error) {
	n := s.recipe.Frames
	switch {
	case c.Len() < n && s.recipe.Sweeps > 0:
		return [2][]int{}, fmt.Errorf("train: case %s: it has %d slices, fewer than a clip of %d, and no object on two of them, which a sweep needs: label more, or leave it out", c.Name, c.Len(), n)
	case c.Len() < n:
		return [2][]int{}, fmt.Errorf("train: case %s has %d slices, fewer than a clip of %d: set frames to %d or less, or leave it out", c.Name, c.Len(), n, c.Len())
	}
	starts := [2][]int{c.starts(n, stride), c.starts(n, -stride)}
	if len(starts[0])+len(starts[1]) == 0 {
		return starts, fmt.Errorf("train: case %s: no %d consecutive slices begin on an object: set frames lower, or leave it out", c.Name, n)
	}
	return starts, nil
}

// starts lists the slices that hold an object and that n slices can begin with, going by step.
func (c *Case) starts(n, step int) []int {
	var out []int
	for i := range c.Images {
		last := i + (n-1)*step
		if last >= 0 && last < c.Len() && len(c.Visible(i)) > 0 {
			out = append(out, i)
		}
	}
	return out
}
