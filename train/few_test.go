package train_test

import (
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// priorAlone returns the options of a start from an untrained model of the prior alone.
func priorAlone(t *testing.T) train.StartOptions {
	t.Helper()
	c := pico()
	c.Crop, c.Prior, c.PriorAlone = 3, true, true
	return train.StartOptions{Init: writeModel(t, randomModel(t, cpu.New(1), c))}
}

// cutShort returns a case whose annotator stopped before the objects end.
func cutShort() *train.Case {
	c := discs("a", 12)
	for z := 8; z < 12; z++ {
		clear(c.Labels[z])
	}
	return c
}

// unpredictable returns a case whose labels jump to the other side of every second slice, which no model could guess.
func unpredictable() *train.Case {
	c := discs("a", 9)
	for z := 1; z < len(c.Labels); z += 2 {
		slices.Reverse(c.Labels[z])
	}
	return c
}

// TestFit checks which recipe is used for one or two volumes: a careful one if the start model segments them well, with
// presence recalibrated if it runs past the ends of objects, and a bold one otherwise. More volumes get the default recipe.
func TestFit(t *testing.T) {
	start, plain := priorAlone(t), train.FineTunePrior()
	recalibrated := plain.Careful()
	recalibrated.Calibrate, recalibrated.HoldBack = true, false
	bold, boldWithTwo := plain.Bold(), plain
	bold.Calibrate, boldWithTwo.Calibrate = false, false
	for name, c := range map[string]struct {
		data train.Cases
		want train.Recipe
		why  string
	}{
		"two that are known":         {train.Cases{discs("a", 9), discs("b", 12)}, plain.Careful(), "careful: "},
		"one whose labels end early": {train.Cases{cutShort()}, recalibrated, "recalibrated"},
		"one that is not known":      {train.Cases{unpredictable()}, bold, "bold: "},
		"two that are not known":     {train.Cases{unpredictable(), unpredictable()}, boldWithTwo, "bold: "},
		"three":                      {train.Cases{unpredictable(), unpredictable(), unpredictable()}, plain, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, why, err := plain.Fit(t.Context(), cpu.New(1), start, c.data, nil)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Contains(t, why, c.why)
			require.Equal(t, c.why == "", why == "", why)
		})
	}
	got, why, err := train.FineTune().Fit(t.Context(), cpu.New(1), start, train.Cases{discs("a", 9)}, nil)
	require.NoError(t, err)
	require.Equal(t, train.FineTune(), got, "a recipe for a model with a network")
	require.Empty(t, why)
}

// TestCareful checks what a careful recipe changes.
func TestCareful(t *testing.T) {
	few := train.FineTunePrior().Careful()
	require.InDelta(t, 3e-5, few.Rates.LR, 1e-9)
	require.False(t, few.Calibrate)
	require.False(t, few.Trust)
	require.Positive(t, few.Regions)
	require.Contains(t, few.Freeze, "prior.refiner.score.*")
	require.Greater(t, few.Augment.Degrees, train.FineTunePrior().Augment.Degrees)
	require.NoError(t, few.Validate())
}

// TestBold checks that a bold recipe leaves presence alone.
func TestBold(t *testing.T) {
	one := train.FineTunePrior().Bold()
	require.Contains(t, one.Freeze, "prior.refiner.presence.*")
	require.True(t, one.PresenceApart)
	require.False(t, one.HoldBack)
	require.NoError(t, one.Validate())
}

// TestBudgetByVolumes checks how the time limit or the number of steps depends on the recipe and the number of volumes.
func TestBudgetByVolumes(t *testing.T) {
	plain := train.FineTunePrior()
	require.Equal(t, "16m0s", train.FineTune().WithBudget(5).Time, "four fifths of 20 minutes")
	require.Equal(t, "6m24s", train.FineTune().WithBudget(1).Time)
	require.Equal(t, "48s", plain.Careful().WithBudget(2).Time)
	require.Equal(t, "8m48s", plain.WithBudget(2).Time)
	require.Equal(t, 350, plain.Bold().WithBudget(1).Steps)
}
