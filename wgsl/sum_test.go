//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestSumOfMillions checks that a large sum is exact to 1e-6, where adding one by one in float32 would be off by 1e-2, and that
// it is reproducible.
func TestSumOfMillions(t *testing.T) {
	d := open(t, Options{})
	const n = 3_000_017
	rng := rand.New(rand.NewPCG(7, 1))
	data := make([]float32, n)
	var sum, squares float64
	for i := range data {
		data[i] = rng.Float32() * 20
		sum += float64(data[i])
		squares += float64(data[i]) * float64(data[i])
	}
	x, y, z := fill(d, data), d.Alloc(1), fill(d, []float32{0})
	d.Sum(backend.Sum{X: x, Y: y, Outer: 1, N: n, Inner: 1, P: 1})
	d.Dot(backend.Dot{X: x, Y: x, Z: z, N: n, P: 1})
	require.InEpsilon(t, sum, words(t, d, y)[0], 1e-6)
	require.InEpsilon(t, squares, words(t, d, z)[0], 1e-6)

	again := d.Alloc(1)
	d.Sum(backend.Sum{X: x, Y: again, Outer: 1, N: n, Inner: 1, P: 1})
	require.Equal(t, words(t, d, y), words(t, d, again), "the order of the sum is fixed")
}
