package simd

import "math"

// pixelLoss returns the probability of a logit and its binary cross-entropy, without overflow.
func pixelLoss(x, t float64) (p, loss float64) {
	e := math.Exp(-math.Abs(x))
	p = 1 / (1 + e)
	if x < 0 {
		p *= e
	}
	return p, max(x, 0) - x*t + math.Log1p(e)
}

// maskLossPlain adds everything to the first lane of the sums.
func maskLossPlain(sums, x, t, c []float32) {
	lanes := len(sums) / kernelTerms
	for i, v := range x {
		p, loss := pixelLoss(float64(v), float64(t[i]))
		truth := float64(t[i])
		miss := p + truth - 2*p*truth
		in, of := 0.0, 0.0
		if v > 0 {
			in = 1
		}
		if t[i] > 0.5 {
			of = 1
		}
		weight := float64(c[0]) + float64(c[1])*truth
		r := p - in
		for k, term := range [kernelTerms]float64{weight * miss * miss * loss, r * truth, r, truth, min(in, of), max(in, of), in, in * truth} {
			sums[k*lanes] += float32(term)
		}
	}
}

func maskLossGradientPlain(dx, x, t, c []float32) {
	for i, v := range x {
		p, loss := pixelLoss(float64(v), float64(t[i]))
		truth := float64(t[i])
		miss, slope := p+truth-2*p*truth, p*(1-p)
		focal := (float64(c[0]) + float64(c[1])*truth) * (miss*miss*(p-truth) + 2*miss*(1-2*truth)*slope*loss)
		dx[i] += float32(float64(c[2])*focal + (float64(c[3])*truth+float64(c[4]))*slope)
	}
}
