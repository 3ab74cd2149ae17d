package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBenchCounts checks that the counts of all stages, and of all kernels, add up to the slice's, that the work is the same as on
// the CPU, and that the bounds for each card follow from the counts. Half floats read less.
func TestBenchCounts(t *testing.T) {
	w := newWorkspace(t)
	var measured benchResult
	runJSON(t, &measured, "bench", "--checkpoint", w.model, "--device", "cpu", "--slices", "1")
	for kind := range countKinds {
		var r countResult
		runJSON(t, &r, "bench", "--checkpoint", w.model, "--count", kind)
		require.Equal(t, kind, r.Kind)
		var stages, kernels countRow
		for _, s := range r.Stages {
			stages.Dispatches += s.Dispatches
			stages.Submissions += s.Submissions
			stages.BytesRead += s.BytesRead
			stages.BytesWritten += s.BytesWritten
			if s.Name == betweenStages {
				continue
			}
			require.Positive(t, s.Dispatches, s.Name)
			require.Positive(t, s.BytesRead, s.Name)
		}
		for _, k := range r.Slice.Kernels {
			kernels.Dispatches += k.Dispatches
			kernels.GFLOP += k.GFLOP
			kernels.BytesWritten += k.BytesWritten
		}
		require.Equal(t, r.Slice.Dispatches, stages.Dispatches)
		require.Equal(t, r.Slice.Submissions, stages.Submissions)
		require.Equal(t, r.Slice.BytesRead, stages.BytesRead)
		require.Equal(t, r.Slice.BytesWritten, stages.BytesWritten)
		require.Equal(t, r.Slice.Dispatches, kernels.Dispatches)
		require.Equal(t, r.Slice.BytesWritten, kernels.BytesWritten)
		require.InEpsilon(t, r.Slice.GFLOP, kernels.GFLOP, 1e-9)
		require.Equal(t, 1, r.Slice.Readbacks, "scores, IoUs and masks together")
		require.Equal(t, measured.Stages[0].Name, r.Stages[0].Name)
		require.InEpsilon(t, measured.Stages[0].GFLOP, r.Stages[0].GFLOP, 1e-9)

		require.NotEmpty(t, r.Cards)
		for _, c := range r.Cards {
			require.InEpsilon(t, max(c.Arithmetic, c.Memory)+c.Dispatches, c.Seconds, 1e-9)
			require.InEpsilon(t, r.Slice.GFLOP/c.TFLOPS/1e3, c.Arithmetic, 1e-9)
		}
	}
	var whole, halves countResult
	runJSON(t, &whole, "bench", "--checkpoint", w.model, "--count", "discrete")
	runJSON(t, &halves, "bench", "--checkpoint", w.model, "--count", "discrete", "--precision", "f16")
	require.Equal(t, "f16", halves.Precision)
	require.Less(t, halves.Slice.BytesRead, whole.Slice.BytesRead)
	require.Less(t, halves.PeakMemory, whole.PeakMemory)
	require.Equal(t, whole.Slice.Dispatches+2, halves.Slice.Dispatches, "one rounds the memory, and one joins memories apart from pointers; nothing is widened")

	text := slmsamRun("bench", "--checkpoint", w.model, "--count", "discrete", "--objects", "9").out
	require.Contains(t, text, "matmultiled")
	require.Contains(t, text, "RTX 4090")
}
