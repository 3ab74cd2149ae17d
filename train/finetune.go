package train

import (
	"slices"
	"time"

	"github.com/seed-6f79f512/slmsam"
)

// FineTune adapts a small trained model to a few volumes on a CPU. What it leaves out is the start model's: its memory,
// crop and prompts.
func FineTune() Recipe {
	r := Paper()
	r.Memory, r.Prompts = slmsam.Memory{}, Prompts{}
	r.Epochs, r.Time = 0, budgetText(maxBudget)
	r.Batch, r.WarmupSteps, r.ValidateEach, r.SaveEach = 4, 10, 20, 20
	r.MaxObjects, r.Ends, r.Teacher.FreeMasks, r.Average = 2, 0.5, true, 0.97
	r.Weights.Class = 1.5 // there are fewer slices without an object than with one
	r.Augment = mildAugment()
	r.Rates = Rates{LR: 2e-5, EncoderLR: 1e-5, WeightDecay: 0.01, LayerDecay: 0.9, Clip: 1, End: 0.05}
	r.DropPath, r.Dropout = 0, 0
	r.HoldBack, r.Calibrate = true, true
	return r
}

// FineTunePrior is FineTune for a model of its prior alone: its few layers take and need larger steps. The focal loss has
// little weight: it prefers the background where a border is uncertain, and an outline that goes from slice to slice wears off.
func FineTunePrior() Recipe {
	r := FineTune()
	alone := true
	r.PriorAlone = &alone
	r.Batch, r.MaxObjects, r.Stride, r.WarmupSteps, r.ValidateEach, r.Average = 4, 1, 2, 20, 100, 0.99
	r.Rates = Rates{LR: 1e-3, EncoderLR: 1e-3, WeightDecay: 0.01, LayerDecay: 1, Clip: 1, End: 0.05}
	r.Sweeps, r.Frames, r.Reach, r.Trust = 0.8, 16, 48, true
	r.Weights.Mask, r.Weights.IoU = 2, 0 // there is one mask and nothing to choose
	return r
}

// mildAugment varies slices by about as much as scans of one protocol differ.
func mildAugment() Augment {
	return Augment{Flip: 0.5, Degrees: 15, Shear: 5, Brightness: 0.1, Contrast: 0.1, FrameBrightness: 0.03, FrameContrast: 0.03,
		Scale: [2]float64{0.95, 1.1}, Gamma: [2]float64{0.8, 1.25}, Noise: 4}
}

// strongAugment varies slices by more than scans of one protocol differ.
func strongAugment() Augment {
	return Augment{Flip: 0.5, Degrees: 25, Shear: 10, Brightness: 0.1, Contrast: 0.15, FrameBrightness: 0.04, FrameContrast: 0.04,
		Scale: [2]float64{0.85, 1.2}, Gamma: [2]float64{0.6, 1.6}, Noise: 8, Vanish: 0.1}
}

// RecipeFor is the recipe for a start model where nobody chooses one: scratch for fresh weights, the paper's for SAM 2.1 at
// its own size, else a fine-tuning that a CPU can do.
func RecipeFor(c slmsam.Config, fresh bool) Recipe {
	const small = 256 // side of the models that a CPU can train
	switch {
	case fresh:
		return Scratch()
	case c.ImageSize > small:
		r := Paper()
		r.HoldBack, r.Calibrate = true, true
		return r
	}
	if c.PriorAlone {
		return FineTunePrior()
	}
	return FineTune()
}

// WithBudget limits a recipe to Budget for so many volumes, or to fewBudget where Careful keeps it from learning much.
func (r Recipe) WithBudget(volumes int) Recipe {
	if r.few(volumes) {
		return r.WithLimit(fewBudget)
	}
	return r.WithLimit(Budget(volumes))
}

// few says that the refiner of a prior would learn from too few volumes.
func (r Recipe) few(volumes int) bool {
	return r.PriorAlone != nil && *r.PriorAlone && volumes < fewToLearn
}

// WithLimit limits a recipe to a time, of which a part is for what follows the steps.
func (r Recipe) WithLimit(d time.Duration) Recipe {
	r.Epochs, r.Steps, r.Time = 0, 0, budgetText(d)
	return r
}

// fewToLearn, fewRates and fewRegions: with fewer volumes than that the refiner of a prior learns at that part of its rates,
// and a part of its clips are regions of the same volumes.
const fewToLearn, fewRates, fewRegions = 3, 0.03, 0.5

// presenceLayers are those of the refiner that decide whether an object is there.
var presenceLayers = []string{"prior.evidence.*", "prior.refiner.stem.*", "prior.refiner.down.*", "prior.refiner.signs.*", "prior.refiner.score.*"}

// Careful is the recipe for so many volumes, where nobody chose one. One or two say little about the next, least of all about
// when objects end, so that a prior's refiner keeps its judgment of presence, learns from regions and stronger augmentation, too,
// and is neither trusted nor recalibrated.
func (r Recipe) Careful(volumes int) Recipe {
	if !r.few(volumes) {
		return r
	}
	r.Rates.LR *= fewRates
	r.Rates.EncoderLR *= fewRates
	r.Calibrate, r.Trust, r.Regions = false, false, fewRegions
	r.Freeze = append(slices.Clone(r.Freeze), presenceLayers...)
	crop := r.Augment.Crop
	r.Augment = strongAugment()
	r.Augment.Crop = crop
	return r
}

// maxBudget is the longest that a fine-tuning without choices takes, fewBudget what it takes where Recipe.Careful has its way.
const (
	maxBudget = 20 * time.Minute
	fewBudget = time.Minute
)

// Budget is how long a fine-tuning on so many volumes takes in all, by choice.
func Budget(volumes int) time.Duration {
	return min(maxBudget, time.Duration(5+3*volumes)*time.Minute)
}

// stepsPart is the part of a budget for steps and the validations between them; the rest is for the recalibration.
const stepsPart = 0.8

func budgetText(d time.Duration) string { return time.Duration(stepsPart * float64(d)).String() }

// cropRange is the factor by which clips show more or less about an object than the model's crop.
const cropRange = 1.15

// Inherit fills in, from a start model, what a recipe leaves out: memory, crop, prompts, and whether the prior is trained
// alone. A resolved recipe stays as it is.
func (r Recipe) Inherit(c slmsam.Config) Recipe {
	if r.Memory == (slmsam.Memory{}) {
		r.Memory = c.Memory
	}
	if r.PriorAlone == nil {
		r.PriorAlone = &c.PriorAlone
	}
	if r.Augment.Crop == [2]float64{} && c.Crop > 0 {
		r.Augment.Crop = [2]float64{c.Crop / cropRange, c.Crop * cropRange}
	}
	if r.Prompts == (Prompts{}) {
		r.Prompts = promptsOf(c.Trained)
		if *r.PriorAlone {
			r.Prompts = Prompts{Mask: 1, MaxPoints: 1}
		}
	}
	return r
}

// promptsOf are mostly masks, and a few of what else weights know, so that they do not unlearn it.
func promptsOf(t *slmsam.Trained) Prompts {
	const few = 0.1
	p := Prompts{Mask: 1, MaxPoints: 1}
	if t.Knows(slmsam.PromptClick) {
		p.Points = few
	}
	if t.Knows(slmsam.PromptBox) {
		p.Box = few
	}
	return p
}
