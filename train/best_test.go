package train

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// validation returns a validation on one volume whose objects have the given DSCs.
func validation(dsc ...float64) *Validation {
	v := &Validation{}
	for i, d := range dsc {
		v.Scores = append(v.Scores, ObjectScore{Label: int32(i + 1), DSC: d})
	}
	v.DSC = meanDSC(v.Scores)
	return v
}

// TestLaterWeightsWinWithinAStandardError checks which weights are kept in a series of validations: those that are better than
// the kept ones, and later ones that are worse by less than a standard error.
func TestLaterWeightsWinWithinAStandardError(t *testing.T) {
	var s state
	for step, one := range []struct {
		scores []float64
		kept   bool
	}{
		{[]float64{0.6, 0.7, 0.5}, true},     // the start weights
		{[]float64{0.6, 0.7, 0.5}, false},    // the same scores
		{[]float64{0.5, 0.9, 0.3}, false},    // worse, though within a standard error
		{[]float64{0.7, 0.8, 0.7}, true},     // better
		{[]float64{0.65, 0.85, 0.68}, true},  // slightly worse than that, with one object better
		{[]float64{0.67, 0.77, 0.67}, false}, // every object is worse than the highest by the same amount
		{[]float64{0.7, 0.8, 0.71}, true},    // the highest
	} {
		v := validation(one.scores...)
		require.Equal(t, one.kept, s.prefers(v), "validation %d", step)
		if one.kept {
			s.setBest(v, step)
			require.Equal(t, step, s.BestStep)
			require.Equal(t, v.DSC, s.Best)
		}
		if step == 0 {
			s.Before = v.Scores
		}
	}
	require.InDelta(t, 2.21/3, meanDSC(s.Highest), 1e-9)
	require.Zero(t, standardError(validation(0.5).Scores, validation(0.6).Scores), "a single object")
	require.InDelta(t, 0.1, standardError(validation(0.5, 0.7).Scores, validation(0.5, 0.5).Scores), 1e-9)
}
