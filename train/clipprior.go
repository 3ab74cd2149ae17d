package train

import (
	"math"
	"math/rand/v2"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// windowNoise is how far the ends of an object's gray window are jittered, as a fraction of its width.
const windowNoise = 0.1

// Intensity returns slice i with the volume's own intensities, [H,W]; for a case not made from a volume, its gray
// values.
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

// grayOf returns a function that gives the gray values of slice z in a clip of an object: those of the case or, for a
// model with a prior, those in the window around the object on the clip's first slice, slightly jittered.
func (s *Sampler) grayOf(c *Case, start, object int, rng *rand.Rand) func(z int) []uint8 {
	if s.config == nil {
		return func(z int) []uint8 { return c.Images[z] }
	}
	w := slmsam.LocalWindow(c.Intensity(start), c.Mask(start, object), c.H, c.W)
	width := w.Hi - w.Lo
	w = volume.Window{Lo: w.Lo + plusMinus(rng, windowNoise)*width, Hi: w.Hi + plusMinus(rng, windowNoise)*width}
	return func(z int) []uint8 { return w.Apply(c.Intensity(z)) }
}

// gap returns the distance between successive frames of a clip with the given step, in pixels of Config.PriorSide,
// for a model with a prior.
func (s *Sampler) gap(c *Case, w warp, step int) float64 {
	if s.config == nil {
		return 0
	}
	rows, columns := w.size()
	return math.Max(math.Abs(float64(step)), 1) * s.config.PriorGap(c.geometry().Spacing, sliceAxis, rows, columns) / w.shrink()
}

// addPrior precomputes the inputs that a model with a prior needs for a clip.
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
