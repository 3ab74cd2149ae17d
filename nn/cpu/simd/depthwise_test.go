package simd

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDepthwise compares sums over one to seven rows that begin with zero, a bias, or the present values with sums
// in float64.
func TestDepthwise(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(12, 12))
		for _, groups := range []int{1, 3} {
			pixels := groups * DepthwiseGroup
			ldx, ldy := (pixels+DepthwiseTaps)*f.NR, f.NR+3
			for rows := 1; rows <= DepthwiseTaps; rows++ {
				x := random(rng, (rows-1)*ldx+(pixels+DepthwiseTaps-1)*f.NR, 1)
				weight := random(rng, rows*DepthwiseTaps*f.NR, 1)
				was := random(rng, (pixels-1)*ldy+f.NR, 1)
				for _, begin := range []string{"zero", "bias", "sum"} {
					y := append(slices.Clone(was), guarded(0)...)
					from, ldf := []float32(nil), 0
					switch begin {
					case "bias":
						from = was
					case "sum":
						from, ldf = y, ldy
					}
					f.Depthwise(groups, rows, x, ldx, weight, y, ldy, from, ldf)
					for p := range pixels {
						for c := range f.NR {
							want := 0.0
							if from != nil {
								want = float64(was[p*ldf+c])
							}
							for r := range rows {
								for k := range DepthwiseTaps {
									want += float64(x[r*ldx+(p+k)*f.NR+c]) * float64(weight[(r*DepthwiseTaps+k)*f.NR+c])
								}
							}
							require.InDelta(t, want, y[p*ldy+c], 1e-5, "%s, %d rows, pixel %d, channel %d", begin, rows, p, c)
						}
						if end := (p + 1) * ldy; end < len(was) {
							require.Equal(t, was[p*ldy+f.NR:end], y[p*ldy+f.NR:end], "between the pixels")
						}
					}
					requireGuard(t, y[len(was):])
				}
			}
		}
		require.Panics(t, func() {
			f.Depthwise(1, 1, make([]float32, 13*f.NR), 0, make([]float32, 7*f.NR), make([]float32, 8*f.NR), f.NR, nil, 0)
		})
	})
}

// TestDepthwiseGradient compares the gradients of the weights with sums in float64.
func TestDepthwiseGradient(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		rng := rand.New(rand.NewPCG(13, 13))
		for _, groups := range []int{1, 3} {
			pixels := groups * DepthwiseGroup
			ldx, ldy := (pixels+DepthwiseTaps)*f.NR, (pixels+1)*f.NR
			for _, rows := range []int{1, 2, 9} {
				x := random(rng, (rows-1)*ldx+(pixels+DepthwiseTaps-1)*f.NR, 1)
				dy := random(rng, (rows-1)*ldy+pixels*f.NR, 1)
				was := random(rng, DepthwiseTaps*f.NR, 1)
				dw := append(slices.Clone(was), guarded(0)...)
				f.DepthwiseGradient(groups, rows, dw, x, ldx, dy, ldy)
				for k := range DepthwiseTaps {
					for c := range f.NR {
						want := float64(was[k*f.NR+c])
						for r := range rows {
							for p := range pixels {
								want += float64(x[r*ldx+(p+k)*f.NR+c]) * float64(dy[r*ldy+p*f.NR+c])
							}
						}
						require.InDelta(t, want, dw[k*f.NR+c], 2e-5, "%d rows, place %d, channel %d", rows, k, c)
					}
				}
				requireGuard(t, dw[len(was):])
			}
		}
		require.Panics(t, func() {
			f.DepthwiseGradient(1, 1, make([]float32, 7*f.NR), make([]float32, 13*f.NR), 0, make([]float32, 8*f.NR), 0)
		})
	})
}
