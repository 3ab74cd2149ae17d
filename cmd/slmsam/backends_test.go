package main

import (
	"os"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/stretchr/testify/require"
)

// maxDisagreement is the fraction of voxels that may differ between the backends with random weights, whose logits are close
// to 0 and to each other.
const maxDisagreement = 0.01

// TestBothBackendsGiveTheSameLabels propagates on the CPU, on the GPU, and on the GPU with half floats.
func TestBothBackendsGiveTheSameLabels(t *testing.T) {
	dev, err := wgsl.Open(wgsl.Options{AllowSoftware: true})
	if err != nil {
		require.NotEqual(t, "1", os.Getenv("SLMSAM_REQUIRE_GPU"), "SLMSAM_REQUIRE_GPU=1: %v", err)
		t.Skipf("no GPU: %v", err)
	}
	dev.Close()
	w := newWorkspace(t)
	r := w.propagate("--mask", w.mask, "-o", w.path("cpu.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	r = w.propagate("--mask", w.mask, "-o", w.path("gpu.nii.gz"), "--device", "software")
	require.Equal(t, exitDone, r.code, r.errors)
	require.LessOrEqual(t, differing(t, w.path("cpu.nii.gz"), w.path("gpu.nii.gz")), maxDisagreement)

	s, _ := w.propagateJSON(t, "--mask", w.mask, "-o", w.path("f16.nii.gz"), "--device", "software", "--precision", "f16")
	require.Equal(t, "f16", s.Precision)
	require.LessOrEqual(t, differing(t, w.path("gpu.nii.gz"), w.path("f16.nii.gz")), maxDisagreement)
}

// differing returns the fraction of voxels with different labels in two label maps.
func differing(t *testing.T, a, b string) float64 {
	t.Helper()
	x, err := volume.ReadLabelMap(a)
	require.NoError(t, err)
	y, err := volume.ReadLabelMap(b)
	require.NoError(t, err)
	require.Equal(t, x.Dim, y.Dim)
	n := 0
	for i, l := range x.Data {
		if l != y.Data[i] {
			n++
		}
	}
	return float64(n) / float64(len(x.Data))
}
