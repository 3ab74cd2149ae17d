package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// eachLevel runs test for the kernels of every instruction set that this machine has.
func eachLevel(t *testing.T, test func(t *testing.T, f *Kernels)) {
	for _, name := range []string{"plain", "avx2", "avx512", "neon"} {
		t.Run(name, func(t *testing.T) {
			f, err := Level(name)
			if err != nil {
				t.Skip(err)
			}
			test(t, &f)
		})
	}
}

func random(rng *rand.Rand, n int, scale float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = scale * (2*rng.Float32() - 1)
	}
	return x
}

const guard = 12345 // a word that no kernel may touch

func guarded(n int) []float32 {
	x := make([]float32, n+16)
	for i := range x {
		x[i] = guard
	}
	return x
}

func requireGuard(t *testing.T, x []float32) {
	t.Helper()
	for i, v := range x {
		require.Equal(t, float32(guard), v, "word %d behind the output", i)
	}
}

func TestTile(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(1, 1))
		for k := 1; k < 20; k++ {
			for _, gap := range []int{0, 3} {
				ldc := f.NR + gap
				a, b := random(rng, k*f.MR, 1), random(rng, k*f.NR, 1)
				c := guarded(f.MR * ldc)
				f.Tile(k, a, b, c, ldc, false)
				f.Tile(k, a, b, c, ldc, true)
				for i := range f.MR {
					for j := range f.NR {
						want := 0.0
						for n := range k {
							want += 2 * float64(a[n*f.MR+i]) * float64(b[n*f.NR+j])
						}
						require.InDelta(t, want, c[i*ldc+j], 1e-5, "k %d, (%d,%d)", k, i, j)
					}
					requireGuard(t, c[i*ldc+f.NR:(i+1)*ldc])
				}
				requireGuard(t, c[f.MR*ldc:])
			}
		}
	})
}

// Operands in place, A by rows and by columns.
func TestTileInPlace(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(6, 6))
		for k := 1; k < 9; k++ {
			for _, stride := range [][2]int{{k + 2, 1}, {1, f.MR + 3}} { // row, step
				ldb, ldc := f.NR+5, f.NR+3
				a, b := random(rng, (f.MR-1)*stride[0]+(k-1)*stride[1]+1, 1), random(rng, (k-1)*ldb+f.NR, 1)
				c := guarded(f.MR * ldc)
				f.TileInPlace(k, a, stride[0], stride[1], b, ldb, c, ldc, false)
				f.TileInPlace(k, a, stride[0], stride[1], b, ldb, c, ldc, true)
				for i := range f.MR {
					for j := range f.NR {
						want := 0.0
						for n := range k {
							want += 2 * float64(a[i*stride[0]+n*stride[1]]) * float64(b[n*ldb+j])
						}
						require.InDelta(t, want, c[i*ldc+j], 1e-5, "k %d, (%d,%d)", k, i, j)
					}
					requireGuard(t, c[i*ldc+f.NR:(i+1)*ldc])
				}
				require.Panics(t, func() { f.TileInPlace(k, a[1:], stride[0], stride[1], b, ldb, c, ldc, false) })
				require.Panics(t, func() { f.TileInPlace(k, a, stride[0], stride[1], b[1:], ldb, c, ldc, false) })
			}
		}
	})
}

func TestTileRefusesShortSlices(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		a, b, c := make([]float32, f.MR), make([]float32, f.NR), make([]float32, f.MR*f.NR)
		require.NotPanics(t, func() { f.Tile(1, a, b, c, f.NR, false) })
		require.Panics(t, func() { f.Tile(0, a, b, c, f.NR, false) })
		require.Panics(t, func() { f.Tile(2, a, b, c, f.NR, false) })
		require.Panics(t, func() { f.Tile(1, a, b, c, f.NR+1, false) })
		require.Panics(t, func() { f.Tile(1, a, b, c[1:], f.NR, false) })
		require.Panics(t, func() { f.Pack4(3, a[:4], 1, b[:4], 4) })
		require.Panics(t, func() { f.Softmax(2, b, b, b, b) })
	})
}

func TestPack4(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(2, 2))
		for n := 1; n < 40; n++ {
			ld, step := n+n%3, 4+n%5
			src, dst := random(rng, 4*ld, 1), guarded((n-1)*step+4)
			f.Pack4(n, src, ld, dst, step)
			for i := range n {
				for r := range 4 {
					require.Equal(t, src[r*ld+i], dst[i*step+r], "n %d, column %d, row %d", n, i, r)
				}
				if i < n-1 {
					requireGuard(t, dst[i*step+4:(i+1)*step])
				}
			}
			requireGuard(t, dst[(n-1)*step+4:])
		}
	})
}

