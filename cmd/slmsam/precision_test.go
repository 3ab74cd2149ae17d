package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// A result in bf16 says so, in the summary and in its provenance; a machine without AVX512_BF16 says that.
func TestPrecision(t *testing.T) {
	w := newWorkspace(t)
	identity := map[string]string{}
	for _, precision := range []string{"f32", "bf16"} {
		out := w.path(precision + ".nii.gz")
		r := w.propagate("--mask", w.mask, "--precision", precision, "--device", "cpu", "--json", "-o", out)
		if _, err := cpu.Open(cpu.Options{Precision: precision}); err != nil {
			require.Equal(t, exitFailed, r.code)
			require.Contains(t, r.errors, "AVX512_BF16")
			require.NoFileExists(t, out)
			continue
		}
		require.Equal(t, exitDone, r.code, r.errors)
		var s summary
		require.NoError(t, json.Unmarshal([]byte(r.out), &s))
		require.Equal(t, precision, s.Precision)
		data, err := os.ReadFile(s.Provenance)
		require.NoError(t, err)
		p, err := slmsam.ParseProvenance(data)
		require.NoError(t, err)
		require.Equal(t, precision, p.Precision)
		require.NotContains(t, identity, p.Request)
		identity[p.Request] = precision
	}
}

// Every instruction set that the machine has can be asked for; one that it lacks is an error.
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
