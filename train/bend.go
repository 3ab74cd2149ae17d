package train

import (
	"math"
	"math/rand/v2"
)

// bendKnots is the number of knots of a deformation's cubic B-spline along each side. An object of a third of the side meets
// about three of them, so that its shape changes, not only its place.
const bendKnots = 7

// bend is a smooth random deformation of an [h,w] slice: for every result pixel, how far away its source is, in pixels. The
// empty bend changes nothing.
type bend struct {
	h, w   int
	dx, dy []float32 // [h,w]
}

// drawBend draws a deformation whose knots are displaced by up to limit times the sides in either direction.
func drawBend(rng *rand.Rand, limit float64, h, w int) bend {
	b := bend{h: h, w: w, dx: make([]float32, h*w), dy: make([]float32, h*w)}
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
			b.dx[y*w+x], b.dy[y*w+x] = float32(dx), float32(dy)
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

// bilinear deforms gray values [h,w]; border pixels repeat.
func (b bend) bilinear(pix []uint8) []uint8 {
	if b.dx == nil {
		return pix
	}
	get := func(x, y int) float32 { return float32(pix[min(max(y, 0), b.h-1)*b.w+min(max(x, 0), b.w-1)]) }
	out := make([]uint8, len(pix))
	for at := range out {
		x, y := float32(at%b.w)+b.dx[at], float32(at/b.w)+b.dy[at]
		i, j := int(math.Floor(float64(x))), int(math.Floor(float64(y)))
		fx, fy := x-float32(i), y-float32(j)
		top := get(i, j) + (get(i+1, j)-get(i, j))*fx
		bottom := get(i, j+1) + (get(i+1, j+1)-get(i, j+1))*fx
		out[at] = uint8(top + (bottom-top)*fy + 0.5)
	}
	return out
}

// nearest deforms labels [h,w]; border pixels repeat.
func (b bend) nearest(pix []uint8) []uint8 {
	if b.dx == nil {
		return pix
	}
	out := make([]uint8, len(pix))
	for at := range out {
		x, y := float64(at%b.w)+float64(b.dx[at]), float64(at/b.w)+float64(b.dy[at])
		i, j := int(math.Floor(x+0.5)), int(math.Floor(y+0.5))
		out[at] = pix[min(max(j, 0), b.h-1)*b.w+min(max(i, 0), b.w-1)]
	}
	return out
}
