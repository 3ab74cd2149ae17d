package carry

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// Settings of the cut.
const (
	cutSteps = 80
	step     = 0.35 // of both the primal and dual variables; must be below 1/sqrt(8)
)

// cut finds the region within a box that maximizes the sum of gain inside it minus the length of its outline, which
// costs less along edges of the slice. It solves the convex relaxation with the primal-dual method of Chambolle and
// Pock (JMIV 2011) and returns the region's indicator, between 0 and 1, and 0 outside the box. A row's dual step
// needs the row below from the previous round, and its primal step needs the row above from this one, so one pass
// over the box does both.
func cut(gain []float32, gray []uint8, r box, side int, length float32) []float32 {
	f, h, w := simd.Detect(), r.y1-r.y0, r.x1-r.x0
	weight := edgeWeights(gray, r, side, length)
	gains := make([]float32, h*w)
	u := make([]float32, h*w)
	ld := w + 1
	lead := make([]float32, h*ld) // the last value of each row is repeated: no flow leaves the box
	px := make([]float32, h*ld)   // the first value of each row is 0: no flow enters it
	py := make([]float32, (h+1)*w)
	for y := range h {
		row := gains[y*w:][:w]
		copy(row, gain[(r.y0+y)*side+r.x0:])
		for x, v := range row {
			if v > 0 {
				u[y*w+x], lead[y*ld+x] = 1, 1
			}
		}
		lead[y*ld+w] = lead[y*ld+w-1]
	}
	by := []float32{step}
	for range cutSteps {
		for y := range h {
			at, below := lead[y*ld:], lead[min(y+1, h-1)*ld:]
			x, up, v := px[y*ld:], py[y*w:], py[(y+1)*w:][:w]
			f.CutDual(x[1:][:w], v, at, at[1:], below, weight[y*w:], by)
			f.CutPrimal(u[y*w:][:w], at, x[1:], v, x, up, gains[y*w:], by)
			at[w] = at[w-1]
		}
	}
	out := make([]float32, len(gray))
	for y := range h {
		copy(out[(r.y0+y)*side+r.x0:], u[y*w:(y+1)*w])
	}
	return out
}

// edgeWeights is the cost of an outline through each pixel: low where gray values change more than usual.
func edgeWeights(gray []uint8, r box, side int, length float32) []float32 {
	h, w := r.y1-r.y0, r.x1-r.x0
	out := make([]float32, h*w)
	sum := float32(0)
	at := func(y, x int) float32 { return float32(gray[min(y, r.y1-1)*side+min(x, r.x1-1)]) }
	for y := range h {
		for x := range w {
			v := at(r.y0+y, r.x0+x)
			dx, dy := at(r.y0+y, r.x0+x+1)-v, at(r.y0+y+1, r.x0+x)-v
			out[y*w+x] = dx*dx + dy*dy
			sum += out[y*w+x]
		}
	}
	usual := sum/float32(2*h*w) + 1
	for i, d := range out {
		out[i] = length * float32(math.Exp(float64(-d/(2*usual))))
	}
	return out
}
