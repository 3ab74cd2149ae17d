package carry

import "math"

// Settings of the cut.
const (
	cutSteps = 80
	step     = 0.35 // of both variables, below 1/sqrt(8)
)

// cut finds, within a box, the region that gains most: the sum of gain inside less the length of its outline, which
// is cheaper along edges of the slice. It solves the convex relaxation by the primal-dual method of Chambolle and
// Pock (JMIV 2011) and returns the region's indicator, between 0 and 1, outside the box 0.
func cut(gain []float32, gray []uint8, r box, side int, length float32) []float32 {
	h, w := r.y1-r.y0, r.x1-r.x0
	weight := edgeWeights(gray, r, side, length)
	u, lead := make([]float32, h*w), make([]float32, h*w)
	px, py := make([]float32, h*w), make([]float32, h*w)
	f := make([]float32, h*w)
	for y := range h {
		copy(f[y*w:(y+1)*w], gain[(r.y0+y)*side+r.x0:])
	}
	for i, v := range f {
		if v > 0 {
			u[i], lead[i] = 1, 1
		}
	}
	for range cutSteps {
		dualStep(px, py, lead, weight, h, w)
		primalStep(u, lead, px, py, f, h, w)
	}
	out := make([]float32, len(gray))
	for y := range h {
		copy(out[(r.y0+y)*side+r.x0:], u[y*w:(y+1)*w])
	}
	return out
}

// dualStep follows the gradient of the indicator, and keeps the flow through a pixel below its weight.
func dualStep(px, py, u, weight []float32, h, w int) {
	for y := range h {
		down := w
		if y == h-1 {
			down = 0
		}
		for x := range w {
			i := y*w + x
			right := 1
			if x == w-1 {
				right = 0
			}
			a, b := px[i]+step*(u[i+right]-u[i]), py[i]+step*(u[i+down]-u[i])
			if n, most := a*a+b*b, weight[i]*weight[i]; n > most {
				k := weight[i] / float32(math.Sqrt(float64(n)))
				a, b = a*k, b*k
			}
			px[i], py[i] = a, b
		}
	}
}

// primalStep lets the indicator follow gain and flow, and leads it on.
func primalStep(u, lead, px, py, gain []float32, h, w int) {
	for y := range h {
		for x := range w {
			i := y*w + x
			d := px[i] + py[i] + gain[i]
			if x > 0 {
				d -= px[i-1]
			}
			if y > 0 {
				d -= py[i-w]
			}
			v := min(max(u[i]+step*d, 0), 1)
			lead[i] = 2*v - u[i]
			u[i] = v
		}
	}
}

// edgeWeights is the price of an outline through a pixel: low where gray values change more than usual.
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
