package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// bce returns p = sigmoid(x) and the binary cross-entropy -t*log(p) - (1-t)*log(1-p), computed without overflow as
// max(x,0) - x*t + log(1+exp(-|x|)).
func bce(x, t float64) (p, loss float64) {
	e := math.Exp(-math.Abs(x))
	p = 1 / (1 + e)
	if x < 0 {
		p *= e
	}
	return p, max(x, 0) - x*t + math.Log1p(e)
}

// MaskLoss implements backend.Kernels.
func (d *Device) MaskLoss(a backend.MaskLoss) {
	a.Check()
	x := d.words(a.X, a.B*a.P)
	truth := d.words(a.T, a.B/a.Repeat*a.P)
	out := d.words(a.Out, a.B*backend.MaskLossTerms)
	for b := range a.B {
		xs, ts := x[b*a.P:][:a.P], truth[b/a.Repeat*a.P:][:a.P]
		total := make([]float64, backend.MaskLossTerms)
		d.sumBlocks(a.P, 32, total, func(lo, hi int, s []float64) {
			if !d.plain {
				d.kernels.MaskLoss((*[backend.MaskLossTerms]float64)(s), xs[lo:hi], ts[lo:hi], a.Alpha)
				return
			}
			for i := lo; i < hi; i++ {
				addMaskTerms(s, float64(xs[i]), float64(ts[i]), float64(a.Alpha))
			}
		})
		for i, v := range total {
			out[b*backend.MaskLossTerms+i] = float32(v)
		}
	}
}

// addMaskTerms adds the terms of a pixel to the sums s.
func addMaskTerms(s []float64, x, t, alpha float64) {
	p, loss := bce(x, t)
	miss := 1 - (p*t + (1-p)*(1-t)) // 1 - p_t
	s[0] += (alpha*t + (1-alpha)*(1-t)) * miss * miss * loss
	s[1] += p * t
	s[2] += p
	s[3] += t
	if x > 0 && t > 0.5 {
		s[4]++
	}
	if x > 0 || t > 0.5 {
		s[5]++
	}
}

// MaskLossBackward implements backend.Kernels.
// Forward: focal = a_t * (1-p_t)^2 * BCE, with dBCE/dx = p - t and dp/dx = p*(1-p).
func (d *Device) MaskLossBackward(a backend.MaskLossBackward) {
	a.Check()
	x := d.words(a.X, a.B*a.P)
	truth := d.words(a.T, a.B/a.Repeat*a.P)
	g := d.words(a.G, a.B*3)
	dx := d.words(a.DX, a.B*a.P)
	if !d.plain {
		d.parallel(a.B, 16*a.P, func(lo, hi int) {
			for b := lo; b < hi; b++ {
				d.kernels.AddMaskLossGradient(dx[b*a.P:][:a.P], x[b*a.P:][:a.P], truth[b/a.Repeat*a.P:][:a.P], [3]float32(g[3*b:]), a.Alpha)
			}
		})
		return
	}
	alpha := float64(a.Alpha)
	d.parallel(a.B*a.P, 32, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			b := i / a.P
			t := float64(truth[b/a.Repeat*a.P+i%a.P])
			p, loss := bce(float64(x[i]), t)
			slope := p * (1 - p)
			miss := 1 - (p*t + (1-p)*(1-t)) // dmiss/dx = (1-2t)*slope
			focal := (alpha*t + (1-alpha)*(1-t)) *
				(miss*miss*(p-t) + 2*miss*(1-2*t)*slope*loss)
			gb := g[3*b:][:3]
			dx[i] += float32(float64(gb[0])*focal + (float64(gb[1])*t+float64(gb[2]))*slope)
		}
	})
}
