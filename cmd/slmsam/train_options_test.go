package main

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// preparedTraining returns the job that flags of slmsam train lead to.
func preparedTraining(t *testing.T, dataset string, args ...string) (*trainJob, error) {
	t.Helper()
	f := &trainFlags{}
	cmd := f.command()
	require.NoError(t, cmd.ParseFlags(args))
	job, err := f.prepare(cmd, dataset)
	if err != nil {
		return nil, err
	}
	return job, f.divide(t.Context(), cmd, cpu.New(0), job)
}

// TestRecipeOfOneVolume checks that the built-in model is trained carefully on a single volume unless a recipe is named, and
// that flags override either.
func TestRecipeOfOneVolume(t *testing.T) {
	_, manifest := trainWorkspace(t)
	careful := train.FineTunePrior().Careful().WithBudget(1)
	careful.Calibrate, careful.HoldBack = true, false // the start model finds the objects far beyond their ends
	for _, c := range []struct {
		args []string
		want func(r *train.Recipe)
	}{
		{nil, func(*train.Recipe) {}},
		{[]string{"--lr", "0.0002"}, func(r *train.Recipe) { r.Rates.LR, r.Rates.EncoderLR = 2e-4, 2e-4 }},
		{[]string{"--mix-regions", "0.2"}, func(r *train.Recipe) { r.Regions = 0.2 }},
		{[]string{"--mix-regions", "0"}, func(r *train.Recipe) { r.Regions = 0 }},
		{[]string{"--mix-generated", "0.3"}, func(*train.Recipe) {}},
		{[]string{"--epochs", "7"}, func(r *train.Recipe) { r.Epochs, r.Time = 7, "" }},
		{[]string{"--freeze", "prior.up.*"}, func(r *train.Recipe) { r.Freeze = append([]string{"prior.up.*"}, r.Freeze...) }},
		{[]string{"--recipe", "finetune-prior"}, func(r *train.Recipe) { *r = train.FineTunePrior() }},
	} {
		job, err := preparedTraining(t, manifest, c.args...)
		require.NoError(t, err, c.args)
		want := careful
		c.want(&want)
		require.Equal(t, want, job.recipe, c.args)
	}
	for _, bad := range []string{"-0.1", "1", "NaN"} {
		_, err := preparedTraining(t, manifest, "--mix-regions", bad)
		require.ErrorContains(t, err, "--mix-regions "+bad+": want a fraction")
		_, err = preparedTraining(t, manifest, "--mix-generated", bad)
		require.ErrorContains(t, err, "--mix-generated "+bad+": want a fraction")
	}
}

// TestMixedClipsAreNotValidatedOn checks that what is held back are the user's volumes, whatever clips are mixed in.
func TestMixedClipsAreNotValidatedOn(t *testing.T) {
	_, manifest := trainWorkspace(t)
	job, err := preparedTraining(t, manifest, "-o", t.TempDir(), "--recipe", "finetune-prior", "--mix-generated", "0.3")
	require.NoError(t, err)
	require.NotNil(t, job.held)
	require.NotEmpty(t, job.heldBack)
	mixed, ok := job.train.(train.Mixed)
	require.True(t, ok)
	require.Equal(t, 0.3, mixed.Share)
}
