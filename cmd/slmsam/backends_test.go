package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/stretchr/testify/require"
)

// maxDisagreement is the part of the voxels that may differ between the backends with random weights, whose
// logits lie close to 0 and to each other.
const maxDisagreement = 0.01

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

	r = w.propagate("--mask", w.mask, "-o", w.path("f16.nii.gz"), "--device", "software", "--precision", "f16", "--json")
	require.Equal(t, exitDone, r.code, r.errors)
	var s summary
	require.NoError(t, json.Unmarshal([]byte(r.out), &s))
	require.Equal(t, "f16", s.Precision)
	require.LessOrEqual(t, differing(t, w.path("gpu.nii.gz"), w.path("f16.nii.gz")), maxDisagreement)
}

// differing is the part of the voxels that two label maps label differently.
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

func TestMemoryDoesNotGrowWithTheSlices(t *testing.T) {
	peak := map[int]int64{}
	for _, n := range []int{50, 500} {
		w := newWorkspace(t)
		w.longImage(t, n)
		r := w.propagate("--mask", w.mask, "--json", "-o", w.path("o.nii"))
		require.Equal(t, exitDone, r.code, r.errors)
		var s summary
		require.NoError(t, json.Unmarshal([]byte(r.out), &s))
		require.Equal(t, n, s.Slices)
		peak[n] = s.PeakMemoryBytes
	}
	require.Equal(t, peak[50], peak[500])
}
