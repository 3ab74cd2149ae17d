package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSoftmaxInSteps checks that a softmax in several steps equals one over all scores.
func TestSoftmaxInSteps(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		for _, scale := range []float32{1, 30, 1000} {
			rng := rand.New(rand.NewPCG(4, 4))
			const steps, n = 3, 7
			scores := panelOf(f, rng, steps*n, scale)
			largest, sum, alpha := random(rng, f.NR, 0), make([]float32, f.NR), make([]float32, f.NR)
			for j := range largest {
				largest[j] = float32(math.Inf(-1))
			}
			p := append([]float32(nil), scores...)
			for s := range steps {
				f.Softmax(n, p[s*n*f.NR:], largest, sum, alpha)
				for j := range f.NR { // earlier steps, relative to the new maximum
					for i := range s * n {
						p[i*f.NR+j] *= alpha[j]
					}
				}
			}
			for j := range f.NR {
				m, total := math.Inf(-1), 0.0
				for i := range steps * n {
					m = max(m, float64(scores[i*f.NR+j]))
				}
				for i := range steps * n {
					total += math.Exp2(float64(scores[i*f.NR+j]) - m)
				}
				require.Equal(t, float32(m), largest[j])
				require.InEpsilon(t, total, sum[j], 1e-6)
				for i := range steps * n {
					want := math.Exp2(float64(scores[i*f.NR+j]) - m)
					require.InDelta(t, want, p[i*f.NR+j], 1e-6, "scale %v, row %d, lane %d", scale, i, j)
				}
			}
		}
	})
}

// TestSoftmaxOfManyKeys sums as many equal terms as the memory has keys, whose rounding errors all have the same
// sign. A single chain of sums would be off by 1e-4.
func TestSoftmaxOfManyKeys(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		const n, steps = 240, 120
		largest, sum, alpha := make([]float32, f.NR), make([]float32, f.NR), make([]float32, f.NR)
		s := make([]float32, n*f.NR)
		for range steps {
			for i := range s {
				s[i] = -0.3
			}
			f.Softmax(n, s, largest, sum, alpha)
		}
		for j := range sum {
			require.InEpsilon(t, n*steps*math.Exp2(float64(float32(-0.3))), sum[j], 1e-5)
		}
	})
}

// TestSoftmaxOfNaN checks that NaN or an infinity makes the sum of its lane NaN, but not that of another lane.
func TestSoftmaxOfNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			s, state := make([]float32, 3*f.NR), make([]float32, 3*f.NR)
			s[f.NR] = float32(bad) // lane 0, the second of three keys
			f.Softmax(3, s, state[:f.NR], state[f.NR:], state[2*f.NR:])
			require.True(t, math.IsNaN(float64(state[f.NR])), "sum of a lane with %v", bad)
			require.Equal(t, float32(3), state[f.NR+1], "sum of the next lane")
		}
	})
}

// TestPanels compares the functions that attention applies to panels of scores with float64.
func TestPanels(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(5, 5))
		const n = 5
		s, dp := panelOf(f, rng, n, 10), panelOf(f, rng, n, 1)
		lse, delta := random(rng, f.NR, 10), random(rng, f.NR, 1)
		p, ds, scaled := append([]float32(nil), s...), append([]float32(nil), dp...), append([]float32(nil), s...)
		f.Probability(n, p, lse)
		f.ScoreGradient(n, p, ds, delta)
		f.ScaleLanes(n, scaled, delta)
		for i := range s {
			j := i % f.NR
			require.InEpsilon(t, math.Exp2(float64(s[i]-lse[j])), p[i], 1e-6, fmt.Sprint(i))
			require.Equal(t, p[i]*(dp[i]-delta[j]), ds[i])
			require.Equal(t, s[i]*delta[j], scaled[i])
		}
	})
}

// panelOf returns n rows of NR random scores.
func panelOf(f *Kernels, rng *rand.Rand, n int, scale float32) []float32 {
	return random(rng, n*f.NR, scale)
}
