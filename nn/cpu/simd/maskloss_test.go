package simd

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMaskLoss compares the loss and its gradient with those of the plain functions.
func TestMaskLoss(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		plain := Plain()
		rng := rand.New(rand.NewPCG(9, 9))
		for _, n := range []int{1, 2, 7, 16, 31, 50, maskChunk, 2*maskChunk + 5} {
			x, truth := random(rng, n, 12), make([]float32, n)
			for i := range truth {
				truth[i] = float32(rng.IntN(2))
			}
			x[0] = 0
			var want, got [MaskLossTerms]float64
			plain.MaskLoss(&want, x, truth, 0.25)
			f.MaskLoss(&got, x, truth, 0.25)
			for i := range want {
				require.InDelta(t, want[i], got[i], 1e-5*want[i]+1e-6, "sum %d of %d pixels", i, n)
			}
			start := random(rng, n, 1)
			dWant, dGot := slices.Clone(start), append(slices.Clone(start), guarded(0)...)
			plain.AddMaskLossGradient(dWant, x, truth, [3]float32{2, -0.5, 0.25}, 0.25)
			f.AddMaskLossGradient(dGot, x, truth, [3]float32{2, -0.5, 0.25}, 0.25)
			for i := range dWant {
				require.InDelta(t, dWant[i], dGot[i], 3e-6, "pixel %d of %d, logit %g, truth %g", i, n, x[i], truth[i])
			}
			requireGuard(t, dGot[n:])
		}
		require.Panics(t, func() { f.MaskLoss(new([MaskLossTerms]float64), make([]float32, 3), make([]float32, 2), 0.25) })
	})
}
