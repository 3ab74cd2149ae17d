package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestPropagateKeepsGridLabelsAndOutlines checks the label map, the summary and the report of a propagation.
func TestPropagateKeepsGridLabelsAndOutlines(t *testing.T) {
	w := newWorkspace(t)
	s, _ := w.propagateJSON(t, "--mask", w.mask, "--report", w.path("report"))

	out := w.path("scan_slmsam.nii.gz") // the default
	labels := w.readLabels(t, out)
	mask, err := volume.ReadLabelMap(w.mask)
	require.NoError(t, err)
	require.Equal(t, mask.Slice(0, 6), labels.Slice(0, 6), "the outlined slice is kept")
	for l := range labels.Counts() {
		require.Contains(t, []int32{0, 2, 5}, l)
	}

	require.Equal(t, out, s.Output)
	require.Equal(t, 12, s.Slices)
	require.Equal(t, 0, s.Axis, "the axis of largest spacing")
	require.Equal(t, "M7+R1", s.Memory)
	require.Positive(t, s.PeakMemoryBytes)
	require.Len(t, s.Objects, 2)
	for i, label := range []int{2, 5} {
		o := s.Objects[i]
		require.Equal(t, label, o.Label)
		require.Equal(t, []int{6}, o.Outlined)
		require.Len(t, o.Slices, 12)
		require.Equal(t, labels.Counts()[int32(label)], o.Voxels)
		for _, p := range o.Slices {
			require.Equal(t, p.Slice == 6, p.Prompted)
			if *p.Score <= 0 {
				require.Zero(t, p.Area, "judged absent on slice %d", p.Slice)
			}
		}
	}
	for _, name := range []string{montageFile, presenceFile, reportFile} {
		info, err := os.Stat(filepath.Join(w.dir, "report", name))
		require.NoError(t, err)
		require.Greater(t, info.Size(), int64(1000), name)
	}
}

// TestPropagateJSONHasTheStableFields checks the names that scripts rely on.
func TestPropagateJSONHasTheStableFields(t *testing.T) {
	w := newWorkspace(t)
	r := w.propagate("--mask", w.mask, "--json", "-o", w.path("o.mha"))
	require.Equal(t, exitDone, r.code, r.errors)
	var s map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.out), &s))
	for _, field := range []string{"device", "slices", "seconds", "output", "objects"} {
		require.Contains(t, s, field)
	}
	object := s["objects"].([]any)[0].(map[string]any)
	require.Contains(t, object, "label")
	slice := object["slices"].([]any)[0].(map[string]any)
	for _, field := range []string{"slice", "score", "area"} {
		require.Contains(t, slice, field)
	}
}

// TestRangeAndDirectionLimitTheWork checks which slices are computed, and that the others stay empty.
func TestRangeAndDirectionLimitTheWork(t *testing.T) {
	for _, c := range []struct {
		args        []string
		first, last int
	}{
		{[]string{"--range", "4:9"}, 4, 8},
		{[]string{"--range", "5:"}, 5, 11},
		{[]string{"--direction", "forward"}, 6, 11},
		{[]string{"--direction", "backward", "--range", ":10"}, 0, 6},
	} {
		w := newWorkspace(t)
		out := w.path("o.nrrd")
		s, _ := w.propagateJSON(t, append(c.args, "--mask", w.mask, "-o", out)...)
		seen := s.Objects[0].Slices
		require.Equal(t, c.first, seen[0].Slice, c.args)
		require.Equal(t, c.last, seen[len(seen)-1].Slice, c.args)
		require.Len(t, seen, c.last-c.first+1)
		labels, err := volume.ReadLabelMap(out)
		require.NoError(t, err)
		for i := range testDim[0] {
			if i < c.first || i > c.last {
				require.Equal(t, make([]int32, testDim[1]*testDim[2]), labels.Slice(0, i), "slice %d", i)
			}
		}
	}
}

