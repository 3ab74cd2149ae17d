package train_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestRecipeInheritsFromTheStartModel: what a recipe does not say is the model's.
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
	require.Equal(t, r, r.Inherit(pico()), "a resolved recipe stays as it is")
	c.PriorAlone = false
	r = train.FineTune().Inherit(c)
	require.Positive(t, r.Prompts.Box)
	require.Zero(t, r.Prompts.Points)
	require.Zero(t, train.FineTune().Inherit(pico()).Augment.Crop, "a model of whole slices")
}

// TestStartModelKeepsItsSettings opens a checkpoint with a crop and a window as the start of a training.
func TestStartModelKeepsItsSettings(t *testing.T) {
	c := pico()
	c.Crop, c.Window = 3.3, "20,260"
	m, err := slmsam.New(cpu.New(1), c)
	require.NoError(t, err)
	require.NoError(t, m.Initialize(1))
	path := writeModel(t, m)
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
	require.InDelta(t, 4, got.Config.Crop, 1e-9, "a recipe may choose another")
}

// writeModel saves a model with its configuration.
func writeModel(t testing.TB, m *slmsam.Model) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	state, err := m.State()
	require.NoError(t, err)
	require.NoError(t, checkpoint.WriteSafetensors(path, state, map[string]string{slmsam.MetadataConfig: jsonOf(t, m.Config)}, checkpoint.Options{}))
	return path
}

// TestStartWeightsAreKeptWhereNothingBeatsThem trains without learning.
func TestStartWeightsAreKeptWhereNothingBeatsThem(t *testing.T) {
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
	require.Equal(t, []int{0, 1, 2}, seen, "before the first step, too")
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
	require.False(t, best.Config.PriorTrusted, "nor does their configuration change")
	last, _, err := slmsam.Load(cpu.New(1), filepath.Join(dir, "last.safetensors"), nil)
	require.NoError(t, err)
	require.True(t, last.Config.PriorTrusted)
}

// TestPresenceIsRecalibrated starts from a model of its prior alone that finds objects where they are not.
func TestPresenceIsRecalibrated(t *testing.T) {
	c := pico()
	c.Crop, c.Prior, c.PriorAlone = 3, true, true
	dev := cpu.New(1)
	m := randomModel(t, dev, c)
	at := slices.IndexFunc(m.Params.All(), func(p *nn.Param) bool { return p.Name == "prior.evidence.bias" })
	bias := m.Params.All()[at]
	var before *train.Validation
	for more := float32(1); before == nil || before.RunOver == 0; more++ { // as soon as it runs over
		require.Less(t, more, float32(20))
		b, err := bias.Get()
		require.NoError(t, err)
		bias.Set([]float32{b[0] + 1})
		before, err = train.Validate(t.Context(), m, twoCases(), c.Memory, 0)
		require.NoError(t, err)
	}
	require.Positive(t, before.RunOver)
	require.Equal(t, 2*6, before.Absent, "object 5 is not on the first three slices of either volume; four objects are outlined twice")
	require.Less(t, before.DSC, before.InRange, "slices beyond the range count")

	r := train.FineTunePrior()
	r.Time, r.Steps, r.Batch, r.Frames, r.Rates.LR, r.Rates.EncoderLR = "", 1, 1, 3, 0, 0
	tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: t.TempDir()})
	require.NoError(t, err)
	corrects := 0
	for _, p := range m.Params.All() {
		if strings.HasPrefix(p.Name, "prior.") {
			corrects += p.Tensor.Len()
		}
	}
	require.Equal(t, corrects, tr.Trained(), "only what corrects the prior")
	run(t, tr)
	g, ok := tr.Gain()
	require.True(t, ok)
	require.Negative(t, g.Shift, "%v", g)
	require.Greater(t, g.After, g.Before)
	require.Less(t, g.RunOverAfter, g.RunOverBefore)
}

// TestProlong goes on beyond the end of a finished run.
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
	require.Equal(t, 4, r.Steps, "the run remembers its new end")

	r.Steps, r.Time = 0, "2m"
	_, err = r.Prolonged(9, "", 2)
	require.ErrorContains(t, err, "with a longer time")
	_, err = r.Prolonged(0, "1m", 2)
	require.ErrorContains(t, err, "can only be extended")
	r, err = r.Prolonged(0, "3m", 2)
	require.NoError(t, err)
	require.Equal(t, "3m", r.Time)
}

func TestRecipeForTheStartModel(t *testing.T) {
	alone := pico()
	alone.Prior, alone.PriorAlone = true, true
	require.Equal(t, train.Scratch(), train.RecipeFor(pico(), true))
	require.Equal(t, train.FineTune(), train.RecipeFor(pico(), false))
	require.Equal(t, train.FineTunePrior(), train.RecipeFor(alone, false))
	require.Equal(t, train.Paper().Epochs, train.RecipeFor(slmsam.Tiny(), false).Epochs)
	few := train.FineTunePrior().Careful()
	require.InDelta(t, 3e-5, few.Rates.LR, 1e-9)
	require.False(t, few.Calibrate)
	require.False(t, few.Trust)
	require.Positive(t, few.Regions)
	require.Contains(t, few.Freeze, "prior.refiner.score.*")
	require.Greater(t, few.Augment.Degrees, train.FineTunePrior().Augment.Degrees)
	require.NoError(t, few.Validate())
	require.Equal(t, "16m0s", train.FineTune().WithBudget(5).Time, "four fifths of 20 minutes")
	require.Equal(t, "6m24s", train.FineTune().WithBudget(1).Time)
	require.Equal(t, "48s", few.WithBudget(2).Time)
	require.Equal(t, "8m48s", train.FineTunePrior().WithBudget(2).Time)
}
