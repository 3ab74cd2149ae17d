package eval

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPromptSlices checks the DSC of a case whose prompted slices are kept, replaced by the truth, or excluded.
func TestPromptSlices(t *testing.T) {
	d := newTestData(t)
	d.add(t, "truth/a.nii", shifted(0, 0)) // label 1 on slices 4 to 8, center 6
	d.add(t, "m/a.nii", shifted(1, 0))
	dsc := func(change func(*Study)) (Value, []Exclusion) {
		study := d.study("m")
		study.Labels = []int32{1}
		change(&study)
		r, err := Evaluate(t.Context(), study)
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
		_, err := Evaluate(t.Context(), study)
		require.ErrorContains(t, err, "nothing could be scored")
		require.ErrorContains(t, err, want)
	}
}

// TestReadPromptSlices reads prompted slices, and refuses files with mistakes.
func TestReadPromptSlices(t *testing.T) {
	read, err := ReadPromptSlices(strings.NewReader(`{"a": {"1": [3, 4], "0": [7]}}`))
	require.NoError(t, err)
	require.Equal(t, PromptSlices{"a": {1: {3, 4}, 0: {7}}}, read)
	for _, text := range []string{`{"a": {"x": [1]}}`, `{"a": {"1": [-1]}}`, `{"a": {"-1": [1]}}`, `{"a": {"1": [0.5]}}`, `[]`, `{} {}`, ``} {
		_, err := ReadPromptSlices(strings.NewReader(text))
		require.ErrorContains(t, err, "prompted slices", text)
	}
}
