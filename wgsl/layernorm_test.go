//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
	"github.com/stretchr/testify/require"
)

// TestLayerNormLanes compares both ways of dividing rows among threads with the CPU, whatever the adapter's kind would choose.
func TestLayerNormLanes(t *testing.T) {
	d := open(t, Options{})
	ref := cpu.NewPlain()
	tolerance := kerneltest.Tolerance{Abs: 2e-5, Rel: 1e-5, Reason: "mean and variance of a row, sums over 67 rows"}
	for _, kind := range []AdapterKind{Software, Discrete} {
		d.info.Kind = kind
		for _, shape := range [][2]int{{1, 1}, {3, 5}, {67, 31}, {2, 32}, {33, 96}, {5, 257}, {1, 1024}} {
			t.Run(fmt.Sprintf("%s %dx%d", kind, shape[0], shape[1]), func(t *testing.T) {
				got, want := layerNormBoth(t, d, shape[0], shape[1]), layerNormBoth(t, ref, shape[0], shape[1])
				for i, name := range []string{"Y", "DX", "DGamma", "DBeta"} {
					tolerance.Check(t, name, got[i], want[i])
				}
			})
		}
	}
}

// layerNormBoth runs both passes of a layer norm of random operands, and returns Y, DX, DGamma and DBeta.
func layerNormBoth(t *testing.T, d backend.Device, rows, c int) [4][]float32 {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(rows), uint64(c)))
	random := func(n int) backend.Buffer {
		data := make([]float32, n)
		for i := range data {
			data[i] = float32(rng.NormFloat64())
		}
		b := d.Alloc(n)
		d.Write(b, 0, data)
		return b
	}
	x, gamma, beta, dy := random(rows*c), random(c), random(c), random(rows*c)
	results := [4]backend.Buffer{d.Alloc(rows * c), random(rows * c), random(c), random(c)}
	d.LayerNorm(backend.LayerNorm{X: x, Gamma: gamma, Beta: beta, Y: results[0], Rows: rows, C: c, Eps: 1e-6})
	d.LayerNormBackward(backend.LayerNormBackward{X: x, Gamma: gamma, DY: dy,
		DX: results[1], DGamma: results[2], DBeta: results[3], Rows: rows, C: c, Eps: 1e-6})
	var out [4][]float32
	for i, b := range results {
		out[i] = make([]float32, b.Len())
		require.NoError(t, d.Read(b, 0, out[i]))
	}
	return out
}
