package train

import (
	"math/rand/v2"

	"github.com/seed-6f79f512/slmsam/internal/masks"
)

// beyondPart is how far a sweep continues past its object's end, as a fraction of the distance to that end; it is at
// least leastBeyond slices.
const (
	beyondPart  = 0.5
	leastBeyond = 2
)

// anywhere is the fraction of sweeps that start on any of the object's slices. The others start on slices weighted by the object's
// area, since annotators choose those, but corrections are made on others, too.
const anywhere = 0.5

// sweep draws a clip that mimics propagation: from a slice of an object, in one direction, until past its end. All objects are
// equally likely. A sweep longer than the recipe's reach skips slices, as far as the recipe's stride allows, or ends early.
// ok is false if no object is on two slices.
func (s *Sampler) sweep(c *Case, rng *rand.Rand) (object int, along traversal, ok bool) {
	for _, object := range rng.Perm(len(c.Objects)) {
		span := c.span(object)
		if len(span) < 2 {
			continue
		}
		start, step := c.byArea(span, object, rng.IntN), 1
		if rng.Float64() < anywhere {
			start = span[rng.IntN(len(span))]
		}
		if rng.Float64() < s.recipe.Reverse {
			step = -1
		}
		if start == span[0] && step < 0 || start == span[len(span)-1] && step > 0 {
			step = -step
		}
		toEnd, left := span[len(span)-1]-start, c.Len()-1-start
		if step < 0 {
			toEnd, left = start-span[0], start
		}
		length := min(left, toEnd+max(leastBeyond, int(beyondPart*float64(toEnd))))
		reach := s.reach()
		stride := min(max(s.recipe.Stride, 1), max(1, length/max(reach-1, 1)))
		stride = 1 + rng.IntN(stride)
		return object, traversal{start, step * stride, min(reach, 1+length/stride)}, true
	}
	return 0, traversal{}, false
}

// reach is the most slices that a sweep goes through: those it learns from, or more for a prior alone, which does not
// backpropagate through time.
func (s *Sampler) reach() int {
	if s.config == nil || !s.config.PriorAlone || s.recipe.Sweeps == 0 || s.recipe.Frames == 1 {
		return s.recipe.Frames
	}
	return max(s.recipe.Reach, s.recipe.Frames)
}

// markPassed marks all but learned frames, drawn at random, as tracked only: the clip is then as long as in real use,
// at a lower cost.
func (c *Clip) markPassed(learned int, rng *rand.Rand) {
	for k, i := range rng.Perm(max(0, len(c.Frames)-1)) {
		c.Frames[1+i].Passed = k >= learned-1
	}
}

// sweepable reports whether some object is on at least two slices.
func (c *Case) sweepable() bool {
	for o := range c.Objects {
		if len(c.span(o)) > 1 {
			return true
		}
	}
	return false
}

// byArea returns the one of some slices that hold an object on which its pixel number choose(total) lies.
func (c *Case) byArea(span []int, object int, choose func(total int) int) int {
	areas, total := make([]int, len(span)), 0
	for i, z := range span {
		areas[i] = masks.Area(c.Mask(z, object))
		total += areas[i]
	}
	return span[masks.Holding(areas, choose(total))]
}
