package eval

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// testData is a folder of label maps.
type testData struct{ root string }

func newTestData(t *testing.T) *testData { return &testData{t.TempDir()} }

// add writes a label map, in place of an earlier one of that name.
func (d *testData) add(t *testing.T, path string, m *volume.LabelMap) {
	t.Helper()
	full := filepath.Join(d.root, path)
	require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(t, volume.WriteLabelMap(full, m, volume.WriteOptions{Force: true}))
}

func (d *testData) study(methods ...string) Study {
	s := Study{Truth: filepath.Join(d.root, "truth"), ToleranceMM: DefaultToleranceMM, Seed: 1}
	for _, m := range methods {
		s.Methods = append(s.Methods, Method{m, filepath.Join(d.root, m)})
	}
	return s
}

// shifted is a map of 12x10x16 voxels (slices of 3 mm along axis 2) with labels 1 and 2; by moves them along x, more lets
// label 1 run on into further slices, as over-propagation does.
func shifted(by, more int) *volume.LabelMap {
	m := newMap([3]int{12, 10, 16}, [3]float64{1, 1, 3})
	fillBox(m, 1, [3]int{1 + by, 2, 4}, [3]int{5 + by, 8, 9 + more})
	fillBox(m, 2, [3]int{7 + by, 3, 6}, [3]int{10 + by, 7, 12})
	return m
}

// standardStudy has two methods on four cases.
func standardStudy(t *testing.T) (*testData, Study) {
	d := newTestData(t)
	for i := range 4 {
		name := fmt.Sprintf("case%d.nii.gz", i)
		d.add(t, "truth/"+name, shifted(0, i))
		d.add(t, "good/"+name, shifted(i%2, i))
		d.add(t, "bad/"+name, shifted(1+i%2, 3+i))
	}
	return d, d.study("good", "bad")
}

func TestEvaluate(t *testing.T) {
	_, study := standardStudy(t)
	study.Names = map[int32]string{1: "liver", 2: "spleen"}
	r, err := Evaluate(context.Background(), study)
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

	again, err := Evaluate(context.Background(), study)
	require.NoError(t, err)
	require.Equal(t, r, again, "the same study gives the same result")
}

// TestNothingDisappears: whatever cannot be scored is listed, and strict mode refuses.
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

	r, err := Evaluate(context.Background(), study)
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
	_, err = Evaluate(context.Background(), study)
	require.ErrorContains(t, err, "7 exclusions")
	require.ErrorContains(t, err, "shorter than a header")
}

// TestAbsentLabelIsFair: a label that a truth lacks counts for every method as soon as one predicts it.
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
	r, err := Evaluate(context.Background(), study)
	require.NoError(t, err)
	require.Len(t, r.Rows, 4)
	calm, eager := r.Rows[2], r.Rows[3]
	require.Equal(t, []any{"b", "calm", Value(1), Value(0), 16, 0}, []any{calm.Case, calm.Method, calm.DSC, calm.ASSDmm, calm.AbsentSlices, calm.OverPropagatedSlices})
	require.Equal(t, []any{"b", "eager", Value(0), false, 16, 5}, []any{eager.Case, eager.Method, eager.DSC, eager.ASSDmm.Defined(), eager.AbsentSlices, eager.OverPropagatedSlices})
	require.Equal(t, []int{0, 1}, []int{r.Summary[0].Undefined, r.Summary[1].Undefined})

	study.Scope = ScopeSpan
	r, err = Evaluate(context.Background(), study)
	require.NoError(t, err)
	require.Len(t, r.Rows, 2)
	require.Len(t, r.Excluded, 1)
	require.Contains(t, r.Excluded[0].Reason, "no span")
}

