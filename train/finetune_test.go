package train_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestRecipeInheritsFromTheStartModel checks that what a recipe leaves open is taken from the start model.
func TestRecipeInheritsFromTheStartModel(t *testing.T) {
	c := pico()
	c.Crop, c.Memory, c.Prior, c.PriorAlone = 3, slmsam.Memory{Long: 7}, true, true
	c.Trained = &slmsam.Trained{Prompts: []string{slmsam.PromptMask, slmsam.PromptBox}}
	r := train.FineTune().Inherit(c)
	require.Equal(t, "M7", r.Memory.String())
	require.True(t, *r.PriorAlone)
	require.InDelta(t, 9, r.Augment.Crop[0]*r.Augment.Crop[1], 1e-9, "a range about the model's crop")
	require.Less(t, r.Augment.Crop[0], 3.0)
	require.Equal(t, train.Prompts{Mask: 1, MaxPoints: 1}, r.Prompts, "the prior alone knows masks only")
	require.Equal(t, r, r.Inherit(pico()), "a resolved recipe does not change")
	c.PriorAlone = false
	r = train.FineTune().Inherit(c)
	require.Positive(t, r.Prompts.Box)
	require.Zero(t, r.Prompts.Points)
	require.Zero(t, train.FineTune().Inherit(pico()).Augment.Crop, "a model that sees whole slices")
}

// TestStartModelKeepsItsSettings starts from a checkpoint with a crop and a window. Both are kept unless the recipe says
// otherwise.
func TestStartModelKeepsItsSettings(t *testing.T) {
	c := pico()
	c.Crop, c.Window = 3.3, "20,260"
	path := writeModel(t, randomModel(t, cpu.New(1), c))
	for _, r := range []train.Recipe{train.Paper(), train.FineTune(), train.FineTune().Inherit(c)} {
		got, _, err := train.Begin(cpu.New(1), train.StartOptions{Init: path}, r)
		require.NoError(t, err)
		require.Equal(t, 3.3, got.Config.Crop)
		require.EqualValues(t, "20,260", got.Config.Window)
	}
	r := train.Paper()
	r.Augment.Crop = [2]float64{2, 8}
	got, _, err := train.Begin(cpu.New(1), train.StartOptions{Init: path}, r)
	require.NoError(t, err)
	require.InDelta(t, 4, got.Config.Crop, 1e-9, "the recipe has a crop of its own")
}

// TestStartWeightsAreKeptIfNothingBeatsThem trains with a learning rate of 0. The best weights and their configuration are then
// those of the start.
func TestStartWeightsAreKeptIfNothingBeatsThem(t *testing.T) {
	dir := t.TempDir()
	r := tinyRecipe(2)
	r.Rates.LR, r.Rates.EncoderLR, r.ValidateEach, r.Trust = 0, 0, 1, true
	dev := cpu.New(1)
	m := freshModel(t, dev)
	var seen []int
	tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: dir, Report: func(p train.Progress) {
		if p.Validation != nil {
			seen = append(seen, p.Step)
		}
	}})
	require.NoError(t, err)
	start := weights(t, m)
	run(t, tr)
	require.Equal(t, []int{0, 1, 2}, seen, "validated before the first step, too")
	_, step := tr.Best()
	require.Zero(t, step)
	g, ok := tr.Gain()
	require.True(t, ok)
	require.True(t, g.Kept)
	require.Zero(t, g.Change.Mean)
	require.Equal(t, 4, g.Objects)
	require.Contains(t, g.String(), "nothing beat the start weights")
	best, _, err := slmsam.Load(cpu.New(1), filepath.Join(dir, "best.safetensors"), nil)
	require.NoError(t, err)
	requireSameWeights(t, start, weights(t, best))
	require.False(t, best.Config.PriorTrusted)
	last, _, err := slmsam.Load(cpu.New(1), filepath.Join(dir, "last.safetensors"), nil)
	require.NoError(t, err)
	require.True(t, last.Config.PriorTrusted)
}

