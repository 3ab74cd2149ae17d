package train

import (
	"math"
	"math/rand/v2"

	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// bendKnots is the number of knots of a deformation's cubic B-spline along each side. An object of a third of the side meets
// about three of them, so that its shape changes, not only its place.
const bendKnots = 7

// drawBend draws a smooth deformation of an [h,w] slice whose knots are displaced by up to limit times the sides in either
// direction.
func drawBend(rng *rand.Rand, limit float64, h, w int) *flow.Field {
	b := flow.Still(h, w)
	var knots [bendKnots][bendKnots][2]float64
	for i := range knots {
		for j := range knots[i] {
			knots[i][j] = [2]float64{plusMinus(rng, limit) * float64(w), plusMinus(rng, limit) * float64(h)}
		}
	}
	for y := range h {
		i, v := splineAt(y, h)
		for x := range w {
			j, u := splineAt(x, w)
			var dx, dy float64
			for k := range v {
				for l := range u {
					knot := knots[i+k][j+l]
					dx += v[k] * u[l] * knot[0]
					dy += v[k] * u[l] * knot[1]
				}
			}
			b.DX[y*w+x], b.DY[y*w+x] = float32(dx), float32(dy)
		}
	}
	return b
}

// splineAt returns the first of the four knots that position at of n has a share in, and their weights in the uniform cubic
// B-spline.
func splineAt(at, n int) (first int, weights [4]float64) {
	x := (float64(at) + 0.5) / float64(n) * (bendKnots - 3)
	first = min(int(x), bendKnots-4)
	t := x - float64(first)
	return first, [4]float64{
		(1 - t) * (1 - t) * (1 - t) / 6,
		(3*t*t*t - 6*t*t + 4) / 6,
		(-3*t*t*t + 3*t*t + 3*t + 1) / 6,
		t * t * t / 6,
	}
}

// bentGray deforms gray values [h,w]; border pixels repeat. nil changes nothing.
func bentGray(b *flow.Field, pix []uint8) []uint8 {
	if b == nil {
		return pix
	}
	values := make([]float32, len(pix))
	for i, v := range pix {
		values[i] = float32(v)
	}
	out := make([]uint8, len(pix))
	for i, v := range b.Warp(values) {
		out[i] = toByte(float64(v))
	}
	return out
}

// bentLabels deforms labels [h,w] without mixing them; border pixels repeat. nil changes nothing.
func bentLabels(b *flow.Field, pix []uint8) []uint8 {
	if b == nil {
		return pix
	}
	out := make([]uint8, len(pix))
	for at := range out {
		x, y := float64(at%b.W)+float64(b.DX[at]), float64(at/b.W)+float64(b.DY[at])
		i, j := int(math.Floor(x+0.5)), int(math.Floor(y+0.5))
		out[at] = pix[min(max(j, 0), b.H-1)*b.W+min(max(i, 0), b.W-1)]
	}
	return out
}
