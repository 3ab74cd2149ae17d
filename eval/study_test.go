package eval

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestEvaluate checks the rows, the summary and the comparisons of two methods on four cases, and that a second run gives
// the same result.
func TestEvaluate(t *testing.T) {
	_, study := standardStudy(t)
	study.Names = map[int32]string{1: "liver", 2: "spleen"}
	r, err := Evaluate(t.Context(), study)
	require.NoError(t, err)
	require.Empty(t, r.Excluded)
	require.Len(t, r.Rows, 4*2*2)
	first := r.Rows[0]
	require.Equal(t, []any{"case0", int32(1), "liver", "good", Value(1), Value(0)},
		[]any{first.Case, first.Label, first.LabelName, first.Method, first.DSC, first.ASSDmm})
	second := r.Rows[1]
	require.Equal(t, "bad", second.Method)
	require.InDelta(t, 2*5*18/float64(5*24+8*24), float64(second.DSC), 1e-12) // 3 of 4 columns, 5 of 8 slices
	require.Equal(t, []int{3, 11, 0, 5}, []int{second.OverPropagatedSlices, second.AbsentSlices, second.MissedSlices, second.PresentSlices})
	require.InDelta(t, 8.0/11, float64(second.AbsentDSC), 1e-12)

	require.Len(t, r.Summary, 3*2)
	require.Equal(t, []any{AllLabels, "all labels", "good", 4}, []any{r.Summary[0].Label, r.Summary[0].LabelName, r.Summary[0].Method, r.Summary[0].Cases})
	for _, s := range r.Summary {
		require.LessOrEqual(t, s.DSC.Low, s.DSC.Mean)
		require.LessOrEqual(t, s.DSC.Mean, s.DSC.High)
	}
	require.Len(t, r.Comparisons, 3*2)
	require.Equal(t, 4, r.Comparisons[0].Cases)
	require.Positive(t, float64(r.Comparisons[0].Difference.Mean))
	require.InDelta(t, float64(r.Summary[0].DSC.Mean-r.Summary[1].DSC.Mean), float64(r.Comparisons[0].Difference.Mean), 1e-12)

	again, err := Evaluate(t.Context(), study)
	require.NoError(t, err)
	require.Equal(t, r, again)
}

// TestNothingDisappears checks that whatever cannot be scored is listed with its reason, and is an error in strict mode.
func TestNothingDisappears(t *testing.T) {
	d, study := standardStudy(t)
	d.add(t, "truth/lonely.nii.gz", shifted(0, 0)) // no prediction
	d.add(t, "good/extra.nii.gz", shifted(0, 0))   // no truth
	other := shifted(0, 0)
	other.Geom = volume.NewGeometry(other.Dim, [3]float64{1, 1, 5})
	d.add(t, "bad/case1.nii.gz", other)
	half := &volume.Volume{Dim: other.Dim, Geom: other.Geom, Data: make([]float32, len(other.Data))}
	half.Data[1] = 0.5
	require.NoError(t, volume.WriteVolume(filepath.Join(d.root, "good/case2.nii.gz"), half, volume.WriteOptions{Force: true}))
	require.NoError(t, os.Truncate(filepath.Join(d.root, "truth/case3.nii.gz"), 60))
	foreign := shifted(0, 0)
	fillBox(foreign, 9, [3]int{0, 0, 0}, [3]int{1, 1, 1})
	d.add(t, "good/case0.nii.gz", foreign)
	require.NoError(t, os.WriteFile(filepath.Join(d.root, "truth", "dataset.json"), nil, 0o644))

	r, err := Evaluate(t.Context(), study)
	require.NoError(t, err)
	reasons := map[string]string{}
	for _, e := range r.Excluded {
		reasons[fmt.Sprintf("%s/%d/%s", e.Case, e.Label, e.Method)] = e.Reason
	}
	require.Len(t, reasons, 7)
	require.Contains(t, reasons["lonely/0/good"], "no prediction")
	require.Contains(t, reasons["lonely/0/bad"], "no prediction")
	require.Contains(t, reasons["extra/0/good"], "no truth")
	require.Contains(t, reasons["case1/0/bad"], "affine spacing")
	require.Contains(t, reasons["case2/0/good"], "must hold integers")
	require.Contains(t, reasons["case3/0/"], "truth: volume: read")
	require.Contains(t, reasons["case0/9/good"], "no truth holds this label")
	require.Equal(t, []string{filepath.Join(d.root, "truth", "dataset.json")}, r.Ignored)
	require.Len(t, r.Rows, 2*2+2+2)
	for _, s := range r.Summary[2:] {
		require.Equal(t, []int{2, 2}, []int{s.Cases, s.Missing}, "cases 0-2 and lonely hold each label")
	}
	var text bytes.Buffer
	require.NoError(t, r.WriteText(&text, true))
	require.Contains(t, text.String(), "Not scored (7)")
	require.Contains(t, text.String(), "case case2, method good: prediction: volume: read")

	study.Strict = true
	_, err = Evaluate(t.Context(), study)
	require.ErrorContains(t, err, "7 exclusions")
	require.ErrorContains(t, err, "shorter than a header")
}

