package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInfoTellsModelsFromVolumes checks what slmsam info says about a checkpoint, an image, a mask and a missing file.
func TestInfoTellsModelsFromVolumes(t *testing.T) {
	w := newWorkspace(t)
	var model weightsInfo
	runJSON(t, &model, "info", w.model)
	require.Equal(t, "checkpoint", model.Kind)
	require.Equal(t, "SLM-SAM 2", model.Model)
	require.Equal(t, map[string]int{"F32": model.Keys}, model.DTypes)
	require.Len(t, model.SHA256, 64)
	require.NotNil(t, model.Config)

	var image volumeFile
	runJSON(t, &image, "info", w.image)
	require.Equal(t, testDim, image.Dimensions)
	require.Equal(t, 0, image.AcquisitionAxis)
	require.Equal(t, "SLA", image.Orientation)
	require.Equal(t, [2]float64{20, 526}, image.Range)

	var mask volumeFile
	runJSON(t, &mask, "info", w.mask)
	require.Equal(t, []labelInfo{{2, 7 * 7, []int{6}, ""}, {5, 7 * 9, []int{6}, ""}}, mask.Labels)

	for _, path := range []string{w.model, w.image, w.mask} {
		require.Contains(t, slmsamRun("info", path).out, filepath.Base(path))
	}
	require.Contains(t, slmsamRun("info").out, "CPU")
	r := slmsamRun("info", w.path("nothing"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "nothing")
}
