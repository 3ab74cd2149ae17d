package wgsl

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestTally checks that a product, a copy with gaps and a read are counted by the size of their operands, not of
// their bindings.
func TestTally(t *testing.T) {
	d, err := Counting(AdapterInfo{Kind: Discrete, Backend: "Vulkan"}, Options{})
	require.NoError(t, err)
	defer d.Close()
	const m, n, k, batch = 96, 80, 64, 3
	a, b, c := d.Alloc(batch*m*k), d.Alloc(k*n), d.Alloc(batch*m*n)
	d.Write(b, 0, make([]float32, k*n))
	before := d.Tally()
	require.Equal(t, int64(4*k*n), before.Sent)

	d.MatMul(backend.MatMul{A: a, B: b, C: c, M: m, N: n, K: k, Batch: batch, StrideA: m * k, StrideC: m * n}) // one B for all
	d.Copy(backend.Copy{X: a, Y: c, Dims: [5]int{1, 1, 1, 10, 4}, XStride: [5]int{0, 0, 0, 100, 1}, YStride: [5]int{0, 0, 0, 4, 1}})
	got := []float32{0, 0}
	require.NoError(t, d.Read(c, 0, got))
	require.Equal(t, []float32{1, 1}, got)

	did := d.Tally().Since(before)
	require.Equal(t, Tally{Kernels: map[string]KernelTally{
		"matmultiled": {1, 2 * batch * m * n * k, 4 * (batch*m*k + k*n), 4 * batch * m * n},
		"copy":        {1, 0, 4 * 40, 4 * 40},
	}, Submissions: 1, Readbacks: 1, Got: 8}, did)
	require.Equal(t, 2*did.All().Dispatches, did.Plus(did).All().Dispatches)
	require.Equal(t, d.Tally(), before.Plus(did))
}
