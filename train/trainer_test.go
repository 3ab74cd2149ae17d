package train_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestRunLeavesItsFiles trains briefly and checks the files that a run leaves, and that a second run in the same folder is
// refused.
func TestRunLeavesItsFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := tinyRecipe(4)
	r.ValidateEach, r.DropPath, r.Dropout = 2, 0.1, 0.1
	var steps, validations int
	tr, _ := newTrainer(t, dir, r, func(p train.Progress) {
		steps++
		if p.Validation != nil {
			validations++
			require.True(t, p.Validation.OnTrain)
			require.Len(t, p.Validation.Scores, 4)
		}
		require.Equal(t, float64(steps)/4, p.Part)
	})
	run(t, tr)
	require.Equal(t, 4, steps)
	require.Equal(t, 2, validations)
	for _, name := range []string{"last.safetensors", "best.safetensors", "state.safetensors", "recipe.json", "config.json",
		"curves.png", "samples/step-000002.png", "samples/step-000004.png"} {
		require.FileExists(t, filepath.Join(dir, name))
	}
	m, loaded, err := slmsam.Load(cpu.New(1), filepath.Join(dir, "last.safetensors"), nil)
	require.NoError(t, err)
	require.Equal(t, 64, m.Config.ImageSize)
	var saved train.Recipe
	require.NoError(t, json.Unmarshal([]byte(loaded.File.Metadata[train.MetadataRecipe]), &saved))
	require.Equal(t, r.Rates, saved.Rates)
	require.Contains(t, loaded.File.Metadata[train.MetadataStart], "sha256")
	data, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	require.NoError(t, err)
	require.Len(t, strings.Split(strings.TrimSpace(string(data)), "\n"), 6, "a line per step and per validation")
	_, err = train.New(nn.NewGraph(cpu.New(1)), m, train.Setup{Recipe: r, Train: twoCases(), Dir: dir})
	require.ErrorContains(t, err, "already holds a run")
}

// TestLastOnly checks that with LastOnly, nothing is validated or recalibrated, whatever the recipe says, and only the last
// weights are written.
func TestLastOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := tinyRecipe(2)
	r.ValidateEach, r.Calibrate = 1, true
	dev := cpu.New(1)
	setup := train.Setup{Recipe: r, Train: twoCases(), Dir: dir, LastOnly: true, Start: train.Start{Path: "somewhere"}}
	setup.Report = func(p train.Progress) { require.Nil(t, p.Validation) }
	tr, err := train.New(nn.NewGraph(dev), freshModel(t, dev), setup)
	require.NoError(t, err)
	run(t, tr)
	require.FileExists(t, filepath.Join(dir, "last.safetensors"))
	require.NoFileExists(t, filepath.Join(dir, "best.safetensors"))
}

// TestResumeIsBitForBit cancels a run and resumes it. Weights and losses must equal those of an uninterrupted run.
func TestResumeIsBitForBit(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	r := tinyRecipe(7)
	r.DropPath, r.Dropout, r.Sweeps, r.Regions = 0.1, 0.1, 0.5, 0.5
	tr, m := newTrainer(t, whole, r, nil)
	run(t, tr)

	interrupt(t, 3, func(report func(train.Progress)) *train.Trainer {
		tr, _ := newTrainer(t, parts, r, report)
		return tr
	})
	tr, n := resumed(t, parts)
	require.Equal(t, 3, tr.Step())
	run(t, tr)
	requireSameWeights(t, weights(t, m), weights(t, n))
	require.Equal(t, losses(t, whole), losses(t, parts))
	require.Len(t, losses(t, parts), 7)
}

// losses reads the losses of all steps from a run's metrics.
func losses(t testing.TB, dir string) []float64 {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	require.NoError(t, err)
	var out []float64
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var m struct {
			Loss       float64
			Validation *struct{}
		}
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		if m.Validation == nil {
			out = append(out, m.Loss)
		}
	}
	return out
}

