//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestMaskLossExtremes compares the loss of single pixels, with logits up to 1e4 and truths between 0 and 1, with
// float64.
func TestMaskLossExtremes(t *testing.T) {
	d := open(t, Options{})
	const alpha = 0.25
	var x, truth, g []float32
	for _, logit := range []float32{-1e4, -100, -20, -3, -1e-3, 0, 1e-3, 3, 20, 100, 1e4} {
		for _, v := range []float32{0, 0.25, 1} {
			x, truth, g = append(x, logit), append(truth, v), append(g, 1, 0, 0)
		}
	}
	b := len(x)
	xs, ts := fill(d, x), fill(d, truth)
	out, dx := d.Alloc(b*backend.MaskLossTerms), fill(d, make([]float32, b))
	d.MaskLoss(backend.MaskLoss{X: xs, T: ts, Out: out, B: b, P: 1, Repeat: 1, Alpha: alpha})
	d.MaskLossBackward(backend.MaskLossBackward{X: xs, T: ts, G: fill(d, g), DX: dx, B: b, P: 1, Repeat: 1, Alpha: alpha})
	sums, slopes := words(t, d, out), words(t, d, dx)
	for i := range x {
		focal, slope := focalReference(float64(x[i]), float64(truth[i]), alpha)
		require.InDelta(t, focal, sums[i*backend.MaskLossTerms], 2e-5*math.Abs(focal)+1e-30, "focal(%g, %g)", x[i], truth[i])
		require.InDelta(t, slope, slopes[i], 2e-5*math.Abs(slope)+1e-30, "focal'(%g, %g)", x[i], truth[i])
	}
}

// focalReference returns the focal loss of one pixel and its derivative.
func focalReference(x, t, alpha float64) (focal, slope float64) {
	e := math.Exp(-math.Abs(x))
	p, q := 1/(1+e), e/(1+e)
	if x < 0 {
		p, q = q, p
	}
	bce := math.Max(x, 0) - x*t + math.Log1p(e)
	u := p*(1-t) + q*t
	a := alpha*t + (1-alpha)*(1-t)
	return a * u * u * bce, a * (2*u*p*q*(1-2*t)*bce + u*u*(p*(1-t)-q*t))
}

// TestMaskLossConfident checks that the sums of p are exact up to a rounding or two, because 1 - Dice of a good mask
// is only about 1e-4.
func TestMaskLossConfident(t *testing.T) {
	d := open(t, Options{})
	const n = 1 << 16
	rng := rand.New(rand.NewPCG(5, 1))
	x, truth := make([]float32, n), make([]float32, n)
	var pt, p float64
	for i := range x {
		x[i] = 6 + 6*rng.Float32()
		truth[i] = float32(rng.IntN(2))
		if truth[i] == 0 {
			x[i] = -x[i]
		}
		prob := 1 / (1 + math.Exp(-float64(x[i])))
		p, pt = p+prob, pt+prob*float64(truth[i])
	}
	out := d.Alloc(backend.MaskLossTerms)
	d.MaskLoss(backend.MaskLoss{X: fill(d, x), T: fill(d, truth), Out: out, B: 1, P: n, Repeat: 1, Alpha: 0.25})
	got := words(t, d, out)
	require.InEpsilon(t, pt, got[1], 1.2e-7)
	require.InEpsilon(t, p, got[2], 1.2e-7)
}
