package simd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// eachLevel runs a test for the kernels of every instruction set, and skips it for those that this machine does not have.
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

// random returns n random numbers between -scale and scale.
func random(rng *rand.Rand, n int, scale float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = scale * (2*rng.Float32() - 1)
	}
	return x
}

const guard = 12345 // a word that no kernel may touch

// guarded returns n words to write to, and 16 that must not be touched; all have the value of guard.
func guarded(n int) []float32 {
	x := make([]float32, n+16)
	for i := range x {
		x[i] = guard
	}
	return x
}

// requireGuard checks that no word was touched.
func requireGuard(t *testing.T, x []float32) {
	t.Helper()
	for i, v := range x {
		require.Equal(t, float32(guard), v, "word %d behind the output", i)
	}
}

// TestTile compares products of packed operands with sums in float64, and checks that nothing else is written.
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

// TestTileInPlace compares products of operands that are not packed, with A by rows and by columns, with sums in
// float64.
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

// TestTileRefusesShortSlices checks that slices that are too short panic instead of being read past their end.
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

// TestPack4 checks that four rows of every length are interleaved.
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

// TestCopy checks that rows with gaps are packed.
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

// TestRowsOfAnyLength compares elementwise functions on every length up to three vectors, so that every mask of a
// tail is used, with float64.
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

// TestAdamW makes two steps on every length up to three vectors, and compares them with float64.
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

// TestLevelNames checks the default level, and the error for an unknown one.
func TestLevelNames(t *testing.T) {
	f, err := Level("auto")
	require.NoError(t, err)
	require.Equal(t, Detect().Name, f.Name)
	_, err = Level("mmx")
	require.EqualError(t, err, `simd: unknown instruction set "mmx": want auto, plain, avx2, avx512 or neon`)
}
