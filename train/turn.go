package train

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// cubic is the largest ratio between the sides of a voxel at which slices across another axis look similar.
const cubic = 1.6

// turned reslices the case across another axis, as often as the recipe asks and if its voxels are nearly cubic: the
// same labels then give other shapes and other ends.
func (s *Sampler) turned(c *Case, rng *rand.Rand) *Case {
	if s.recipe.Turned == 0 || rng.Float64() >= s.recipe.Turned || !c.cubic() {
		return c
	}
	if turned := c.turned(rng.IntN(2)); s.usable(turned) == nil {
		return turned
	}
	return c
}

// cubic reports whether a case's voxels are nearly cubic; false if their size is not known.
func (c *Case) cubic() bool {
	if c.nominal {
		return false
	}
	least, most := slices.Min(c.Spacing[:]), slices.Max(c.Spacing[:])
	return least > 0 && most <= cubic*least
}

// turned returns the case resliced across its columns (axis 0) or rows (axis 1): H' x W' is slices x H or slices x W.
func (c *Case) turned(axis int) *Case {
	turn := &c.turns[axis]
	turn.once.Do(func() { turn.of = c.reslice(axis) })
	return turn.of
}

// turn is a case resliced across another axis, made on first use.
type turn struct {
	once sync.Once
	of   *Case
}

// reslice makes what turned returns.
func (c *Case) reslice(axis int) *Case {
	out := &Case{Name: c.Name + ", turned", H: c.Len(), W: c.H, Objects: c.Objects, Legend: c.Legend, window: c.window,
		Spacing: [3]float64{c.Spacing[1], c.Spacing[2], c.Spacing[0]}}
	length := c.W
	if axis == 1 {
		out.W, length = c.W, c.H
		out.Spacing = [3]float64{c.Spacing[0], c.Spacing[2], c.Spacing[1]}
	}
	for i := range length {
		out.Images = append(out.Images, across(c.Images, c.W, axis, i))
		out.Labels = append(out.Labels, across(c.Labels, c.W, axis, i))
	}
	out.intensity = func(i int) []float32 { return across(c.intensities(), c.W, axis, i) }
	return out
}

// intensities returns those of all slices, cached for both directions of reslicing.
func (c *Case) intensities() [][]float32 {
	c.whole.Do(func() {
		for z := range c.Images {
			c.volume = append(c.volume, c.Intensity(z))
		}
	})
	return c.volume
}

// across gathers column (axis 0) or row (axis 1) i of every slice [H,w], stacked top to bottom.
func across[T any](of [][]T, w, axis, i int) []T {
	out := make([]T, 0, len(of)*max(w, len(of[0])/w))
	for _, pix := range of {
		if axis == 1 {
			out = append(out, pix[i*w:(i+1)*w]...)
			continue
		}
		for at := i; at < len(pix); at += w {
			out = append(out, pix[at])
		}
	}
	return out
}