func TestPromptSlices(t *testing.T) {
	d := newTestData(t)
	d.add(t, "truth/a.nii", shifted(0, 0)) // label 1 on slices 4 to 8, center 6
	d.add(t, "m/a.nii", shifted(1, 0))
	dsc := func(change func(*Study)) (Value, []Exclusion) {
		study := d.study("m")
		study.Labels = []int32{1}
		change(&study)
		r, err := Evaluate(context.Background(), study)
		require.NoError(t, err)
		return r.Rows[0].DSC, r.Excluded
	}
	kept, _ := dsc(func(*Study) {})
	require.InDelta(t, 0.75, float64(kept), 1e-12)
	replaced, _ := dsc(func(s *Study) { s.Prompt = PromptReplace })
	require.InDelta(t, 0.8, float64(replaced), 1e-12)
	two, _ := dsc(func(s *Study) {
		s.Prompt, s.PromptSlices = PromptReplace, PromptSlices{"a": {0: {4, 5}}}
	})
	require.InDelta(t, 0.85, float64(two), 1e-12)
	left, _ := dsc(func(s *Study) { s.Prompt = PromptExclude })
	require.InDelta(t, 0.75, float64(left), 1e-12)

	for want, slices := range map[string]PromptSlices{
		"no prompted slice is given":     {"b": {1: {2}}},
		"prompted slice 16 does not":     {"a": {1: {16}}},
		"occurs on prompted slices only": {"a": {1: {4, 5, 6, 7, 8}}},
	} {
		study := d.study("m")
		study.Labels, study.Prompt, study.PromptSlices = []int32{1}, PromptExclude, slices
		_, err := Evaluate(context.Background(), study)
		require.ErrorContains(t, err, "nothing could be scored")
		require.ErrorContains(t, err, want)
	}
	read, err := ReadPromptSlices(strings.NewReader(`{"a": {"1": [3, 4], "0": [7]}}`))
	require.NoError(t, err)
	require.Equal(t, PromptSlices{"a": {1: {3, 4}, 0: {7}}}, read)
	for _, text := range []string{`{"a": {"x": [1]}}`, `{"a": {"1": [-1]}}`, `{"a": {"-1": [1]}}`, `{"a": {"1": [0.5]}}`, `[]`, `{} {}`, ``} {
		_, err := ReadPromptSlices(strings.NewReader(text))
		require.ErrorContains(t, err, "prompted slices", text)
	}
}

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
		_, err := Evaluate(context.Background(), study)
		require.ErrorContains(t, err, want)
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Evaluate(stopped, good)
	require.ErrorIs(t, err, context.Canceled)
}

func TestFindCases(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"a.nii.gz", "b.NRRD", "c.d.mha", ".hidden.nii", "notes.txt", "e/label.nii.gz", "e/image.nii.gz", "f/x.nii", "g/readme", "h/0001.png", "h/0002.png"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, f)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, f), nil, 0o644))
	}
	cases, ignored, err := FindCases(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c.d", "e", "f", "h"}, slices.Sorted(maps.Keys(cases)))
	require.Equal(t, filepath.Join(dir, "e", "label.nii.gz"), cases["e"])
	require.Equal(t, filepath.Join(dir, "h"), cases["h"], "a stack of slices is one label map")
	require.Equal(t, []string{filepath.Join(dir, "g"), filepath.Join(dir, "notes.txt")}, ignored)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.nii"), nil, 0o644))
	_, _, err = FindCases(dir)
	require.ErrorContains(t, err, `case "a" has two label maps`)
	_, _, err = FindCases(filepath.Join(dir, "g"))
	require.ErrorContains(t, err, "no label maps")
}

func TestWriteReport(t *testing.T) {
	d, study := standardStudy(t)
	empty := shifted(0, 0)
	clear(empty.Data)
	d.add(t, "bad/case3.nii.gz", empty)
	r, err := Evaluate(context.Background(), study)
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "report")
	written, err := r.WriteReport(dir)
	require.NoError(t, err)
	for _, path := range written {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		if strings.HasSuffix(path, ".png") {
			img, err := png.Decode(bytes.NewReader(raw))
			require.NoError(t, err, path)
			require.Greater(t, img.Bounds().Dx(), 400)
		}
	}
	require.Len(t, written, 4+5+8)
	for i, name := range ReportFiles() {
		require.Equal(t, filepath.Join(dir, name), written[i])
	}

	raw, err := os.ReadFile(filepath.Join(dir, "results.json"))
	require.NoError(t, err)
	var plain struct{ Rows []map[string]any }
	require.NoError(t, json.Unmarshal(raw, &plain))
	last := plain.Rows[len(plain.Rows)-1]
	for _, key := range []string{"case", "label", "method", "dsc", "assd_mm", "assd_voxels", "hd95_mm", "surface_dice", "volume_diff_ml"} {
		require.Contains(t, last, key)
	}
	require.Nil(t, last["assd_mm"], "one mask is empty: undefined is null")
	require.Equal(t, 0.0, last["dsc"])
	var back Result
	require.NoError(t, json.Unmarshal(raw, &back))
	require.False(t, back.Rows[len(back.Rows)-1].HD95mm.Defined())

	f, err := os.Open(filepath.Join(dir, "rows.csv"))
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+len(r.Rows))
	require.Equal(t, []string{"case", "label", "label_name", "method", "dsc", "assd_mm"}, lines[0][:6])
	require.Equal(t, []string{"case3", "2", "", "bad", "0", ""}, lines[len(lines)-1][:6])

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		require.False(t, strings.HasPrefix(e.Name(), "."), "temporary file %s left", e.Name())
	}
	require.Error(t, writeFile(filepath.Join(dir, "none", "x"), r.WriteCSV))
}