// TestResumeRefusesOtherData checks that a run cannot be resumed with other volumes or other mixed-in clips.
func TestResumeRefusesOtherData(t *testing.T) {
	dir := t.TempDir()
	tr, m := newTrainer(t, dir, tinyRecipe(1), nil)
	run(t, tr)
	_, err := train.Resume(nn.NewGraph(cpu.New(1)), m, train.Setup{Recipe: tinyRecipe(1), Train: twoCases()[:1], Dir: dir})
	require.ErrorContains(t, err, "other volumes")
	mixed := tinyRecipe(1)
	mixed.Regions = 0.2
	_, err = train.Resume(nn.NewGraph(cpu.New(1)), m, train.Setup{Recipe: mixed, Train: twoCases(), Dir: dir})
	require.ErrorContains(t, err, "other volumes", "regions were not mixed in before")
}

// TestTrainingLearns checks that the loss falls.
func TestTrainingLearns(t *testing.T) {
	dir := t.TempDir()
	r := tinyRecipe(80)
	r.Augment, r.Rates.LR, r.Rates.EncoderLR = train.NoAugment(), 2e-3, 2e-3
	tr, _ := newTrainer(t, dir, r, nil)
	run(t, tr)
	l := losses(t, dir)
	require.Less(t, mean(l[65:]), 0.8*mean(l[5:20]), "%v", l)
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x / float64(len(v))
	}
	return sum
}

// TestFrozenParametersStay checks that frozen parameters keep their values while others change.
func TestFrozenParametersStay(t *testing.T) {
	r := tinyRecipe(2)
	r.Freeze = []string{"image_encoder.*", "memory_encoder.*"}
	tr, m := newTrainer(t, t.TempDir(), r, nil)
	before := weights(t, m)
	run(t, tr)
	changed := 0
	for name, after := range weights(t, m) {
		same := true
		for i := range after {
			same = same && after[i] == before[name][i]
		}
		if strings.HasPrefix(name, "image_encoder.") || strings.HasPrefix(name, "memory_encoder.") {
			require.True(t, same, name)
		} else if !same {
			changed++
		}
	}
	require.Greater(t, changed, 50)
}

// TestFreezingEverythingIsAnError checks that a recipe that leaves nothing to train is refused.
func TestFreezingEverythingIsAnError(t *testing.T) {
	r := tinyRecipe(1)
	r.Freeze = []string{"*"}
	dev := cpu.New(1)
	_, err := train.New(nn.NewGraph(dev), freshModel(t, dev), train.Setup{Recipe: r, Train: twoCases(), Dir: t.TempDir()})
	require.ErrorContains(t, err, "nothing to train")
}

// TestDivergenceStopsAndSaves lets the loss exceed its limit, and a weight become NaN. The error must name the clip, and the
// state before the step must be on disk.
func TestDivergenceStopsAndSaves(t *testing.T) {
	t.Run("loss", func(t *testing.T) {
		dir := t.TempDir()
		r := tinyRecipe(3)
		r.MaxLoss = 1e-9
		tr, _ := newTrainer(t, dir, r, nil)
		err := tr.Run(t.Context())
		require.ErrorContains(t, err, "diverged")
		require.ErrorContains(t, err, "slices")
		require.FileExists(t, filepath.Join(dir, "state.safetensors"))
	})
	t.Run("NaN", func(t *testing.T) {
		dir := t.TempDir()
		tr, m := newTrainer(t, dir, tinyRecipe(3), nil)
		golden.AddScoreBias(t, m, float32(math.NaN()))
		err := tr.Run(t.Context())
		require.ErrorContains(t, err, "diverged")
		require.ErrorContains(t, err, "labels")
		_, err = checkpoint.Read(filepath.Join(dir, "state.safetensors"))
		require.NoError(t, err)
	})
}

// TestBatchAveragesClips checks that a step on two clips reports the mean of their losses.
func TestBatchAveragesClips(t *testing.T) {
	r := tinyRecipe(1)
	r.Rates.LR, r.Rates.EncoderLR = 0, 0
	both := t.TempDir()
	tr, _ := newTrainer(t, both, r, nil)
	run(t, tr)
	r.Batch, r.Steps = 1, 2
	each := t.TempDir()
	tr, _ = newTrainer(t, each, r, nil)
	run(t, tr)
	l := losses(t, each)
	require.InDelta(t, mean(l), losses(t, both)[0], 1e-6*l[0])
}

// TestTimeLimit checks that a run ends when its time is up, but not before its first step.
func TestTimeLimit(t *testing.T) {
	r := tinyRecipe(0)
	r.Time = "1ms"
	tr, _ := newTrainer(t, t.TempDir(), r, nil)
	run(t, tr)
	require.Equal(t, 1, tr.Step())
}
