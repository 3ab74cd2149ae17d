package main

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// TestBenchMeasuresEveryStage checks that slmsam bench reports time and work for each stage, and that the work adds up.
func TestBenchMeasuresEveryStage(t *testing.T) {
	w := newWorkspace(t)
	var b benchResult
	runJSON(t, &b, "bench", "--checkpoint", w.model, "--device", "cpu", "--slices", "2")
	require.Equal(t, 2, b.Slices)
	require.Positive(t, b.SecondsPerSlice)
	require.Positive(t, b.PeakMemoryBytes)
	var names []string
	sum := 0.0
	for _, s := range b.Stages {
		names = append(names, s.Name)
		sum += s.GFLOP
		require.Positive(t, s.Seconds, s.Name)
		require.Positive(t, s.GFLOP, s.Name)
		require.InEpsilon(t, s.GFLOP/s.Seconds, s.GFLOPPerSecond, 1e-6)
	}
	require.Equal(t, []string{"image_encoder", "short_attention", "long_attention", "fuser", "decoder", "memory_encoder"}, names)
	require.InEpsilon(t, sum, b.GFLOPPerSlice, 1e-6)

	text := slmsamRun("bench", "--checkpoint", w.model, "--device", "cpu", "--slices", "1", "--memory", "M7").out
	require.Contains(t, text, "long_attention")
	require.NotContains(t, text, "short_attention")
}

// TestBenchOfInstructionSets measures with every instruction set that the machine has. Any other is an error.
func TestBenchOfInstructionSets(t *testing.T) {
	w := newWorkspace(t)
	for _, level := range []string{"plain", "avx2", "avx512", "neon"} {
		args := []string{"bench", "--checkpoint", w.model, "--device", "cpu", "--slices", "1", "--simd", level}
		if _, err := cpu.Open(cpu.Options{Level: level}); err != nil {
			r := slmsamRun(args...)
			require.Equal(t, exitFailed, r.code)
			require.Contains(t, r.errors, "this machine has no")
			continue
		}
		var b benchResult
		runJSON(t, &b, args...)
		require.Equal(t, "f32", b.Precision)
	}
}
