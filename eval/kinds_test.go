package eval

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestNamesWithEndings checks that predictions are paired with truths although programs append a channel's number or a word,
// and that nothing is paired by a guess.
func TestNamesWithEndings(t *testing.T) {
	for prediction, paired := range map[string]bool{
		"c1_0000.nii.gz": true, "c1_seg.nrrd": true, "C1-pred.mha": true, "c1_slmsam.nii": true, "c1_0000_mask.nii.gz": true,
		"c1.nrrd": true, "c1_2.nii.gz": false, "c11.nii.gz": false, "xc1.nii.gz": false,
	} {
		d := newTestData(t)
		d.add(t, "truth/c1.nii.gz", shifted(0, 0))
		d.add(t, "m/"+prediction, shifted(1, 0))
		r, err := Evaluate(t.Context(), d.study("m"))
		if !paired {
			require.ErrorContains(t, err, "no prediction", prediction)
			continue
		}
		require.NoError(t, err, prediction)
		require.Equal(t, "c1", r.Rows[0].Case)
		require.Equal(t, prediction != "c1.nrrd", len(r.Notes) == 1, prediction)
	}
	d := newTestData(t)
	d.add(t, "truth/c1_label.nii.gz", shifted(0, 0))
	d.add(t, "m/c1_0000.nii.gz", shifted(0, 0))
	d.add(t, "m/c1_0001.nii.gz", shifted(1, 0))
	_, err := Evaluate(t.Context(), d.study("m"))
	require.ErrorContains(t, err, "Several names are alike", "with two candidates, neither is taken")
}

// TestNumbersTellCasesApart checks that a truth without a prediction and a prediction without a truth do not become a pair if
// their numbers differ.
func TestNumbersTellCasesApart(t *testing.T) {
	d := newTestData(t)
	for _, n := range []int{1, 2, 3} {
		d.add(t, fmt.Sprintf("truth/liver_%04d.nii.gz", n), shifted(0, 0))
		d.add(t, fmt.Sprintf("channel/liver_%04d_0000.nii.gz", n), shifted(0, 0))
		d.add(t, fmt.Sprintf("word/liver_%04d_seg.nii.gz", n), shifted(0, 0))
	}
	d.add(t, "other/liver_0001.nii.gz", shifted(0, 0))
	d.add(t, "other/liver_0002.nii.gz", shifted(0, 0))
	d.add(t, "other/liver_0004.nii.gz", shifted(0, 0))
	r, err := Evaluate(t.Context(), d.study("other"))
	require.NoError(t, err)
	require.Empty(t, r.Notes)
	require.Len(t, r.Excluded, 2)
	require.Regexp(t, "^no prediction in [^ ]*$", r.Excluded[0].Reason)
	require.Regexp(t, "^no truth in [^ ]*$", r.Excluded[1].Reason)
	r, err = Evaluate(t.Context(), d.study("channel", "word"))
	require.NoError(t, err)
	require.Empty(t, r.Excluded)
	require.Len(t, r.Rows, 3*2*2)
	require.Equal(t, "liver_0001", r.Rows[0].Case)
}

// TestOneFilePerOrgan checks that organs in files of their own get the same scores as in one map, and that a method with one
// map can be compared with a method with one file per organ.
func TestOneFilePerOrgan(t *testing.T) {
	whole := newTestData(t)
	whole.add(t, "truth/a.nii.gz", shifted(0, 0))
	whole.add(t, "m/a.nii.gz", shifted(1, 0))
	want, err := Evaluate(t.Context(), whole.study("m"))
	require.NoError(t, err)
	requireSame := func(r *Result, names map[int32]string) {
		t.Helper()
		require.Len(t, r.Rows, len(want.Rows))
		for i, row := range r.Rows {
			require.Equal(t, want.Rows[i].DSC, row.DSC)
			require.Equal(t, want.Rows[i].ASSDmm, row.ASSDmm)
			require.Equal(t, names[row.Label], row.LabelName)
		}
		require.Empty(t, r.Excluded)
	}
	for _, folder := range []string{"a/", "a/segmentations/"} {
		d := newTestData(t)
		d.add(t, "truth/"+folder+"liver.nii.gz", organ(shifted(0, 0), 1, 1))
		d.add(t, "truth/"+folder+"spleen.nii.gz", organ(shifted(0, 0), 2, 255))
		d.add(t, "truth/a/ct.nii.gz", shifted(3, 0)) // stands for the image
		d.add(t, "m/"+folder+"liver.nrrd", organ(shifted(1, 0), 1, 7))
		d.add(t, "m/"+folder+"spleen.nrrd", organ(shifted(1, 0), 2, 1))
		r, err := Evaluate(t.Context(), d.study("m"))
		require.NoError(t, err)
		requireSame(r, map[int32]string{1: "liver", 2: "spleen"})

		d.add(t, "map/a.nii.gz", shifted(1, 0))
		_, err = Evaluate(t.Context(), d.study("map"))
		require.ErrorContains(t, err, "--names")
		study := d.study("map", "m")
		study.Names = map[int32]string{1: "Liver", 2: "spleen"}
		r, err = Evaluate(t.Context(), study)
		require.NoError(t, err)
		require.Equal(t, r.Rows[0].DSC, r.Rows[1].DSC)
		require.Len(t, r.Rows, 4)
	}
}

