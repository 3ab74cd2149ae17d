package carry

import (
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/internal/masks"
)

// Settings of Boxed and Adapted.
const (
	boxRounds     = 3
	roughSoftness = 0.15 // distance over which a rough outline is uncertain, relative to its size
	roughTrust    = 1.0  // weight of the gray values
	roughLeast    = 0.2  // a result smaller than this fraction of the rough outline is rejected
)

// Boxed segments the object in a box, given as a mask [N]. It starts from the part of a rough mask [N] in the box or, if there is none,
// from an ellipse, and repeatedly refines it with a cut based on gray values inside and around it (after GrabCut,
// Rother et al., SIGGRAPH 2004). The result stays inside the box.
func Boxed(gray []uint8, boxed, rough []bool, side int) []bool {
	b, ok := bounds(boxed, side)
	if !ok {
		return boxed
	}
	mask := make([]bool, len(gray))
	for i, on := range rough {
		mask[i] = on && boxed[i]
	}
	if slices.Contains(mask, true) {
		return adapted(gray, mask, boxed, side, boxRounds)
	}
	cy, cx := float64(b.y0+b.y1-1)/2, float64(b.x0+b.x1-1)/2
	ry, rx := float64(b.y1-b.y0)/2, float64(b.x1-b.x0)/2
	for i := range mask {
		y, x := (float64(i/side)-cy)/ry, (float64(i%side)-cx)/rx
		mask[i] = boxed[i] && y*y+x*x <= 1
	}
	return adapted(gray, mask, boxed, side, boxRounds)
}

// Adapted refines a rough outline, a mask [N], with a cut based on gray values inside and around it.
func Adapted(gray []uint8, rough []bool, side int) []bool { return adapted(gray, rough, nil, side, 1) }

// adapted refines a mask in rounds; the result stays inside another one, unless that is nil.
func adapted(gray []uint8, mask, within []bool, side, rounds int) []bool {
	area := masks.Area(mask)
	distance := SignedDistance(mask, side)
	scale := float32(max(roughSoftness*math.Sqrt(float64(area)), 1))
	for range rounds {
		b, ok := bounds(mask, side)
		if !ok {
			break
		}
		likely := newGrays(gray, mask, b.grown(0.6, 4, side), side).likelihood(gray)
		gain := make([]float32, len(gray))
		for i, d := range distance {
			if gain[i] = -logitBound; within == nil || within[i] {
				gain[i] = min(max(d/scale, -logitBound), logitBound) + roughTrust*likely[i]
			}
		}
		found := masks.Filled(masks.Positive(offset(cut(gain, gray, b.grown(0.2, 4, side), side, price), -0.5)), side)
		if float64(masks.Area(found)) < roughLeast*float64(area) {
			break
		}
		mask = found
	}
	return mask
}
