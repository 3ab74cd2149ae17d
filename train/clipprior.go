package train

import (
	"math"
	"math/rand/v2"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// windowNoise is how much the ends of an object's window are moved, in parts of its width.
const windowNoise = 0.1

// Intensity is slice i as the volume has it or, where a case was not made from one, its gray values, [H,W].
func (c *Case) Intensity(i int) []float32 {
	if c.intensity != nil {
		return c.intensity(i)
	}
	out := make([]float32, len(c.Images[i]))
	for p, v := range c.Images[i] {
		out[p] = float32(v)
	}
	return out
}

// shown returns how slices are cut to gray values for a clip of an object: as they are or, for a model with a prior,
// in the window of the object's surroundings on the clip's first slice, moved a little.
func (s *Sampler) shown(c *Case, start, object int, rng *rand.Rand) func(z int) []uint8 {
	if s.config == nil {
		return func(z int) []uint8 { return c.Images[z] }
	}
	w := slmsam.LocalWindow(c.Intensity(start), c.Mask(start, object), c.H, c.W)
	width := w.Hi - w.Lo
	w = volume.Window{Lo: w.Lo + within(rng, windowNoise)*width, Hi: w.Hi + within(rng, windowNoise)*width}
	return func(z int) []uint8 { return w.Apply(c.Intensity(z)) }
}

// gap is how far every step-th slice of a case lies apart in a clip, for a model with a prior.
func (s *Sampler) gap(c *Case, w warp, step int) float64 {
	if s.config == nil {
		return 0
	}
	rows, columns := w.size()
	return math.Max(math.Abs(float64(step)), 1) * s.config.PriorGap(c.geometry().Spacing, 2, rows, columns) / w.shrunk()
}

// addPrior computes ahead what a model with a prior needs of a clip.
func (s *Sampler) addPrior(clip *Clip) {
	if s.config == nil {
		return
	}
	for i := range clip.Frames {
		f := &clip.Frames[i]
		f.Prior = &slmsam.ClipPrior{Gray: f.Gray, Small: s.config.PriorGray(f.Gray, s.size, s.size), Mask: s.config.PriorMask(f.Masks, s.size, s.size), Gap: clip.Gap}
		if i > 0 {
			side := s.config.PriorSide()
			f.Prior.Moved = flow.Between(clip.Frames[i-1].Prior.Small, f.Prior.Small, side, side)
		}
	}
}
