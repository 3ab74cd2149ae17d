package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSumsOfAnyLength compares functions on every length up to three vectors with the plain ones.
func TestSumsOfAnyLength(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		plain := Plain()
		rng := rand.New(rand.NewPCG(4, 4))
		for n := range 50 {
			x, y, start := random(rng, n, 2), random(rng, n, 2), append(random(rng, n, 1), guarded(0)...)
			for name, run := range map[string]func(f *Kernels, dst []float32){
				"AddGELUGradient":    func(f *Kernels, dst []float32) { f.AddGELUGradient(dst, x, y) },
				"AddReLUGradient":    func(f *Kernels, dst []float32) { f.AddReLUGradient(dst, x, y) },
				"ReLUGradient":       func(f *Kernels, dst []float32) { f.ReLUGradient(dst, x, y) },
				"SigmoidGradient":    func(f *Kernels, dst []float32) { f.SigmoidGradient(dst, x, y) },
				"AddSigmoidGradient": func(f *Kernels, dst []float32) { f.AddSigmoidGradient(dst, x, y) },
				"AddMul":             func(f *Kernels, dst []float32) { f.AddMul(dst, x, y) },
				"AddScaled":          func(f *Kernels, dst []float32) { f.AddScaled(dst, -1.5, x) },
				"Affine":             func(f *Kernels, dst []float32) { f.Affine(dst, -1.5, x, 0.25) },
				"Blend":              func(f *Kernels, dst []float32) { f.Blend(dst, -1.5, x, 0.25, y) },
			} {
				want, got := slices.Clone(start), slices.Clone(start)
				run(&plain, want[:n])
				run(f, got[:n])
				for i := range got {
					require.InDelta(t, want[i], got[i], 3e-6, "%s of %d, word %d", name, n, i)
				}
				requireGuard(t, got[n:])
			}
		}
	})
}

// TestLayerNorm compares both passes on rows with a mean far from 0, of every length up to three vectors, with the
// plain functions.
func TestLayerNorm(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		const rows, eps = 3, 1e-5
		plain := Plain()
		rng := rand.New(rand.NewPCG(5, 5))
		for n := 1; n < 50; n++ {
			x, dy := random(rng, rows*n, 2), random(rng, rows*n, 1)
			for i := range x {
				x[i] += 100
			}
			gamma, beta := random(rng, n, 1), random(rng, n, 1)
			want, got := guarded(rows*n), guarded(rows*n)
			plain.LayerNorm(want[:rows*n], x, gamma, beta, eps)
			f.LayerNorm(got[:rows*n], x, gamma, beta, eps)
			requireClose(t, want, got, 1e-4)
			requireGuard(t, got[rows*n:])

			var of [2][3][]float32 // dx, dgamma, dbeta: plain, f
			for k, kernels := range []*Kernels{&plain, f} {
				dx, dgamma, dbeta := guarded(rows*n), guarded(n), guarded(n)
				clear(dgamma[:n])
				clear(dbeta[:n])
				kernels.LayerNormBackward(dx[:rows*n], dgamma[:n], dbeta[:n], x, dy, gamma, eps, false) // dgamma and dbeta are added twice
				kernels.LayerNormBackward(dx[:rows*n], dgamma[:n], dbeta[:n], x, dy, gamma, eps, true)
				requireGuard(t, dx[rows*n:])
				requireGuard(t, dgamma[n:])
				requireGuard(t, dbeta[n:])
				of[k] = [3][]float32{dx, dgamma, dbeta}
			}
			for i := range of[0] {
				requireClose(t, of[0][i], of[1][i], 2e-4)
			}
		}
		require.Panics(t, func() {
			f.LayerNorm(make([]float32, 5), make([]float32, 5), make([]float32, 2), make([]float32, 2), eps)
		})
	})
}

// requireClose compares with a tolerance relative to the largest value, not counting guards.
func requireClose(t *testing.T, want, got []float32, part float64) {
	t.Helper()
	largest := 0.0
	for _, v := range want {
		if v != guard {
			largest = max(largest, math.Abs(float64(v)))
		}
	}
	for i := range want {
		require.InDelta(t, want[i], got[i], part*largest+1e-6, "word %d of %d", i, len(want))
	}
}

// TestMaxPool checks that pooling and its gradient equal those of the plain functions on pixels with many ties.
func TestMaxPool(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		plain := Plain()
		rng := rand.New(rand.NewPCG(8, 8))
		for n := 1; n < 50; n++ {
			top, bottom, dy := make([]float32, 2*n), make([]float32, 2*n), random(rng, n, 1)
			for i := range top {
				top[i], bottom[i] = float32(rng.IntN(3)), float32(rng.IntN(3))
			}
			var of [2][3][]float32
			for k, kernels := range []*Kernels{&plain, f} {
				y, dtop, dbottom := guarded(n), guarded(2*n), guarded(2*n)
				clear(dtop[:2*n])
				clear(dbottom[:2*n])
				kernels.MaxPool(y[:n], top, bottom)
				kernels.AddMaxPoolGradient(dtop, dbottom, top, bottom, dy)
				of[k] = [3][]float32{y, dtop, dbottom}
			}
			require.Equal(t, of[0], of[1], "%d channels", n)
		}
	})
}