// TestOrgansMayOverlap scores a lesion within the liver. In separate files, both keep their voxels.
func TestOrgansMayOverlap(t *testing.T) {
	d := newTestData(t)
	d.add(t, "truth/a/liver.nii.gz", organ(shifted(0, 0), 1, 1))
	d.add(t, "truth/a/lesion.nii.gz", organ(shifted(0, 0), 1, 1)) // within the liver
	d.add(t, "truth/b/liver.nii.gz", organ(shifted(0, 0), 1, 1))
	d.add(t, "m/a/liver.nii.gz", organ(shifted(0, 0), 1, 1))
	d.add(t, "m/b/liver.nii.gz", organ(shifted(0, 0), 1, 1))
	r, err := Evaluate(t.Context(), d.study("m"))
	require.NoError(t, err)
	dsc := map[string]Value{}
	for _, row := range r.Rows {
		dsc[row.Case+" "+row.LabelName] = row.DSC
	}
	require.Equal(t, map[string]Value{"a lesion": 0, "a liver": 1, "b liver": 1}, dsc)
}

// TestTwoNamesOfOneOrgan checks that two names that mean the same organ are an error. Otherwise, one organ would replace the
// other and never be scored.
func TestTwoNamesOfOneOrgan(t *testing.T) {
	d := newTestData(t)
	d.add(t, "truth/a/left_kidney.nii.gz", organ(shifted(0, 0), 1, 1))
	d.add(t, "truth/a/Left-Kidney.nii.gz", organ(shifted(0, 0), 2, 1))
	d.add(t, "m/a/left_kidney.nii.gz", organ(shifted(0, 0), 1, 1))
	_, err := Evaluate(t.Context(), d.study("m"))
	require.ErrorContains(t, err, "labels 1 and 2 are both named")
	study := d.study("m")
	study.Names = map[int32]string{1: "Left kidney"}
	_, err = Evaluate(t.Context(), study)
	require.ErrorContains(t, err, "are the same organ")
}

// TestCancelingStopsBetweenLabels checks that a canceled evaluation does not finish a case with many labels or organs.
func TestCancelingStopsBetweenLabels(t *testing.T) {
	d := newTestData(t)
	d.add(t, "truth/a.nii.gz", shifted(0, 0))
	d.add(t, "m/a.nii.gz", shifted(0, 0))
	d.add(t, "organs/truth/a/liver.nii.gz", organ(shifted(0, 0), 1, 1))
	d.add(t, "organs/truth/a/spleen.nii.gz", organ(shifted(0, 0), 2, 1))
	d.add(t, "organs/m/a/liver.nii.gz", organ(shifted(0, 0), 1, 1))
	for _, study := range []Study{d.study("m"), (&testData{d.root + "/organs"}).study("m")} {
		ctx, cancel := context.WithCancel(t.Context())
		study.Progress = func(int, int, string) { cancel() }
		_, err := Evaluate(ctx, study)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "stopped at case a")
	}
}

// TestPredictionsOnOtherGrids scores predictions that are stored in another order, a hundredth of a voxel off, or cropped,
// each with a note. One that is misplaced is not scored unless the geometry is to be ignored.
func TestPredictionsOnOtherGrids(t *testing.T) {
	d := newTestData(t)
	truth := shifted(0, 0)
	d.add(t, "truth/c.nii.gz", truth)
	flipped := *truth
	flipped.Data = make([]int32, len(truth.Data))
	for i, v := range truth.Data {
		flipped.Data[i/12*12+11-i%12] = v
	}
	flipped.Geom.Affine[0][0], flipped.Geom.Affine[0][3] = -1, 11
	d.add(t, "flipped/c.nrrd", &flipped)
	near := *truth
	near.Geom.Affine[0][3] = 0.03 // mm
	d.add(t, "near/c.nii", &near)
	half := volume.NewGeometry([3]int{12, 10, 12}, [3]float64{1, 1, 3})
	half.Affine[2][3] = 6
	d.add(t, "cropped/c.mha", &volume.LabelMap{Dim: half.Dim, Geom: half, Data: truth.Data[2*120 : 14*120]})
	far := *truth
	far.Geom.Affine[0][3] = 5
	d.add(t, "far/c.nii", &far)
	r, err := Evaluate(t.Context(), d.study("flipped", "near", "cropped", "far"))
	require.NoError(t, err)
	require.Len(t, r.Rows, 2*3)
	for _, row := range r.Rows {
		require.EqualValues(t, 1, row.DSC, row.Method)
	}
	require.Len(t, r.Notes, 3)
	require.Len(t, r.Excluded, 1)
	require.Contains(t, r.Excluded[0].Reason, "affine origin")
	study := d.study("far")
	study.IgnoreGeometry = true
	r, err = Evaluate(t.Context(), study)
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Rows[0].DSC)
}

// TestIgnoredVoxelsCountNowhere checks that voxels of the ignored label are not an object, and that a prediction there is
// neither right nor wrong.
func TestIgnoredVoxelsCountNowhere(t *testing.T) {
	d := newTestData(t)
	truth, prediction := shifted(0, 0), shifted(0, 0)
	for i := range 200 {
		truth.Data[i], prediction.Data[i] = 9, 1
	}
	d.add(t, "truth/a.nii", truth)
	d.add(t, "m/a.nii", prediction)
	study := d.study("m")
	study.Ignore = 9
	r, err := Evaluate(t.Context(), study)
	require.NoError(t, err)
	require.Len(t, r.Rows, 2)
	for _, row := range r.Rows {
		require.EqualValues(t, 1, row.DSC)
	}
	require.Empty(t, r.Excluded)
}