// TestAbsentLabelIsFair checks that a label that a truth lacks counts for every method as soon as one of them predicts it.
func TestAbsentLabelIsFair(t *testing.T) {
	d := newTestData(t)
	onlyTwo := shifted(0, 0)
	for i, v := range onlyTwo.Data {
		if v == 1 {
			onlyTwo.Data[i] = 0
		}
	}
	d.add(t, "truth/a.mha", shifted(0, 0))
	d.add(t, "truth/b.mha", onlyTwo)
	d.add(t, "calm/a.nrrd", shifted(0, 0))
	d.add(t, "calm/b.nrrd", onlyTwo)
	d.add(t, "eager/a.nii", shifted(0, 0))
	d.add(t, "eager/b.nii", shifted(0, 0))
	study := d.study("calm", "eager")
	study.Labels = []int32{1}
	r, err := Evaluate(t.Context(), study)
	require.NoError(t, err)
	require.Len(t, r.Rows, 4)
	calm, eager := r.Rows[2], r.Rows[3]
	require.Equal(t, []any{"b", "calm", Value(1), Value(0), 16, 0}, []any{calm.Case, calm.Method, calm.DSC, calm.ASSDmm, calm.AbsentSlices, calm.OverPropagatedSlices})
	require.Equal(t, []any{"b", "eager", Value(0), false, 16, 5}, []any{eager.Case, eager.Method, eager.DSC, eager.ASSDmm.Defined(), eager.AbsentSlices, eager.OverPropagatedSlices})
	require.Equal(t, []int{0, 1}, []int{r.Summary[0].Undefined, r.Summary[1].Undefined})

	study.Scope = ScopeSpan
	r, err = Evaluate(t.Context(), study)
	require.NoError(t, err)
	require.Len(t, r.Rows, 2)
	require.Len(t, r.Excluded, 1)
	require.Contains(t, r.Excluded[0].Reason, "no span")
}

// TestStudyErrors checks that a study that makes no sense is refused, each with its reason.
func TestStudyErrors(t *testing.T) {
	_, good := standardStudy(t)
	for want, change := range map[string]func(*Study){
		"at least one":       func(s *Study) { s.Methods = nil },
		"both must be given": func(s *Study) { s.Methods[0].Name = "" },
		"two methods":        func(s *Study) { s.Methods[1].Name = "good" },
		"label -1":           func(s *Study) { s.Labels = []int32{-1} },
		`axis "z"`:           func(s *Study) { s.Axis = "z" },
		`prompt slices "x"`:  func(s *Study) { s.Prompt = "x" },
		`scope "x"`:          func(s *Study) { s.Scope = "x" },
		"tolerance":          func(s *Study) { s.ToleranceMM = -1 },
		"-1 bootstrap":       func(s *Study) { s.Resamples = -1 },
		"use 1 to 1000000":   func(s *Study) { s.Resamples = math.MaxInt },
		"no such file":       func(s *Study) { s.Truth = filepath.Join(s.Truth, "none") },
		"no truth holds":     func(s *Study) { s.Labels = []int32{77} },
	} {
		study := good
		study.Methods = append([]Method(nil), good.Methods...)
		change(&study)
		_, err := Evaluate(t.Context(), study)
		require.ErrorContains(t, err, want)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Evaluate(stopped, good)
	require.ErrorIs(t, err, context.Canceled)
}
