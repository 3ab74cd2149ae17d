package train_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestFit: two volumes that the start model segments well are learned from with care, two that it does not segment well
// boldly but without recalibration, and more volumes by the plain recipe.
func TestFit(t *testing.T) {
	c := pico()
	c.Crop, c.Prior, c.PriorAlone = 3, true, true
	start := train.StartOptions{Init: writeModel(t, randomModel(t, cpu.New(1), c))}
	plain := train.FineTunePrior()

	easy := train.Cases{discs("a", 9), discs("b", 12)}
	r, why, err := plain.Fit(t.Context(), cpu.New(1), start, easy, nil)
	require.NoError(t, err)
	require.Equal(t, plain.Careful(), r)
	require.Contains(t, why, "careful: ")
	require.Equal(t, "48s", r.WithBudget(2).Time)

	cut := discs("a", 12) // where the annotator stopped before the objects end
	for z := 8; z < 12; z++ {
		clear(cut.Labels[z])
	}
	r, why, err = plain.Fit(t.Context(), cpu.New(1), start, train.Cases{cut}, nil)
	require.NoError(t, err)
	careful := plain.Careful()
	careful.Calibrate, careful.HoldBack = true, false
	require.Equal(t, careful, r, "presence is recalibrated, on all slices")
	require.Contains(t, why, "recalibrated")

	hard := discs("a", 9)
	for z := range hard.Labels {
		if z%2 == 1 { // labels that nobody could guess
			for i := range hard.Labels[z] {
				hard.Labels[z][i] = hard.Labels[z][len(hard.Labels[z])-1-i]
			}
		}
	}
	r, why, err = plain.Fit(t.Context(), cpu.New(1), start, train.Cases{hard}, nil)
	require.NoError(t, err)
	want := plain
	want.HoldBack, want.Calibrate, want.KeepPresence = false, false, true
	require.Equal(t, want, r, "all of one volume is learned from")
	require.Contains(t, why, "bold: ")
	require.Equal(t, 350, r.WithBudget(1).Steps)
	require.Equal(t, "8m48s", r.WithBudget(2).Time)

	r, _, err = plain.Fit(t.Context(), cpu.New(1), start, train.Cases{hard, hard}, nil)
	require.NoError(t, err)
	want.HoldBack = true
	require.Equal(t, want, r, "one of two is held back")

	r, why, err = plain.Fit(t.Context(), cpu.New(1), start, train.Cases{hard, hard, hard}, nil)
	require.NoError(t, err)
	require.Equal(t, plain, r)
	require.Empty(t, why)
	r, _, err = train.FineTune().Fit(t.Context(), cpu.New(1), start, easy, nil)
	require.NoError(t, err)
	require.Equal(t, train.FineTune(), r, "a model with a network")
}
