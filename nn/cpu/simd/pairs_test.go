package simd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// roundingLevels runs a test for the bfloat16 kernels of every instruction set, and skips it for those that this machine does
// not have.
func roundingLevels(t *testing.T, test func(t *testing.T, f *Kernels)) {
	for _, name := range []string{"plain", "avx512"} {
		t.Run(name, func(t *testing.T) {
			f, err := LevelBF16(name)
			if err != nil {
				t.Skip(err)
			}
			test(t, &f)
		})
	}
}

// TestRoundBF16 checks that ties go to the even neighbor, overflows become infinite, NaN stays NaN, and denormal
// numbers become 0.
func TestRoundBF16(t *testing.T) {
	ulp := math.Ldexp(1, -7) // of numbers from 1 on
	for _, c := range [][2]float64{
		{1, 1}, {1 + ulp/2, 1}, {1 + ulp*0.51, 1 + ulp}, {1 + 1.5*ulp, 1 + 2*ulp}, {-1 - 1.5*ulp, -1 - 2*ulp},
		{math.MaxFloat32, math.Inf(1)}, {math.Inf(-1), math.Inf(-1)}, {1e-40, 0}, {0, 0},
	} {
		got := float64(RoundBF16(float32(c[0])))
		if math.IsInf(c[1], 0) || c[1] == 0 {
			require.Equal(t, c[1], got)
			continue
		}
		require.InEpsilon(t, c[1], got, 1e-3, "%g", c[0])
	}
	require.True(t, math.IsNaN(float64(RoundBF16(float32(math.NaN())))))
	require.True(t, math.IsNaN(float64(RoundBF16(math.Float32frombits(0x7f800001)))))
	rng := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		x := math.Float32frombits(rng.Uint32())
		if math.IsNaN(float64(x)) || math.Abs(float64(x)) < 1.2e-38 || math.Abs(float64(x)) > 3e38 {
			continue
		}
		require.InEpsilon(t, x, RoundBF16(x), 1./256, "%g", x)
	}
}

// special returns n random words, some of which are hard to round.
func special(rng *rand.Rand, n int) []float32 {
	x := random(rng, n, 2)
	hard := []float32{1 + 1./256, 1 + 3./256, -1 - 1./256, 1e-40, -1e-40, float32(math.Inf(1)), math.MaxFloat32, 0}
	for i := range x {
		if rng.IntN(4) == 0 {
			x[i] = hard[rng.IntN(len(hard))]
		}
	}
	return x
}

// bitsOf returns the bits of pairs. As numbers, many of them are NaN, which require.Equal would not find equal.
func bitsOf(x []float32) []uint32 {
	bits := make([]uint32, len(x))
	for i, v := range x {
		bits[i] = math.Float32bits(v)
	}
	return bits
}

// TestPair4 checks that four rows of every length are rounded, paired and interleaved.
func TestPair4(t *testing.T) {
	roundingLevels(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(2, 2))
		for n := 1; n < 80; n++ {
			ld, step, words := n+n%3, 4+n%5, (n+1)/2
			src, dst := special(rng, 3*ld+n), guarded((words-1)*step+4)
			f.Pair4(n, src, ld, dst, step)
			for i := range words {
				for r := range 4 {
					var odd float32
					if 2*i+1 < n {
						odd = src[r*ld+2*i+1]
					}
					want := Pair(src[r*ld+2*i], odd)
					require.Equal(t, math.Float32bits(want), math.Float32bits(dst[i*step+r]), "n %d, pair %d, row %d", n, i, r)
				}
				if i < words-1 {
					requireGuard(t, dst[i*step+4:(i+1)*step])
				}
			}
			requireGuard(t, dst[(words-1)*step+4:])
			require.Panics(t, func() { f.Pair4(n, src[1:], ld, dst, step) })
		}
	})
}

// TestPairColumns checks that columns are rounded and paired, with an odd last row and unused columns filled with 0.
func TestPairColumns(t *testing.T) {
	roundingLevels(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(3, 3))
		for _, c := range []struct {
			width int
			run   func(n, columns int, src []float32, ld int, dst []float32)
		}{{f.MR, f.PairA}, {f.NR, f.PairB}} {
			for columns := 1; columns <= c.width; columns++ {
				for n := 1; n < 6; n++ {
					ld, words := c.width+3, (n+1)/2
					src, dst := special(rng, (n-1)*ld+columns), guarded(words*c.width)
					c.run(n, columns, src, ld, dst)
					want := make([]float32, words*c.width)
					for i := range words {
						for j := range columns {
							var odd float32
							if 2*i+1 < n {
								odd = src[(2*i+1)*ld+j]
							}
							want[i*c.width+j] = Pair(src[2*i*ld+j], odd)
						}
					}
					require.Equal(t, bitsOf(want), bitsOf(dst[:len(want)]), "%d rows of %d", n, columns)
					requireGuard(t, dst[len(want):])
					require.Panics(t, func() { c.run(n, columns, src[1:], ld, dst) })
				}
			}
		}
	})
}

// TestPairBInPlace checks that pairs may overwrite what they are made of.
func TestPairBInPlace(t *testing.T) {
	roundingLevels(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(4, 4))
		for n := 1; n < 30; n++ {
			src := random(rng, n*f.NR, 1)
			want := make([]float32, (n+1)/2*f.NR)
			f.PairB(n, f.NR, src, f.NR, want)
			f.PairB(n, f.NR, src, f.NR, src)
			require.Equal(t, bitsOf(want), bitsOf(src[:len(want)]))
		}
	})
}

// TestTileOfPairs compares products of rounded operands with float64. They are exact in float32, so only the sums
// round.
func TestTileOfPairs(t *testing.T) {
	roundingLevels(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(5, 5))
		for k := 1; k < 20; k++ {
			rowsA, rowsB := random(rng, k*f.MR, 1), random(rng, k*f.NR, 1)
			words := f.Words(k)
			a, b, ldc := make([]float32, words*f.MR), make([]float32, words*f.NR), f.NR+3
			f.PairA(k, f.MR, rowsA, f.MR, a)
			f.PairB(k, f.NR, rowsB, f.NR, b)
			c := guarded(f.MR * ldc)
			f.Tile(words, a, b, c, ldc, false)
			f.Tile(words, a, b, c, ldc, true)
			for i := range f.MR {
				for j := range f.NR {
					want := 0.0
					for n := range k {
						want += 2 * float64(RoundBF16(rowsA[n*f.MR+i])) * float64(RoundBF16(rowsB[n*f.NR+j]))
					}
					require.InDelta(t, want, c[i*ldc+j], 1e-5, "k %d, (%d,%d)", k, i, j)
				}
				requireGuard(t, c[i*ldc+f.NR:(i+1)*ldc])
			}
		}
	})
}

// TestLevelBF16Names checks the errors for instruction sets without bfloat16 and for unknown ones.
func TestLevelBF16Names(t *testing.T) {
	_, err := LevelBF16("avx2")
	require.ErrorContains(t, err, "simd: ")
	_, err = LevelBF16("mmx")
	require.ErrorContains(t, err, `unknown instruction set "mmx"`)
	f, err := LevelBF16("plain")
	require.NoError(t, err)
	require.True(t, f.Rounds())
}
