package train_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestBuiltInRecipesAreValid checks every built-in recipe, and that it survives being written and read.
func TestBuiltInRecipesAreValid(t *testing.T) {
	for _, name := range train.Recipes() {
		r, err := train.ReadRecipe(name)
		require.NoError(t, err)
		require.NoError(t, r.Validate())
		r = r.Inherit(slmsam.Nano())
		text, err := r.JSON()
		require.NoError(t, err)
		again, err := train.ParseRecipe(text)
		require.NoError(t, err)
		if r.Freeze == nil {
			again.Freeze = nil
		}
		require.Equal(t, r, again, name)
	}
	require.Equal(t, train.PaperRates(), train.Paper().Rates)
	require.Equal(t, 8, train.Paper().Frames)
}

// TestRecipeFile reads a recipe that changes a few settings of a built-in one.
func TestRecipeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	write(t, path, `{"base": "scratch", "time": "2h", "rates": {"lr": 0.001}, "memory": "M7"}`)
	r, err := train.ReadRecipe(path)
	require.NoError(t, err)
	require.Equal(t, "2h", r.Time)
	require.Zero(t, r.Steps, "the time replaces the base's steps")
	require.Equal(t, 0.001, r.Rates.LR)
	require.Equal(t, train.Scratch().Rates.EncoderLR, r.Rates.EncoderLR, "what is left out is the base's")
	require.Equal(t, "M7", r.Memory.String())
	_, err = train.ReadRecipe("no-such-recipe")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "[paper scratch finetune finetune-prior]")
}

// TestBadRecipes checks that mistakes in a recipe are refused with a message that names the setting.
func TestBadRecipes(t *testing.T) {
	for text, want := range map[string]string{
		`{"learning_rate": 1}`:           `unknown field "learning_rate"`,
		`{"rates": {"lrr": 1}}`:          `unknown field "lrr"`,
		`{"base": "mine"}`:               `unknown base "mine"`,
		`{"steps": 5, "time": "1h"}`:     "exactly one of epochs, steps and time",
		`{"steps": 0}`:                   "exactly one",
		`{"time": "soon"}`:               "2h or 90m",
		`{"memory": "M9+X"}`:             "want M7",
		`{"frames": 0}`:                  "frames",
		`{"batch": 0}`:                   "batch",
		`{"reverse": 2}`:                 "reverse",
		`{"sweeps": -0.1}`:               "sweeps -0.1",
		`{"regions": 1}`:                 "want regions in [0,1), got 1",
		`{"regions": -0.5}`:              "want regions in [0,1), got -0.5",
		`{"augment": {"degrees": 999}}`:  "degrees",
		`{"augment": {"scale": [2, 1]}}`: "scale",
		`{"prompts": {"mask": 0}}`:       "prompts",
		`{"rates": {"clip": 0}}`:         "clip",
		`{"freeze": ["[a"]}`:             "freeze",
		`{"weights": {"mask": -1}}`:      "weights",
		`{"drop_path": 1}`:               "drop_path",
		`{"max_loss": 0}`:                "max_loss",
		`{"true_masks": 0.5, "teacher": {"true_masks": 0.1}}`: "true_masks is given twice",
		`{"augment": {"zoom": [2, 3], "crop": [2, 3]}}`:       "crop is given twice",
		`{"augment": {"crop": [3, 2]}}`:                       "augment.crop",
		`{"teacher": {"true_masks": 2}}`:                      "true_masks",
		`{"keep_presence": true}`:                             "no longer a setting",
		`{"teacher": []}`:                                     "teacher",
		`{"teacher": {"trust": 1}}`:                           `unknown field "trust"`,
		`{} {}`:                                               "after top-level value",
	} {
		_, err := train.ParseRecipe([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

// TestKeysOfEarlierRecipes reads a recipe as an earlier version saved it.
func TestKeysOfEarlierRecipes(t *testing.T) {
	r, err := train.ParseRecipe([]byte(`{"base": "scratch", "true_presence": true, "free_masks": true, "true_masks": 0.9, "true_masks_steps": 7,
		"keep_presence": false, "prior_alone": true, "augment": {"zoom": [2.4, 4.5], "flip": 0.1}}`))
	require.NoError(t, err)
	require.Equal(t, train.Teacher{TruePresence: true, FreeMasks: true, TrueMasks: 0.9, TrueMasksSteps: 7}, r.Teacher)
	require.Equal(t, [2]float64{2.4, 4.5}, r.Augment.Crop)
	require.Equal(t, 0.1, r.Augment.Flip)
	require.Equal(t, train.PaperAugment().Shear, r.Augment.Shear, "what is left out is the base's")
	require.True(t, *r.PriorAlone)
	text, err := r.JSON()
	require.NoError(t, err)
	require.Contains(t, string(text), `"teacher": {`)
	require.NotContains(t, string(text), "zoom")
}

// TestRecipesInTheDocs reads the recipes that the documentation refers to.
func TestRecipesInTheDocs(t *testing.T) {
	files, err := filepath.Glob("../docs/nano/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range append(files, "../docs/training/overfit.json") {
		_, err := train.ReadRecipe(path)
		require.NoError(t, err, path)
	}
}

// TestStepsOfEpochs checks that epochs are counted in clips, of which a step takes several.
func TestStepsOfEpochs(t *testing.T) {
	r := train.Paper()
	require.Equal(t, 500, r.TotalSteps(5))
	r.Batch = 2
	require.Equal(t, 300, r.TotalSteps(5))
}
