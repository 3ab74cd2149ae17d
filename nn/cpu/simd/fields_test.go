package simd

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// someRows returns n random rows of a length, each followed by a guard.
func someRows(rng *rand.Rand, n, length int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = append(random(rng, length, 3), guarded(0)...)
	}
	return out
}

func copyRows(rows [][]float32) [][]float32 {
	out := make([][]float32, len(rows))
	for i, r := range rows {
		out[i] = slices.Clone(r)
	}
	return out
}

// TestFieldRows checks that the rows of cuts and flows, of every length up to three vectors, equal those of the
// plain functions bit for bit.
func TestFieldRows(t *testing.T) {
	calls := []struct {
		name string
		rows int
		call func(f *Kernels, n int, r [][]float32)
	}{
		{"cutDual", 6, func(f *Kernels, n int, r [][]float32) {
			f.CutDual(r[0][:n], r[1], r[2], r[3], r[4], r[5], []float32{0.35})
		}},
		{"cutPrimal", 7, func(f *Kernels, n int, r [][]float32) {
			f.CutPrimal(r[0][:n], r[1], r[2], r[3], r[4], r[5], r[6], []float32{0.35})
		}},
		{"flowBrightness", 10, func(f *Kernels, n int, r [][]float32) {
			f.FlowBrightness(FlowEquations{r[0][:n], r[1], r[2], r[3], r[4]}, r[5], r[6], r[7], r[8], r[9], []float32{2.5, 0.01, 1e-6})
		}},
		{"flowGradients", 12, func(f *Kernels, n int, r [][]float32) {
			f.FlowGradients(FlowEquations{r[0][:n], r[1], r[2], r[3], r[4]}, r[5], r[6], r[7], r[8], r[9], r[10], r[11], []float32{5, 0.01, 1e-6})
		}},
		{"flowSmoothness", 7, func(f *Kernels, n int, r [][]float32) {
			f.FlowSmoothness(r[0][:n], r[1], r[2], r[3], r[4], r[5], r[6], []float32{10, 1e-6})
		}},
	}
	eachLevel(t, func(t *testing.T, f *Kernels) {
		plain := Plain()
		for _, c := range calls {
			for n := range 50 {
				given := someRows(rand.New(rand.NewPCG(14, uint64(n))), c.rows, n)
				want, got := copyRows(given), copyRows(given)
				c.call(&plain, n, want)
				c.call(f, n, got)
				require.Equal(t, want, got, "%s of %d", c.name, n)
				require.NotEqual(t, n > 0, slices.Equal(given[0], got[0]), c.name)
			}
			short := someRows(rand.New(rand.NewPCG(14, 9)), c.rows, 9)
			short[c.rows-1] = short[c.rows-1][:8:8]
			require.Panics(t, func() { c.call(f, 9, short) }, c.name)
		}
	})
}

// TestFlowRelax checks that planes of every width up to three vectors, including planes that consist of border only,
// equal those of the plain functions bit for bit.
func TestFlowRelax(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		plain := Plain()
		for w := 1; w < 52; w++ {
			for _, h := range []int{1, 2, 3, 8} {
				rng := rand.New(rand.NewPCG(15, uint64(w*10+h)))
				given := make([][]float32, 12)
				for i := range given {
					given[i] = random(rng, h*w, 2)
				}
				for i := range given[0] { // as FlowRelax wants U, V, and positive weights
					given[0][i], given[1][i] = given[4][i]+given[2][i], given[5][i]+given[3][i]
					for _, k := range []int{6, 7, 9} {
						given[k][i] = 1 + given[k][i]*given[k][i]
					}
				}
				relaxed := func(f *Kernels) [][]float32 {
					r := copyRows(given)
					p := FlowPlane{h, w, r[0], r[1], r[2], r[3], r[4], r[5], r[6], FlowEquations{r[7], r[8], r[9], r[10], r[11]}}
					f.FlowRelax(p, 0, []float32{1.6})
					f.FlowRelax(p, 1, []float32{1.6})
					return r
				}
				require.Equal(t, relaxed(&plain), relaxed(f), "(%d,%d)", h, w)
			}
		}
		require.Panics(t, func() { f.FlowRelax(FlowPlane{H: 2, W: 2}, 0, []float32{1}) })
	})
}
