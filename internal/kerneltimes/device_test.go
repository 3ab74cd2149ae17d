package kerneltimes

import (
	"bytes"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// TestDevice checks that calls are passed on, added up by kernel and shape, and forgotten when a new measurement
// begins.
func TestDevice(t *testing.T) {
	d := New(cpu.New(1))
	defer d.Close()
	x, y := d.Alloc(6), d.Alloc(4)
	d.Fill(backend.Fill{X: x, N: 6, Value: 2})
	for range 2 {
		d.MatMul(backend.MatMul{A: x, B: x, C: y, M: 2, N: 2, K: 3, Batch: 1})
	}
	d.MatMul(backend.MatMul{A: x, B: x, C: y, M: 1, N: 1, K: 3, Batch: 1})
	got := make([]float32, 4)
	require.NoError(t, d.Read(y, 0, got))
	require.Equal(t, []float32{12, 12, 12, 12}, got)

	require.Len(t, d.Shapes(), 4)
	var products Time
	for _, k := range d.Kernels() {
		if k.Kernel == "MatMul A.B" {
			products = k
		}
	}
	require.Equal(t, 3, products.Calls)
	require.InDelta(t, (2*2*2*2*3+2*3)/1e9, products.GFLOP, 1e-15) // twice 2 x 2 x 3, once 1 x 1 x 3
	require.Positive(t, products.Seconds)

	var table bytes.Buffer
	Print(&table, d.Kernels(), 1, 100)
	require.Len(t, strings.Split(strings.TrimSpace(table.String()), "\n"), 4) // the header, Fill, MatMul, Read
	d.ResetPeak()
	require.Empty(t, d.Shapes())
}

// TestParts checks that the calls of a split device's parts are counted, and that a device that cannot be split
// stays whole.
func TestParts(t *testing.T) {
	d := New(cpu.New(4))
	parts := d.Split(2)
	require.Len(t, parts, 2)
	for _, p := range parts {
		x := p.Alloc(6)
		p.Fill(backend.Fill{X: x, N: 6})
		p.Close()
	}
	require.Len(t, d.Kernels(), 1)
	require.Equal(t, 2, d.Kernels()[0].Calls)
	require.InDelta(t, (d.parts[0].Kernels()[0].Seconds+d.parts[1].Kernels()[0].Seconds)/2, d.Kernels()[0].Seconds, 1e-12)
	require.Nil(t, New(New(cpu.New(1))).Split(2))
	require.Nil(t, New(struct{ backend.Device }{cpu.New(2)}).Split(2))
}
