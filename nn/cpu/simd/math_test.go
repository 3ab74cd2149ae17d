package simd

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// sweep returns floats that cover lo..hi evenly, powers of two down to the denormals, and both zeros.
func sweep(lo, hi float64) []float32 {
	const n = 200_000
	x := make([]float32, 0, n+600)
	for i := range n {
		x = append(x, float32(lo+(hi-lo)*float64(i)/(n-1)))
	}
	for e := -149; e < 7; e++ {
		for _, v := range []float64{math.Ldexp(1, e), -math.Ldexp(1.37, e)} {
			if v >= lo && v <= hi {
				x = append(x, float32(v))
			}
		}
	}
	return append(x, 0, float32(math.Copysign(0, -1)))
}

// requireFunction compares f with want: |f - want| <= abs + rel*|want|.
func requireFunction(t *testing.T, f func(dst, x []float32), want func(float64) float64, x []float32, abs, rel float64) {
	t.Helper()
	y := make([]float32, len(x))
	f(y, x)
	for i, v := range x {
		w := want(float64(v))
		if diff := math.Abs(float64(y[i]) - w); !(diff <= abs+rel*math.Abs(w)) {
			require.Failf(t, "too far off", "f(%g): got %g, want %g, difference %.3g", v, y[i], w, diff)
		}
	}
}

const denormal = 1.5e-45 // the spacing of denormal numbers

// TestExp compares exponentials with float64, and checks where they become 0 or infinite.
func TestExp(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		requireFunction(t, f.Exp, math.Exp, sweep(-103.9, 88.7), denormal, 3e-7)
		y := make([]float32, 6)
		f.Exp(y, []float32{float32(math.Inf(-1)), -1e30, -104.5, 89, 1e30, float32(math.Inf(1))})
		inf := float32(math.Inf(1))
		require.Equal(t, []float32{0, 0, 0, inf, inf, inf}, y)
	})
}

// TestGELUGradient compares the derivative with float64.
func TestGELUGradient(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		ones := make([]float32, 1<<18)
		for i := range ones {
			ones[i] = 1
		}
		slope := func(x float64) float64 {
			return 0.5*math.Erfc(-x*math.Sqrt2/2) + x*math.Exp(-0.5*x*x)/math.Sqrt(2*math.Pi)
		}
		requireFunction(t, func(dst, x []float32) { f.GELUGradient(dst, x, ones) }, slope, sweep(-30, 30), 1e-6, 0)
	})
}

// TestSigmoid compares sigmoids with float64, and checks their limits.
func TestSigmoid(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		requireFunction(t, f.Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, sweep(-87, 100), 0, 5e-7)
		y := make([]float32, 4)
		f.Sigmoid(y, []float32{float32(math.Inf(-1)), -1e30, 1e30, float32(math.Inf(1))})
		require.Equal(t, []float32{0, 0, 1, 1}, y)
	})
}

// TestGELU compares values with float64, and checks their limits.
func TestGELU(t *testing.T) {
	gelu := func(x float64) float64 { return x * (1 + math.Erf(x/math.Sqrt2)) / 2 }
	eachLevel(t, func(t *testing.T, f *Kernels) {
		requireFunction(t, f.GELU, gelu, sweep(-12, 6), 1e-6, 0)
		requireFunction(t, f.GELU, gelu, sweep(-0.5, 1e4), denormal, 1e-6)
		y := make([]float32, 4)
		f.GELU(y, []float32{-1e4, -3e38, 3e38, float32(math.Inf(1))})
		require.InDelta(t, 0, y[0], 1e-6)
		require.InDelta(t, 0, y[1], 1e-6)
		require.Equal(t, []float32{3e38, float32(math.Inf(1))}, y[2:])
	})
}

// TestNaNStaysNaN checks that no function turns NaN into a number.
func TestNaNStaysNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T, f *Kernels) {
		x := make([]float32, 19) // a vector and a tail
		for i := range x {
			x[i] = float32(math.NaN())
		}
		for name, fn := range map[string]func(dst, x []float32){"ReLU": f.ReLU, "GELU": f.GELU, "Exp": f.Exp, "Sigmoid": f.Sigmoid} {
			y := make([]float32, len(x))
			fn(y, x)
			for i, v := range y {
				require.True(t, math.IsNaN(float64(v)), "%s, word %d: got %g", name, i, v)
			}
		}
	})
}
