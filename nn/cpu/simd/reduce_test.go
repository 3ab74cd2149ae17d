package simd

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSumsOverRows compares sums over rows of every length up to seven vectors, so that every block of columns and
// every mask is used, with float64.
func TestSumsOverRows(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(9, 9))
		for n := range 120 {
			for _, rows := range []int{1, 2, 7} {
				ldx := n + 3
				x, start := random(rng, (rows-1)*ldx+n, 1), append(random(rng, n, 1), guarded(0)...)
				sums := slices.Clone(start)
				f.AddRows(rows, sums[:n], x, ldx)
				for c := range n {
					sum := float64(start[c])
					for i := range rows {
						sum += float64(x[i*ldx+c])
					}
					require.InDelta(t, sum, sums[c], 2e-6, "%d rows of %d, word %d", rows, n, c)
				}
				requireGuard(t, sums[n:])
			}
		}
		require.Panics(t, func() { f.AddRows(2, make([]float32, 3), make([]float32, 6), 4) })
	})
}

// TestAddRuns checks sums of runs of every length up to three vectors, with and without gaps.
func TestAddRuns(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(16, 16))
		for width := 1; width < 50; width++ {
			for _, gap := range []int{0, 3} {
				const n = 4
				ldd, lds := width+gap, width+2
				src, was := random(rng, (n-1)*lds+width, 1), random(rng, (n-1)*ldd+width, 1)
				dst := append(slices.Clone(was), guarded(0)...)
				f.AddRuns(n, width, dst, ldd, src, lds)
				for i := range was {
					want := was[i]
					if c := i % ldd; c < width {
						want += src[i/ldd*lds+c]
					}
					require.Equal(t, want, dst[i], "runs of %d, word %d", width, i)
				}
				requireGuard(t, dst[len(was):])
			}
		}
		require.Panics(t, func() { f.AddRuns(2, 3, make([]float32, 5), 3, make([]float32, 6), 3) })
		require.Panics(t, func() { f.AddRuns(2, 3, make([]float32, 6), 2, make([]float32, 6), 3) })
	})
}

// TestRotate compares rotations in both directions with float64.
func TestRotate(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(10, 10))
		for n := 0; n < 50; n += 2 {
			x, angles := random(rng, n, 1), random(rng, n, 1)
			there, back := guarded(n), guarded(n)
			f.Rotate(there[:n], x, angles)
			f.RotateBack(back[:n], x, angles)
			for i := 0; i < n; i += 2 {
				x0, x1, cos, sin := float64(x[i]), float64(x[i+1]), float64(angles[i]), float64(angles[i+1])
				require.InDelta(t, x0*cos-x1*sin, there[i], 1e-6)
				require.InDelta(t, x1*cos+x0*sin, there[i+1], 1e-6)
				require.InDelta(t, x0*cos+x1*sin, back[i], 1e-6)
				require.InDelta(t, x1*cos-x0*sin, back[i+1], 1e-6)
			}
			requireGuard(t, there[n:])
			requireGuard(t, back[n:])
		}
		require.Panics(t, func() { f.Rotate(random(rng, 3, 1), random(rng, 4, 1), random(rng, 4, 1)) })
	})
}

// TestTileFrom checks products that begin with a bias or with another matrix.
func TestTileFrom(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(11, 11))
		const k = 5
		a, b := random(rng, k*f.MR, 1), random(rng, k*f.NR, 1)
		ldc, ldf := f.NR+1, f.NR+2
		for _, stride := range []int{0, ldf} {
			from := random(rng, (f.MR-1)*stride+f.NR, 1)
			packed, inPlace := guarded(f.MR*ldc), guarded(f.MR*ldc)
			f.TileFrom(k, a, b, packed, ldc, from, stride)
			f.TileInPlaceFrom(k, a, 1, f.MR, b, f.NR, inPlace, ldc, from, stride)
			for i := range f.MR {
				for j := range f.NR {
					want := float64(from[i*stride+j])
					for n := range k {
						want += float64(a[n*f.MR+i]) * float64(b[n*f.NR+j])
					}
					require.InDelta(t, want, packed[i*ldc+j], 2e-6)
					require.InDelta(t, want, inPlace[i*ldc+j], 2e-6)
				}
				requireGuard(t, packed[i*ldc+f.NR:(i+1)*ldc])
			}
			require.Panics(t, func() { f.TileFrom(k, a, b, packed, ldc, from[1:], stride) })
			require.Panics(t, func() { f.TileInPlaceFrom(k, a, 1, f.MR, b, f.NR, inPlace, ldc, from[1:], stride) })
		}
	})
}
