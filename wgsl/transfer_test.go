package wgsl

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestReadAllWaitsOnce checks that several parts are read with one wait, unless they exceed the staging block.
func TestReadAllWaitsOnce(t *testing.T) {
	d, err := Counting(AdapterInfo{Kind: Discrete}, Options{})
	require.NoError(t, err)
	defer d.Close()
	const large = stagingBytes/4 + 5
	x, y := d.Alloc(large), d.Alloc(7)
	waits := func(parts ...backend.Part) int {
		before := d.Tally()
		require.NoError(t, d.ReadAll(parts))
		for _, p := range parts {
			for _, v := range p.To {
				require.Equal(t, float32(1), v, "every word arrives")
			}
		}
		return d.Tally().Since(before).Readbacks
	}
	require.Equal(t, 1, waits(backend.Part{From: x, Off: 3, To: make([]float32, 100)}, backend.Part{From: y, To: make([]float32, 7)}))
	require.Equal(t, 2, waits(backend.Part{From: y, To: make([]float32, 7)}, backend.Part{From: x, To: make([]float32, large)}))
	require.Equal(t, 0, waits(backend.Part{From: y}))
}

// TestWritesDoNotSubmit checks that a new buffer whose block is still in use gets another block instead of waiting,
// and that only large writes, or writes to what a launch reads, cause a submission.
func TestWritesDoNotSubmit(t *testing.T) {
	d, _ := watched(t, AdapterInfo{Kind: Discrete}, Options{})
	x, y := d.Alloc(100), d.Alloc(100)
	d.Map(backend.Map{Op: backend.MapReLU, X: x, Y: y, N: 100})
	inUse := x.(*buffer).raw
	d.Free(x)
	again := d.Alloc(100)
	require.Same(t, inUse, again.(*buffer).raw)
	d.Write(again, 0, make([]float32, 100))
	require.NotSame(t, inUse, again.(*buffer).raw)
	large := d.Alloc(maxUnsent / 4)
	d.Write(large, 0, make([]float32, maxUnsent/4-100))
	require.Zero(t, d.Tally().Submissions)
	require.Zero(t, d.Tally().Waits)

	d.Map(backend.Map{Op: backend.MapReLU, X: again, Y: y, N: 100})
	d.Write(again, 0, make([]float32, 1))
	require.Equal(t, 1, d.Tally().Submissions, "a launch must see the old contents")
	require.Equal(t, 1, d.Tally().Waits, "the writes together are too large")
	require.NoError(t, d.Sync())
}
