package train_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// priorRecipe returns a recipe for a model with a prior, with teacher forcing that decays and averaged weights. Without alone,
// clips have every kind of prompt.
func priorRecipe(steps int, alone bool) train.Recipe {
	r := tinyRecipe(steps)
	r.Teacher = train.Teacher{TrueMasks: 0.5, TrueMasksSteps: steps, FreeMasks: true}
	r.Average, r.PriorAlone = 0.9, &alone
	if !alone {
		r.Prompts = train.Prompts{Mask: 1, Points: 1, Box: 1, MaxPoints: 1}
	}
	return r
}

// priorTrainer returns a new run of a pico model with a prior in dir.
func priorTrainer(t testing.TB, dir string, r train.Recipe, report func(train.Progress)) (*train.Trainer, *slmsam.Model) {
	t.Helper()
	c := pico()
	c.Prior, c.PriorAlone = true, *r.PriorAlone
	dev := cpu.New(1)
	m := randomModel(t, dev, c)
	tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: dir, Report: report})
	require.NoError(t, err)
	return tr, m
}

// TestPriorLearnsAndResumes checks that the refiner learns with and without the network, and that an interrupted run resumes
// bit for bit, averaged weights included.
func TestPriorLearnsAndResumes(t *testing.T) {
	for _, alone := range []bool{false, true} {
		whole, half := t.TempDir(), t.TempDir()
		tr, m := priorTrainer(t, whole, priorRecipe(4, alone), nil)
		before := weights(t, m)["prior.refiner.mask.weight"]
		run(t, tr)
		require.NotEqual(t, before, weights(t, m)["prior.refiner.mask.weight"], "alone %t", alone)

		interrupt(t, 2, func(report func(train.Progress)) *train.Trainer {
			tr, _ := priorTrainer(t, half, priorRecipe(4, alone), report)
			return tr
		})
		tr, again := resumed(t, half)
		run(t, tr)
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

// TestTrainingFromAPriorAloneCorrectsNothing starts from a model of the prior alone with its network turned on. The decoder,
// which is still untrained, starts without correcting the prior.
func TestTrainingFromAPriorAloneCorrectsNothing(t *testing.T) {
	dir := t.TempDir()
	tr, _ := priorTrainer(t, dir, priorRecipe(2, true), nil)
	run(t, tr)
	m, _, err := train.Begin(cpu.New(1), train.StartOptions{Init: filepath.Join(dir, "last.safetensors")}, priorRecipe(2, false))
	require.NoError(t, err)
	require.False(t, m.Config.PriorAlone)
	w := weights(t, m)
	for _, layer := range slmsam.Corrections() {
		require.NotEmpty(t, w[layer+".weight"], layer)
		require.Equal(t, make([]float32, len(w[layer+".weight"])), w[layer+".weight"], layer)
	}
}

// TestBoldTrainingLeavesPresenceAlone starts from a model whose masks and presence share a contracting path. Bold training changes what
// makes masks only, and resumes bit for bit.
func TestBoldTrainingLeavesPresenceAlone(t *testing.T) {
	start, r := priorAlone(t), priorRecipe(4, true).Bold()
	begin := func(dir string, report func(train.Progress)) (*train.Trainer, *slmsam.Model) {
		dev := cpu.New(1)
		m, from, err := train.Begin(dev, start, r)
		require.NoError(t, err)
		require.True(t, m.Config.PresenceApart)
		tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Start: from, Train: twoCases(), Dir: dir, Report: report})
		require.NoError(t, err)
		return tr, m
	}
	tr, m := begin(t.TempDir(), nil)
	before := weights(t, m)
	run(t, tr)
	after, judges := weights(t, m), 0
	for name, w := range before {
		own := strings.Contains(name, ".presence.")
		if own || name == "prior.gain" || strings.HasPrefix(name, "prior.evidence.") || strings.HasPrefix(name, "prior.refiner.score.") {
			require.Equal(t, w, after[name], name)
		}
		if shared := strings.Replace(name, ".presence.", ".", 1); own && before[shared] != nil {
			require.Equal(t, before[shared], w, "%s starts as a copy", name)
			judges++
		}
	}
	require.Greater(t, judges, 50)
	require.NotEqual(t, before["prior.refiner.stem.weight"], after["prior.refiner.stem.weight"])

	half := t.TempDir()
	interrupt(t, 2, func(report func(train.Progress)) *train.Trainer {
		tr, _ := begin(half, report)
		return tr
	})
	tr, again := resumed(t, half)
	run(t, tr)
	require.Equal(t, after, weights(t, again))
}
