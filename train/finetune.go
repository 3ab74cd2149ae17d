package train

import (
	"time"

	"github.com/seed-6f79f512/slmsam"
)

// FineTune adapts a small trained model to a few volumes on a CPU. It leaves memory, crop and prompts to the start model
// (Inherit).
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

// FineTunePrior is FineTune for a model with Config.PriorAlone: its few layers need larger steps. The focal loss gets little
// weight because it prefers background where a border is uncertain, which wears an outline off from slice to slice.
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

// mildAugment varies slices about as much as scans of one protocol vary.
func mildAugment() Augment {
	return Augment{Flip: 0.5, Degrees: 15, Shear: 5, Brightness: 0.1, Contrast: 0.1, FrameBrightness: 0.03, FrameContrast: 0.03,
		Scale: [2]float64{0.95, 1.1}, Gamma: [2]float64{0.8, 1.25}, Noise: 4, Bend: 0.1}
}

// strongAugment varies slices more than scans of one protocol vary.
func strongAugment() Augment {
	return Augment{Flip: 0.5, Degrees: 25, Shear: 10, Brightness: 0.1, Contrast: 0.15, FrameBrightness: 0.04, FrameContrast: 0.04,
		Scale: [2]float64{0.85, 1.2}, Gamma: [2]float64{0.6, 1.6}, Noise: 8, Vanish: 0.1}
}

// RecipeFor returns the default recipe for a start model: Scratch for fresh weights, Paper for SAM 2.1 at its own size,
// otherwise a fine-tuning that a CPU can do.
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

// WithLimit limits a recipe to a total time; stepsPart of it is for the steps.
func (r Recipe) WithLimit(d time.Duration) Recipe {
	r.Epochs, r.Steps, r.Time = 0, 0, budgetText(d)
	return r
}

// maxBudget is the longest default budget, carefulBudget that of Recipe.Careful. boldSteps limits training on a single
// volume with nothing to validate on, which more steps would learn by heart.
const (
	maxBudget     = 20 * time.Minute
	carefulBudget = time.Minute
	boldSteps     = 350
)

// WithBudget limits a recipe to the default time, or number of steps, for this number of volumes.
func (r Recipe) WithBudget(volumes int) Recipe {
	switch {
	case r.careful():
		return r.WithLimit(carefulBudget)
	case r.bold():
		r.Epochs, r.Steps, r.Time = 0, boldSteps, ""
		return r
	}
	return r.WithLimit(Budget(volumes))
}

// Budget is the default total time of a fine-tuning on this number of volumes.
func Budget(volumes int) time.Duration {
	return min(maxBudget, time.Duration(5+3*volumes)*time.Minute)
}

// stepsPart is the fraction of a budget for steps and the validations between them; the rest is for recalibration.
const stepsPart = 0.8

func budgetText(d time.Duration) string { return time.Duration(stepsPart * float64(d)).String() }

// cropRange is the factor by which a clip's crop may be larger or smaller than the model's.
const cropRange = 1.15

// Inherit fills in from the start model what a recipe leaves out: memory, crop, prompts, and whether only the prior's
// refiner is trained. A resolved recipe does not change.
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

// promptsOf returns mostly masks, plus a few of the other prompts that the weights know, so that they do not unlearn them.
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