// TestPresenceIsRecalibrated starts from a model of the prior alone that finds objects on slices where they are not.
// Recalibration shifts its scores so that it does so less.
func TestPresenceIsRecalibrated(t *testing.T) {
	c := pico()
	c.Crop, c.Prior, c.PriorAlone = 3, true, true
	dev := cpu.New(1)
	m := randomModel(t, dev, c)
	bias := golden.Param(t, m, "prior.evidence.bias")
	var before *train.Validation
	for tries := 0; before == nil || before.RunOver == 0; tries++ { // until it finds an object where it is not
		require.Less(t, tries, 20)
		b, err := bias.Get()
		require.NoError(t, err)
		bias.Set([]float32{b[0] + 1})
		before, err = train.Validate(t.Context(), m, twoCases(), c.Memory)
		require.NoError(t, err)
	}
	require.Positive(t, before.RunOver)
	require.Equal(t, 2*6, before.Absent, "object 5 is missing from the first three slices of each volume, and each object is outlined twice")
	require.Less(t, before.DSC, before.InRange, "the DSC over the whole volume counts slices beyond the range")

	r := train.FineTunePrior()
	r.Time, r.Steps, r.Batch, r.Frames, r.Rates.LR, r.Rates.EncoderLR = "", 1, 1, 3, 0, 0
	tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: t.TempDir()})
	require.NoError(t, err)
	corrections := 0
	for _, p := range m.Params.All() {
		if strings.HasPrefix(p.Name, "prior.") {
			corrections += p.Tensor.Len()
		}
	}
	require.Equal(t, corrections, tr.Trained(), "only what corrects the prior is trained")
	run(t, tr)
	g, ok := tr.Gain()
	require.True(t, ok)
	require.Negative(t, g.Shift, "%v", g)
	require.Greater(t, g.After, g.Before)
	require.Less(t, g.RunOverAfter, g.RunOverBefore)
}

// TestFewVolumesAreRecalibratedTowardAbsence starts from a model that finds nothing. Recalibration then finds more, but not in a bold or
// careful training.
func TestFewVolumesAreRecalibratedTowardAbsence(t *testing.T) {
	plain := train.FineTunePrior()
	for name, r := range map[string]train.Recipe{"plain": plain, "bold": plain.Bold(), "careful": plain.Careful()} {
		c := pico()
		c.Crop, c.Prior, c.PriorAlone, c.PresenceApart = 3, true, true, r.PresenceApart
		dev := cpu.New(1)
		m := randomModel(t, dev, c)
		golden.Param(t, m, "prior.evidence.bias").Set([]float32{-3})
		r.Time, r.Steps, r.Batch, r.Frames, r.Rates.LR, r.Rates.EncoderLR, r.Calibrate = "", 1, 1, 3, 0, 0, true
		var tried []float64
		tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: t.TempDir(), Report: func(p train.Progress) {
			if p.Shift != nil {
				tried = append(tried, *p.Shift)
			}
		}})
		require.NoError(t, err)
		run(t, tr)
		require.Negative(t, slices.Min(tried), name)
		require.Equal(t, name == "plain", slices.Max(tried) > 0, "%s %v", name, tried)
	}
}

// TestProlong extends a finished run by more steps.
func TestProlong(t *testing.T) {
	dir := t.TempDir()
	tr, _ := newTrainer(t, dir, tinyRecipe(2), nil)
	run(t, tr)
	r, config, err := train.RunConfig(dir)
	require.NoError(t, err)
	_, err = r.Prolonged(1, "", 2)
	require.ErrorContains(t, err, "fewer than the run's 2")
	_, err = r.Prolonged(0, "1h", 2)
	require.ErrorContains(t, err, "extend it with more steps")
	longer, err := r.Prolonged(4, "", 2)
	require.NoError(t, err)
	dev := cpu.New(1)
	m, err := slmsam.New(dev, config)
	require.NoError(t, err)
	tr, err = train.Resume(nn.NewGraph(dev), m, train.Setup{Recipe: longer, Train: twoCases(), Dir: dir})
	require.NoError(t, err)
	run(t, tr)
	require.Equal(t, 4, tr.Step())
	r, _, err = train.RunConfig(dir)
	require.NoError(t, err)
	require.Equal(t, 4, r.Steps, "the run's folder has the new number")
}

// TestProlongTime extends a recipe with a time limit, which can only be extended by a longer time.
func TestProlongTime(t *testing.T) {
	r := tinyRecipe(2)
	r.Steps, r.Time = 0, "2m"
	_, err := r.Prolonged(9, "", 2)
	require.ErrorContains(t, err, "with a longer time")
	_, err = r.Prolonged(0, "1m", 2)
	require.ErrorContains(t, err, "can only be extended")
	r, err = r.Prolonged(0, "3m", 2)
	require.NoError(t, err)
	require.Equal(t, "3m", r.Time)
}

// TestRecipeForTheStartModel checks which recipe is the default for which model.
func TestRecipeForTheStartModel(t *testing.T) {
	alone := pico()
	alone.Prior, alone.PriorAlone = true, true
	require.Equal(t, train.Scratch(), train.RecipeFor(pico(), true))
	require.Equal(t, train.FineTune(), train.RecipeFor(pico(), false))
	require.Equal(t, train.FineTunePrior(), train.RecipeFor(alone, false))
	require.Equal(t, train.Paper().Epochs, train.RecipeFor(slmsam.Tiny(), false).Epochs)
}
