package train_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// priorRecipe trains a model with a prior on clips with every kind of prompt, with teacher forcing that decays.
func priorRecipe(steps int, alone bool) train.Recipe {
	r := tinyRecipe(steps)
	r.Teacher = train.Teacher{TrueMasks: 0.5, TrueMasksSteps: steps, FreeMasks: true}
	r.Average, r.PriorAlone = 0.9, &alone
	if !alone {
		r.Prompts = train.Prompts{Mask: 1, Points: 1, Box: 1, MaxPoints: 1}
	}
	return r
}

// priorTrainer starts such a training with a pico model.
func priorTrainer(t testing.TB, dir string, r train.Recipe) (*train.Trainer, *slmsam.Model) {
	t.Helper()
	c := pico()
	c.Prior, c.PriorAlone = true, *r.PriorAlone
	dev := cpu.New(1)
	m := randomModel(t, dev, c)
	tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: dir})
	require.NoError(t, err)
	return tr, m
}

// TestPriorLearnsAndResumes checks that the refiner learns with and without the network, and that an interrupted
// training continues exactly, averaged weights included.
func TestPriorLearnsAndResumes(t *testing.T) {
	for _, alone := range []bool{false, true} {
		whole, half := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "half")
		tr, m := priorTrainer(t, whole, priorRecipe(4, alone))
		before := weights(t, m)["prior.refiner.mask.weight"]
		require.NoError(t, tr.Run(context.Background()))
		require.NotEqual(t, before, weights(t, m)["prior.refiner.mask.weight"], "alone %t", alone)

		ctx, stop := context.WithCancel(context.Background())
		dev := cpu.New(1)
		c := m.Config
		first := randomModel(t, dev, c)
		tr, err := train.New(nn.NewGraph(dev), first, train.Setup{Recipe: priorRecipe(4, alone), Train: twoCases(), Dir: half,
			Report: func(p train.Progress) {
				if p.Step == 2 {
					stop()
				}
			}})
		require.NoError(t, err)
		require.ErrorIs(t, tr.Run(ctx), context.Canceled)
		tr, again := resumed(t, half)
		require.NoError(t, tr.Run(context.Background()))
		require.Equal(t, weights(t, m), weights(t, again), "alone %t", alone)
		require.Equal(t, averaged(t, whole), averaged(t, half), "alone %t", alone)
	}
}

// averaged reads the averaged weights of a run.
func averaged(t testing.TB, dir string) map[string][]float32 {
	t.Helper()
	f, err := checkpoint.Read(filepath.Join(dir, "average.safetensors"))
	require.NoError(t, err)
	out := map[string][]float32{}
	for name, tensor := range f.Tensors {
		out[name] = tensor.Data
	}
	return out
}

// TestTrainingFromAPriorAloneCorrectsNothing checks that the decoder, untrained in such a model, starts without
// correcting the prior.
func TestTrainingFromAPriorAloneCorrectsNothing(t *testing.T) {
	dir := t.TempDir()
	tr, _ := priorTrainer(t, dir, priorRecipe(2, true))
	require.NoError(t, tr.Run(context.Background()))
	m, _, err := train.Begin(cpu.New(1), train.StartOptions{Init: filepath.Join(dir, "last.safetensors")}, priorRecipe(2, false))
	require.NoError(t, err)
	require.False(t, m.Config.PriorAlone)
	w := weights(t, m)
	for _, layer := range slmsam.Corrections() {
		require.Equal(t, make([]float32, len(w[layer+".weight"])), w[layer+".weight"], layer)
	}
}
