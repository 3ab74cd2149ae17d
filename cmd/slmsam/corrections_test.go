package main

import (
	"os"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// edit changes a label map in place, as an annotator would, and returns it.
func (w workspace) edit(t *testing.T, path string, change func(l *volume.LabelMap)) *volume.LabelMap {
	t.Helper()
	l := w.readLabels(t, path)
	change(l)
	require.NoError(t, volume.WriteLabelMap(path, l, volume.WriteOptions{Force: true}))
	return l
}

// draw replaces a label on a slice by a block, leaving out pixels of other labels.
func draw(l *volume.LabelMap, slice int, label int32) {
	erase(l, slice, label)
	pix := l.Slice(0, slice)
	for y := 3; y < 9; y++ {
		for x := 7; x < 14; x++ {
			if at := y*testDim[1] + x; pix[at] == 0 {
				pix[at] = label
			}
		}
	}
	l.SetSlice(0, slice, pix)
}

// erase removes a label from a slice.
func erase(l *volume.LabelMap, slice int, label int32) {
	pix := l.Slice(0, slice)
	for i := range pix {
		if pix[i] == label {
			pix[i] = 0
		}
	}
	l.SetSlice(0, slice, pix)
}

// masksOf returns a label's mask on every slice.
func masksOf(l *volume.LabelMap, label int32) (out [][]bool) {
	for i := range l.Dim[0] {
		mask := make([]bool, 0)
		for _, v := range l.Slice(0, i) {
			mask = append(mask, v == label)
		}
		out = append(out, mask)
	}
	return out
}

// TestACorrectionChangesOnlyTheGapsNextToIt draws a label on a slice between two outlines, then corrects that result in turn.
// Erasing a label ends it there.
func TestACorrectionChangesOnlyTheGapsNextToIt(t *testing.T) {
	w := newWorkspace(t)
	require.NoError(t, volume.WriteLabelMap(w.mask, testMask(testImage(), 2, 8, 10), volume.WriteOptions{Force: true}))
	first := w.path("first.nii.gz")
	r := w.propagate("--mask", w.mask, "-o", first)
	require.Equal(t, exitDone, r.code, r.errors)
	require.FileExists(t, w.path("first.slmsam.json"))

	before := w.edit(t, first, func(l *volume.LabelMap) { draw(l, 5, 2) })
	second := w.path("second.nii.gz")
	s, r := w.propagateJSON(t, "--mask", first, "-o", second)
	require.Contains(t, r.errors, "label 2: corrected on slices 5")
	require.Equal(t, map[int][]int{2: {5}}, s.Corrections)
	require.Equal(t, 5, s.Slices, "slices 3 to 7 are computed")
	require.Equal(t, []int{2, 5, 8, 10}, s.Objects[0].Outlined)
	after := w.readLabels(t, second)
	was, is := masksOf(before, 2), masksOf(after, 2)
	for i := range was {
		if i <= 2 || i >= 8 || i == 5 {
			require.Equal(t, was[i], is[i], "slice %d", i)
		}
	}
	require.Equal(t, masksOf(before, 5), masksOf(after, 5), "the other label")

	w.edit(t, second, func(l *volume.LabelMap) { draw(l, 9, 5); erase(l, 10, 2) })
	s, _ = w.propagateJSON(t, "--mask", second, "-o", w.path("third.nii.gz"))
	require.Equal(t, map[int][]int{2: {10}, 5: {9}}, s.Corrections)
	third := masksOf(w.readLabels(t, w.path("third.nii.gz")), 2)
	require.NotContains(t, third[10], true)
	require.NotContains(t, third[11], true, "tracking ends at the erased slice")
}

// TestAnUncorrectedResultIsLeftAsItIs checks that a result without corrections is copied, with a message.
func TestAnUncorrectedResultIsLeftAsItIs(t *testing.T) {
	w := newWorkspace(t)
	require.Equal(t, exitDone, w.propagate("--mask", w.mask, "-o", w.path("a.nii.gz")).code)
	r := w.propagate("--mask", w.path("a.nii.gz"), "-o", w.path("b.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "without any correction")
	require.Equal(t, w.readLabels(t, w.path("a.nii.gz")).Data, w.readLabels(t, w.path("b.nii.gz")).Data)
}

// TestANewLabelInAResultIsPropagated draws a label that the earlier result does not have. It is propagated through all slices.
func TestANewLabelInAResultIsPropagated(t *testing.T) {
	w := newWorkspace(t)
	require.Equal(t, exitDone, w.propagate("--mask", w.mask, "-o", w.path("a.nii.gz")).code)
	w.edit(t, w.path("a.nii.gz"), func(l *volume.LabelMap) { draw(l, 4, 9) })
	s, _ := w.propagateJSON(t, "--mask", w.path("a.nii.gz"), "-o", w.path("b.nii.gz"))
	require.Equal(t, []int{4}, s.Corrections[9])
	require.Equal(t, testDim[0], s.Slices)
}

// TestACorrectionUnderAnotherName names the earlier result with --earlier.
func TestACorrectionUnderAnotherName(t *testing.T) {
	w := newWorkspace(t)
	require.Equal(t, exitDone, w.propagate("--mask", w.mask, "-o", w.path("a.nii.gz")).code)
	l := w.readLabels(t, w.path("a.nii.gz"))
	draw(l, 4, 5)
	require.NoError(t, volume.WriteLabelMap(w.path("mended.nii.gz"), l, volume.WriteOptions{}))
	r := w.propagate("--mask", w.path("mended.nii.gz"), "--earlier", w.path("a.nii.gz"), "-o", w.path("b.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "label 5: corrected on slices 4")
	r = w.propagate("--mask", w.mask, "--earlier", w.path("none.nii.gz"), "-o", w.path("c.nii.gz"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "none.slmsam.json")
}

// TestARecordThatDoesNotFit checks that a result's record is refused if the label map or the image is another one, or if the
// record is damaged, and that it is not needed if slices are chosen.
func TestARecordThatDoesNotFit(t *testing.T) {
	propagated := func(t *testing.T) workspace {
		w := newWorkspace(t)
		require.Equal(t, exitDone, w.propagate("--mask", w.mask, "-o", w.path("a.nii.gz")).code)
		return w
	}
	refused := func(t *testing.T, w workspace, says ...string) {
		r := w.propagate("--mask", w.path("a.nii.gz"), "-o", w.path("b.nii.gz"))
		require.Equal(t, exitFailed, r.code, r.errors)
		for _, s := range says {
			require.Contains(t, r.errors, s)
		}
		w.requireClean(t, w.path("b.nii.gz"))
	}
	t.Run("another label map", func(t *testing.T) {
		w := propagated(t)
		other := testMask(testImage(), 0, 2, 4, 6, 8, 10)
		for i := range other.Data {
			other.Data[i] *= 3
		}
		require.NoError(t, volume.WriteLabelMap(w.path("a.nii.gz"), other, volume.WriteOptions{Force: true}))
		refused(t, w, "does not belong", "a.slmsam.json")
	})
	t.Run("an image that changed", func(t *testing.T) {
		w := propagated(t)
		v := testImage()
		v.Data[77]++
		require.NoError(t, volume.WriteVolume(w.image, v, volume.WriteOptions{Force: true}))
		refused(t, w, "scan.nii.gz", "has changed", "a.slmsam.json")
	})
	t.Run("damaged", func(t *testing.T) {
		w := propagated(t)
		for _, text := range []string{"", "{", `{"version": 99}`, `{"version": 1, "axis": 7}`, `{"version": 1, "axis": 0, "range": [5, 2]}`} {
			require.NoError(t, os.WriteFile(w.path("a.slmsam.json"), []byte(text), 0o644))
			refused(t, w, "a.slmsam.json")
		}
	})
	t.Run("not needed", func(t *testing.T) {
		w := propagated(t)
		require.NoError(t, os.WriteFile(w.path("a.slmsam.json"), []byte("{"), 0o644))
		r := w.propagate("--mask", w.path("a.nii.gz"), "--slice", "6", "-o", w.path("b.nii.gz"))
		require.Equal(t, exitDone, r.code, r.errors)
	})
}

// TestInputsThatCannotBeMeant checks that obvious mix-ups are noticed, with a hint.
func TestInputsThatCannotBeMeant(t *testing.T) {
	w := newWorkspace(t)
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"image and mask swapped": {[]string{"propagate", w.mask, "--mask", w.image}, "swapped"},
		"an image as mask":       {[]string{"propagate", w.image, "--mask", w.image}, "looks like an image"},
		"another plane":          {[]string{"propagate", w.image, "--mask", w.mask, "--axis", "2"}, "pass --axis 0"},
	} {
		r := slmsamRun(append(c.args, "--device", "cpu", "-o", w.path("out.nii.gz"))...)
		require.Equal(t, exitFailed, r.code, name)
		require.Contains(t, r.errors, c.says, name)
		w.requireClean(t, w.path("out.nii.gz"))
	}
}

// TestSlicesByLabel chooses slices for each label with --slice LABEL:SLICES.
func TestSlicesByLabel(t *testing.T) {
	w := newWorkspace(t)
	require.NoError(t, volume.WriteLabelMap(w.mask, testMask(testImage(), 2, 5, 8), volume.WriteOptions{Force: true}))
	s, _ := w.propagateJSON(t, "--mask", w.mask, "--slice", "2:2,8", "--slice", "5:5", "-o", w.path("o.nii.gz"))
	require.Equal(t, []int{2, 8}, s.Objects[0].Outlined)
	require.Equal(t, []int{5}, s.Objects[1].Outlined)
	for _, bad := range []string{"2:", "x:3", "0:3", "2:3:4", "a"} {
		require.Equal(t, exitUsage, w.propagate("--mask", w.mask, "--slice", bad, "-o", w.path("p.nii.gz")).code, bad)
	}
}

// TestFlagsOfACorrection checks that flags that the earlier result has settled are refused, and that those that concern only
// the slices to compute are accepted.
func TestFlagsOfACorrection(t *testing.T) {
	w := newWorkspace(t)
	first := w.path("first.nii.gz")
	require.Equal(t, exitDone, w.propagate("--mask", w.mask, "-o", first).code)
	w.edit(t, first, func(l *volume.LabelMap) { draw(l, 3, 2) })
	for _, args := range [][]string{{"--label", "2"}, {"--range", "0:5"}, {"--direction", "forward"}} {
		r := w.propagate(append(args, "--mask", first, "-o", w.path("second.nii.gz"))...)
		require.Equal(t, exitUsage, r.code, args)
		require.Contains(t, r.errors, args[0])
	}
	s, _ := w.propagateJSON(t, "--mask", first, "-o", w.path("second.nii.gz"), "--memory", "R1", "--crop", "4")
	require.Equal(t, "R1", s.Memory)
	require.Equal(t, 4.0, s.Crop)
}

// TestARecordBelongsToOneResult checks that a result in another format does not take over the record of an existing result,
// without which its corrections could not be found.
func TestARecordBelongsToOneResult(t *testing.T) {
	w := newWorkspace(t)
	first := w.path("first.nii.gz")
	require.Equal(t, exitDone, w.propagate("--mask", w.mask, "-o", first).code)
	r := w.propagate("--mask", w.mask, "-o", w.path("first.nrrd"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "first.slmsam.json is the record of "+first)
	require.NoFileExists(t, w.path("first.nrrd"))
	require.Equal(t, exitDone, w.propagate("--mask", w.mask, "-o", w.path("first.nrrd"), "--force").code)
	require.NoError(t, os.Remove(first))
	require.NoError(t, os.Remove(w.path("first.nrrd")))
	r = w.propagate("--mask", w.mask, "-o", first)
	require.Equal(t, exitDone, r.code, "a record without its result is replaced: %s", r.errors)
}

// TestAFailedWriteKeepsTheRecord checks that if the label map cannot be written, the record of the earlier one stays, so that
// the two still fit together.
func TestAFailedWriteKeepsTheRecord(t *testing.T) {
	w := newWorkspace(t)
	result := &slmsam.Result{Labels: testMask(testImage(), 6)} // on a grid that a DICOM segmentation cannot have
	j := &job{out: w.path("out.dcm"), force: true}
	require.Error(t, j.write(slmsam.Provenance{}, result))
	require.NoFileExists(t, w.path("out.slmsam.json"))
	require.NoError(t, os.WriteFile(w.path("out.slmsam.json"), []byte("before"), 0o644))
	require.Error(t, j.write(slmsam.Provenance{}, result))
	raw, err := os.ReadFile(w.path("out.slmsam.json"))
	require.NoError(t, err)
	require.Equal(t, "before", string(raw))
}
