package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

func TestPropagateKeepsGridLabelsAndTheUsersSlice(t *testing.T) {
	w := newWorkspace(t)
	r := w.propagate("--mask", w.mask, "--json", "--report", w.path("report"))
	require.Equal(t, exitDone, r.code, r.errors)

	out := w.path("scan_slmsam.nii.gz") // the default
	labels := w.readLabels(t, out)
	mask, err := volume.ReadLabelMap(w.mask)
	require.NoError(t, err)
	require.Equal(t, mask.Slice(0, 6), labels.Slice(0, 6), "the annotated slice is kept verbatim")
	for l := range labels.Counts() {
		require.Contains(t, []int32{0, 2, 5}, l)
	}

	var s summary
	require.NoError(t, json.Unmarshal([]byte(r.out), &s), "stdout is one JSON object")
	require.Equal(t, out, s.Output)
	require.Equal(t, 12, s.Slices)
	require.Equal(t, 0, s.Axis, "the axis of largest spacing")
	require.Equal(t, "M7+R1", s.Memory)
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
		r := w.propagate(append(c.args, "--mask", w.mask, "--json", "-o", out)...)
		require.Equal(t, exitDone, r.code, r.errors)
		var s summary
		require.NoError(t, json.Unmarshal([]byte(r.out), &s))
		seen := s.Objects[0].Slices
		require.Equal(t, c.first, seen[0].Slice, c.args)
		require.Equal(t, c.last, seen[len(seen)-1].Slice, c.args)
		require.Len(t, seen, c.last-c.first+1)
		labels, err := volume.ReadLabelMap(out)
		require.NoError(t, err)
		for i := range testDim[0] {
			if i < c.first || i > c.last {
				require.Equal(t, make([]int32, testDim[1]*testDim[2]), labels.Slice(0, i), "slice %d is not worked on", i)
			}
		}
	}
}

func TestSliceAutoStartsFromEachObjectsCenter(t *testing.T) {
	w := newWorkspace(t)
	image, err := volume.Read(w.image)
	require.NoError(t, err)
	full := testMask(image, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	for x := 1; x < 5; x++ { // label 5 only from slice 5 on
		pix := full.Slice(0, x)
		for i, l := range pix {
			if l == 5 {
				pix[i] = 0
			}
		}
		full.SetSlice(0, x, pix)
	}
	path := w.path("full.nii")
	require.NoError(t, volume.WriteLabelMap(path, full, volume.WriteOptions{}))

	r := w.propagate("--mask", path, "--slice", "auto", "--json", "-o", w.path("auto.nii"))
	require.Equal(t, exitDone, r.code, r.errors)
	var s summary
	require.NoError(t, json.Unmarshal([]byte(r.out), &s))
	require.Equal(t, []int{5}, s.Objects[0].Outlined)
	require.Equal(t, []int{7}, s.Objects[1].Outlined)
	labels := w.readLabels(t, w.path("auto.nii"))
	for at, slice := range map[int32]int{2: 5, 5: 7} {
		got, want := labels.Slice(0, slice), full.Slice(0, slice)
		for i := range want {
			require.Equal(t, want[i] == at, got[i] == at, "label %d on its own slice", at)
		}
	}

	r = w.propagate("--mask", path, "-o", w.path("all.nii"))
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "--slice auto", "a hint for full label maps")
	all := w.readLabels(t, w.path("all.nii"))
	for x := 5; x < 10; x++ {
		require.Equal(t, full.Slice(0, x), all.Slice(0, x), "every annotated slice is kept")
	}

	r = w.propagate("--mask", path, "--slice", "3,8", "--label", "2", "--json", "-o", w.path("two.nii"))
	require.Equal(t, exitDone, r.code, r.errors)
	s = summary{}
	require.NoError(t, json.Unmarshal([]byte(r.out), &s))
	require.Len(t, s.Objects, 1)
	require.Equal(t, []int{3, 8}, s.Objects[0].Outlined)
}

func TestPointsAndBoxesNeedNoMask(t *testing.T) {
	w := newWorkspace(t)
	r := w.propagate("--box", "6,4,5,12,12,2", "--point", "6,20,8,5", "--point", "6,2,2,5,-", "--json", "-o", w.path("o.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	var s summary
	require.NoError(t, json.Unmarshal([]byte(r.out), &s))
	require.Len(t, s.Objects, 2)
	require.Empty(t, s.Mask)
	w.readLabels(t, w.path("o.nii.gz"))
}

func TestOptionsChangeTheModelAndTheMemory(t *testing.T) {
	w := newWorkspace(t)
	r := w.propagate("--mask", w.mask, "--memory", "M7", "--resolution", "96", "--window", "20,260", "--axis", "2", "--slice", "7",
		"--threads", "1", "--keep-holes", "--bf16-memory", "--json", "-o", w.path("o.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	var s summary
	require.NoError(t, json.Unmarshal([]byte(r.out), &s))
	require.Equal(t, "M7", s.Memory)
	require.Equal(t, 96, s.Resolution)
	require.Equal(t, 2, s.Axis)
	require.Equal(t, [2]float64{20, 260}, s.Window)
	require.Equal(t, testDim[2], s.Slices)
	require.Contains(t, s.Device, "1 thread")
}

func TestCropShowsTheSurroundingsOfAnObject(t *testing.T) {
	w := newWorkspace(t)
	var whole, croped summary
	for _, c := range []struct {
		crop string
		into *summary
		want float64
	}{{"whole", &whole, 0}, {"2.5", &croped, 2.5}} {
		r := w.propagate("--mask", w.mask, "--crop", c.crop, "--json", "-o", w.path(c.crop+".nii.gz"))
		require.Equal(t, exitDone, r.code, r.errors)
		require.NoError(t, json.Unmarshal([]byte(r.out), c.into))
		require.Equal(t, c.want, c.into.Crop)
	}
	require.Equal(t, whole.Slices, croped.Slices)
	for _, bad := range []string{"0.5", "-1", "NaN", "Inf", "near"} {
		r := w.propagate("--mask", w.mask, "--crop", bad, "-o", w.path("bad.nii.gz"))
		require.Equal(t, exitUsage, r.code, bad)
		require.Contains(t, r.errors, "--crop")
	}
}

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
