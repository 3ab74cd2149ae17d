package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// TestPrecision checks that the summary and the record of a result name its precision, and that a machine without AVX512_BF16
// refuses bf16.
func TestPrecision(t *testing.T) {
	w := newWorkspace(t)
	requests := map[string]string{} // precision by hash
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
		decodeJSON(t, r.out, &s)
		require.Equal(t, precision, s.Precision)
		data, err := os.ReadFile(s.Provenance)
		require.NoError(t, err)
		p, err := slmsam.ParseProvenance(data)
		require.NoError(t, err)
		require.Equal(t, precision, p.Precision)
		require.NotContains(t, requests, p.Request, "the precision is part of the request")
		requests[p.Request] = precision
	}
}
