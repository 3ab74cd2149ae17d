//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestGELUAccuracy compares GELU and its derivative, which use the error function of erf.wgsl, with float64, in the range where
// it matters and far beyond.
func TestGELUAccuracy(t *testing.T) {
	d := open(t, Options{})
	const n = 1 << 18
	in, ones := make([]float32, n), make([]float32, n)
	for i := range in {
		in[i] = (float32(i)/n*2 - 1) * 12
		ones[i] = 1
	}
	in[0], in[1], in[2] = -1e4, 1e4, -80
	x, y, dy, dx := fill(d, in), d.Alloc(n), fill(d, ones), fill(d, make([]float32, n))
	d.Map(backend.Map{Op: backend.MapGELU, X: x, Y: y, N: n})
	d.MapBackward(backend.MapBackward{Op: backend.MapGELU, X: x, DY: dy, DX: dx, N: n})
	value, slope := words(t, d, y), words(t, d, dx)

	var worstValue, worstSlope float64
	for i, v := range in {
		v := float64(v)
		cdf := math.Erfc(-v/math.Sqrt2) / 2
		bell := math.Exp(-v*v/2) / math.Sqrt(2*math.Pi)
		worstValue = max(worstValue, math.Abs(float64(value[i])-v*cdf)/max(1, math.Abs(v)))
		worstSlope = max(worstSlope, math.Abs(float64(slope[i])-(cdf+v*bell)))
	}
	t.Logf("largest error: gelu %.2g (relative beyond 1), its derivative %.2g", worstValue, worstSlope)
	require.Less(t, worstValue, 1e-6)
	require.Less(t, worstSlope, 1e-6)
}

// TestSigmoidTails checks that large arguments neither overflow nor lose the small values.
func TestSigmoidTails(t *testing.T) {
	d := open(t, Options{})
	x := fill(d, []float32{-1e4, -80, -20, 0, 20, 80, 1e4})
	d.Map(backend.Map{Op: backend.MapSigmoid, X: x, Y: x, N: 7})
	got := words(t, d, x)
	for i, v := range []float64{-1e4, -80, -20, 0, 20, 80, 1e4} {
		want := 1 / (1 + math.Exp(-v))
		require.InDelta(t, want, got[i], 1e-5*want+1e-37, "sigmoid(%g)", v)
	}
}

// TestReLUKeepsNaN checks that ReLU keeps NaN, by itself and after a product, as on the CPU: a network that has diverged must not
// look healthy.
func TestReLUKeepsNaN(t *testing.T) {
	d := open(t, Options{})
	nan := float32(math.NaN())
	x, one, y := fill(d, []float32{nan, -1, 0, 2, nan}), fill(d, []float32{1}), d.Alloc(5)
	check := func() {
		got := words(t, d, y)
		require.True(t, math.IsNaN(float64(got[0])) && math.IsNaN(float64(got[4])), "%v", got)
		require.Equal(t, []float32{0, 0, 2}, got[1:4])
	}
	d.Map(backend.Map{Op: backend.MapReLU, X: x, Y: y, N: 5})
	check()
	for _, v := range variants() {
		d.tuner.forced = &v
		d.MatMul(backend.MatMul{A: x, B: one, C: y, M: 5, N: 1, K: 1, Batch: 1, Act: backend.ReLU})
		check()
	}
}

// fill returns a new buffer with the given contents.
func fill(d *Device, data []float32) backend.Buffer {
	b := d.Alloc(len(data))
	d.Write(b, 0, data)
	return b
}

// words returns the contents of b.
func words(t testing.TB, d *Device, b backend.Buffer) []float32 {
	t.Helper()
	got := make([]float32, b.Len())
	require.NoError(t, d.Read(b, 0, got))
	return got
}
