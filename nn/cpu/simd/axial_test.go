package simd

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAxial compares scores of a grid's keys with sums in float64, for every number of keys that the kernel accepts.
func TestAxial(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(3, 3))
		for keys := 1; keys <= f.MaxAxialKeys(); keys++ {
			for _, s := range [][2]int{{1, 1}, {3, 5}, {2, 8}} { // places, channels
				n, k, panel := s[0], s[1], (s[1]+1)*f.NR
				next := panel + 3
				a, b, m := random(rng, n*next, 1), random(rng, panel, 1), random(rng, n*k*keys, 1)
				got := guarded(n * keys * f.NR)
				f.Axial(n, k, keys, a, next, b, m, got)
				for x := range n {
					for key := range keys {
						for q := range f.NR {
							want := float64(a[x*next+q]) + float64(b[q])
							for c := range k {
								i := (c+1)*f.NR + q
								want += (float64(a[x*next+i]) + float64(b[i])) * float64(m[(x*k+c)*keys+key])
							}
							require.InDelta(t, want, got[(x*keys+key)*f.NR+q], 1e-5, "%d keys, %d places, %d channels: %d %d %d", keys, n, k, x, key, q)
						}
					}
				}
				requireGuard(t, got[n*keys*f.NR:])
			}
		}
		require.Panics(t, func() { f.Axial(1, 4, f.MaxAxialKeys()+1, make([]float32, 1000), 0, nil, nil, nil) })
	})
}

// TestAxialPairs checks that in bfloat16, m and the sums of a and b, except for the constant, are rounded.
func TestAxialPairs(t *testing.T) {
	roundingLevels(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(4, 3))
		for keys := 1; keys <= f.MaxAxialKeys(); keys++ {
			const n, k = 3, 6
			panel := (k + 1) * f.NR
			next := panel + 3
			a, b, m := random(rng, n*next, 1), random(rng, panel, 1), random(rng, n*k*keys, 1)
			pairs := make([]float32, n*k/2*keys)
			for i := range pairs {
				place, key := i/keys*2*keys, i%keys
				pairs[i] = Pair(m[place+key], m[place+keys+key])
			}
			got := guarded(n * keys * f.NR)
			f.Axial(n, k, keys, a, next, b, pairs, got)
			for i := range n * keys * f.NR {
				x, key, q := i/(keys*f.NR), i/f.NR%keys, i%f.NR
				want := float64(a[x*next+q]) + float64(b[q])
				for c := range k {
					j := (c+1)*f.NR + q
					want += float64(RoundBF16(a[x*next+j]+b[j])) * float64(RoundBF16(m[(x*k+c)*keys+key]))
				}
				require.InDelta(t, want, got[i], 1e-5, "%d keys: %d %d %d", keys, x, key, q)
			}
			requireGuard(t, got[n*keys*f.NR:])
		}
		require.Panics(t, func() {
			f.Axial(1, 3, 1, make([]float32, 1000), 0, make([]float32, 1000), make([]float32, 9), make([]float32, 99))
		})
	})
}

// BenchmarkAxial measures scores of a grid's keys.
func BenchmarkAxial(b *testing.B) {
	f := Detect()
	const n, k = 32, 64
	next := (k + 1) * f.NR
	for _, keys := range []int{2, 3, 4, 6, 7} {
		if keys > f.MaxAxialKeys() {
			continue
		}
		b.Run(string(rune('0'+keys)), func(b *testing.B) {
			a, row, m, s := make([]float32, n*next), make([]float32, next), make([]float32, n*k*keys), make([]float32, n*keys*f.NR)
			for b.Loop() {
				f.Axial(n, k, keys, a, next, row, m, s)
			}
			b.ReportMetric(2*float64(n*k*keys*f.NR)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
