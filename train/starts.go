package train

import (
	"fmt"
	"slices"
)

// withEnd keeps the starts of clips of n slices that outlast at least one of their objects.
func (c *Case) withEnd(starts []int, n, step int) []int {
	var out []int
	for _, start := range starts {
		if len(c.ending(start, n, step)) > 0 {
			out = append(out, start)
		}
	}
	return out
}

// ending lists the objects that are on a clip's first slice but not on its last.
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

// usable returns an error if no clip can be taken from the case.
func (s *Sampler) usable(c *Case) error {
	if s.recipe.Sweeps > 0 && c.sweepable() {
		return nil
	}
	_, err := s.clipStarts(c, 1)
	return err
}

// tooShort reports whether a case has no clip of consecutive slices; a sweep needs fewer of them.
func (s *Sampler) tooShort(c *Case) bool {
	_, err := s.clipStarts(c, 1)
	return err != nil
}

// clipStarts lists the slices that a clip of every stride-th slice can start from, in the volume's order and in
// reverse.
func (s *Sampler) clipStarts(c *Case, stride int) ([2][]int, error) {
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

// starts lists the slices that hold an object and can begin a run of n slices with the given step.
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