func TestCopy(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(6, 6))
		for _, c := range []struct {
			width int
			run   func(n int, src []float32, ld int, dst []float32)
		}{{f.MR, f.CopyA}, {f.NR, f.CopyB}} {
			for n := 1; n < 5; n++ {
				ld := c.width + 3
				src, dst := random(rng, n*ld, 1), guarded(n*c.width)
				c.run(n, src[:(n-1)*ld+c.width], ld, dst)
				for i := range n {
					require.Equal(t, src[i*ld:][:c.width], dst[i*c.width:][:c.width])
				}
				requireGuard(t, dst[n*c.width:])
				require.Panics(t, func() { c.run(n, src[:(n-1)*ld+c.width-1], ld, dst) })
			}
		}
	})
}

// Every length up to three vectors, so that every mask of a tail is used.
func TestRowsOfAnyLength(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(3, 3))
		for n := range 50 {
			x, y := random(rng, n+1, 2), random(rng, n+1, 2)
			for name, c := range map[string]struct {
				run  func(dst []float32)
				want func(x, y float64) float64
			}{
				"Add":  {func(dst []float32) { f.Add(dst, x, y) }, func(x, y float64) float64 { return x + y }},
				"Mul":  {func(dst []float32) { f.Mul(dst, x, y) }, func(x, y float64) float64 { return x * y }},
				"ReLU": {func(dst []float32) { f.ReLU(dst, x) }, func(x, _ float64) float64 { return max(x, 0) }},
				"Exp":  {func(dst []float32) { f.Exp(dst, x) }, func(x, _ float64) float64 { return math.Exp(x) }},
			} {
				dst := guarded(n)
				c.run(dst[:n])
				for i := range n {
					require.InDelta(t, c.want(float64(x[i]), float64(y[i])), dst[i], 3e-6, "%s of %d, word %d", name, n, i)
				}
				requireGuard(t, dst[n:])
			}
		}
		require.Panics(t, func() { f.Add(make([]float32, 3), make([]float32, 2), make([]float32, 3)) })
	})
}

// TestAdamW makes two steps on every length up to three vectors.
func TestAdamW(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(7, 7))
		of := AdamWFactors{GradScale: 0.5, Beta1: 0.9, Rest1: 0.1, Beta2: 0.99, Rest2: 0.01, Correction2: 1.5, Eps: 1e-3, Decay: 0.98, Step: 0.1}
		for n := range 50 {
			grad := random(rng, n, 2)
			got := [3][]float32{guarded(n), guarded(n), guarded(n)} // param, m, v
			want := [3][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}
			for k := range got {
				copy(got[k], random(rng, n, 1))
				for i := range n {
					if k == 2 {
						got[k][i] *= got[k][i]
					}
					want[k][i] = float64(got[k][i])
				}
			}
			for range 2 {
				f.AdamW(got[0][:n], grad, got[1], got[2], of)
				for i := range n {
					g := float64(of.GradScale * grad[i])
					want[1][i] = 0.9*want[1][i] + 0.1*g
					want[2][i] = 0.99*want[2][i] + 0.01*g*g
					want[0][i] = 0.98*want[0][i] - 0.1*want[1][i]/(math.Sqrt(1.5*want[2][i])+1e-3)
				}
			}
			for k := range got {
				for i := range n {
					require.InDelta(t, want[k][i], got[k][i], 2e-5, "array %d of %d, word %d", k, n, i)
				}
				requireGuard(t, got[k][n:])
			}
		}
	})
}

// panelOf returns n rows of NR scores.
func panelOf(f *Kernels, rng *rand.Rand, n int, scale float32) []float32 {
	return random(rng, n*f.NR, scale)
}

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
				for j := range f.NR { // what came before, relative to the new maximum
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

// As many equal terms as the memory has keys, whose roundings all go the same way; one long chain of sums is off by 1e-4.
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

func TestSoftmaxOfNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			s, state := make([]float32, 3*f.NR), make([]float32, 3*f.NR)
			s[f.NR] = float32(bad) // lane 0, the second of three keys
			f.Softmax(3, s, state[:f.NR], state[f.NR:], state[2*f.NR:])
			require.True(t, math.IsNaN(float64(state[f.NR])), "sum of a lane with %v", bad)
			require.Equal(t, float32(3), state[f.NR+1], "sum of the lane beside")
		}
	})
}

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

func TestLevelNames(t *testing.T) {
	f, err := Level("auto")
	require.NoError(t, err)
	require.Equal(t, Detect().Name, f.Name)
	_, err = Level("mmx")
	require.EqualError(t, err, `simd: unknown instruction set "mmx": want auto, plain, avx2, avx512 or neon`)
}