// TestSliceAutoStartsFromEachObjectsCenter propagates a full label map from the central slice of each object, from all slices,
// and from chosen ones.
func TestSliceAutoStartsFromEachObjectsCenter(t *testing.T) {
	w := newWorkspace(t)
	image, err := volume.Read(w.image)
	require.NoError(t, err)
	full := testMask(image, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	for x := 1; x < 5; x++ {
		erase(full, x, 5) // label 5 is on slice 5 and later ones only
	}
	path := w.path("full.nii")
	require.NoError(t, volume.WriteLabelMap(path, full, volume.WriteOptions{}))

	s, _ := w.propagateJSON(t, "--mask", path, "--slice", "auto", "-o", w.path("auto.nii"))
	require.Equal(t, []int{5}, s.Objects[0].Outlined)
	require.Equal(t, []int{7}, s.Objects[1].Outlined)
	labels := w.readLabels(t, w.path("auto.nii"))
	for at, slice := range map[int32]int{2: 5, 5: 7} {
		got, want := labels.Slice(0, slice), full.Slice(0, slice)
		for i := range want {
			require.Equal(t, want[i] == at, got[i] == at, "label %d on slice %d", at, slice)
		}
	}

	r := w.propagate("--mask", path, "-o", w.path("all.nii"))
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "--slice auto", "a hint for full label maps")
	all := w.readLabels(t, w.path("all.nii"))
	for x := 5; x < 10; x++ {
		require.Equal(t, full.Slice(0, x), all.Slice(0, x), "every outlined slice is kept")
	}

	s, _ = w.propagateJSON(t, "--mask", path, "--slice", "3,8", "--label", "2", "-o", w.path("two.nii"))
	require.Len(t, s.Objects, 1)
	require.Equal(t, []int{3, 8}, s.Objects[0].Outlined)
}

// TestPointsAndBoxesNeedNoMask starts one object from a box and another from clicks.
func TestPointsAndBoxesNeedNoMask(t *testing.T) {
	w := newWorkspace(t)
	s, _ := w.propagateJSON(t, "--box", "6,4,5,12,12,2", "--point", "6,20,8,5", "--point", "6,2,2,5,-", "-o", w.path("o.nii.gz"))
	require.Len(t, s.Objects, 2)
	require.Empty(t, s.Mask)
	w.readLabels(t, w.path("o.nii.gz"))
}

// TestOptionsChangeTheModelAndTheMemory checks that flags take effect, as the summary reports.
func TestOptionsChangeTheModelAndTheMemory(t *testing.T) {
	w := newWorkspace(t)
	s, _ := w.propagateJSON(t, "--mask", w.mask, "--memory", "M7", "--resolution", "96", "--window", "20,260", "--axis", "2", "--slice", "7",
		"--threads", "1", "--keep-holes", "--bf16-memory", "-o", w.path("o.nii.gz"))
	require.Equal(t, "M7", s.Memory)
	require.Equal(t, 96, s.Resolution)
	require.Equal(t, 2, s.Axis)
	require.Equal(t, [2]float64{20, 260}, s.Window)
	require.Equal(t, testDim[2], s.Slices)
	require.Contains(t, s.Device, "1 thread")
}

// TestCrop checks that a crop changes what the model sees, and that impossible crops are refused.
func TestCrop(t *testing.T) {
	w := newWorkspace(t)
	whole, _ := w.propagateJSON(t, "--mask", w.mask, "--crop", "whole", "-o", w.path("whole.nii.gz"))
	cropped, _ := w.propagateJSON(t, "--mask", w.mask, "--crop", "2.5", "-o", w.path("cropped.nii.gz"))
	require.Zero(t, whole.Crop)
	require.Equal(t, 2.5, cropped.Crop)
	require.Equal(t, whole.Slices, cropped.Slices)
	require.NotEqual(t, whole.Objects[0].Slices, cropped.Objects[0].Slices)
	for _, bad := range []string{"0.5", "-1", "NaN", "Inf", "near"} {
		r := w.propagate("--mask", w.mask, "--crop", bad, "-o", w.path("bad.nii.gz"))
		require.Equal(t, exitUsage, r.code, bad)
		require.Contains(t, r.errors, "--crop")
	}
}

// TestQuietSaysNothingAndForceReplaces checks that a file is replaced with --force only.
func TestQuietSaysNothingAndForceReplaces(t *testing.T) {
	w := newWorkspace(t)
	out := w.path("o.nii.gz")
	require.NoError(t, os.WriteFile(out, []byte("precious"), 0o644))
	r := w.propagate("--mask", w.mask, "-o", out)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, out)
	kept, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "precious", string(kept))

	r = w.propagate("--mask", w.mask, "-o", out, "--force", "--quiet")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Empty(t, r.out)
	require.Empty(t, r.errors)
	w.readLabels(t, out)
}
