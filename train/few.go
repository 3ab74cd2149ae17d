package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// enoughToLearn is the number of volumes from which a prior's refiner learns without the rules of this file.
const enoughToLearn = 3

// wellKnown is the mean DSC in range from which a start model is said to know what the volumes show. One or two volumes
// then mislead it more than they teach (docs/finetuning.md).
const wellKnown = 0.8

// A careful training learns at carefulRates of the learning rates, and carefulRegions of its clips follow regions instead
// of labels.
const carefulRates, carefulRegions = 0.03, 0.5

// presenceLayers are the layers that decide whether an object is present, as globs.
var presenceLayers = []string{"prior.evidence.*", "prior.refiner.stem.*", "prior.refiner.down.*", "prior.refiner.signs.*", "prior.refiner.score.*"}

// Fit adapts a default recipe to a prior's refiner and one or two volumes, which leave nothing to validate on that
// resembles the next volume. If the start model already segments the objects well, the recipe becomes Careful. Otherwise it
// learns from all slices, and weights that find objects on more slices without them than the start weights do are
// discarded, because so few volumes say little about where objects end. why explains the choice. Any other recipe is
// returned unchanged, with an empty why.
func (r Recipe) Fit(ctx context.Context, start StartOptions, data Source) (fit Recipe, why string, err error) {
	if r.PriorAlone == nil || !*r.PriorAlone || Volumes(data) >= enoughToLearn {
		return r, "", nil
	}
	m, err := slmsam.Open(cpu.New(0), start.Init)
	if err != nil {
		return r, "", err
	}
	v, err := Validate(ctx, m, data, r.Inherit(m.Config).Memory, r.ValidateObjects)
	if err != nil {
		return r, "", err
	}
	if len(v.Scores) == 0 || v.InRange >= wellKnown {
		return r.Careful(), fmt.Sprintf("careful: the start model has DSC %.2f in range on these volumes, so that so few of them have little to teach it", v.InRange), nil
	}
	r.HoldBack, r.Calibrate, r.KeepPresence = false, false, true
	return r, fmt.Sprintf("bold: the start model has only DSC %.2f in range on these volumes, so it learns from all of their slices", v.InRange), nil
}

// Careful returns a recipe that changes a prior's refiner only a little: it keeps its judgment of presence, also learns
// from regions and stronger augmentation, and is neither trusted nor recalibrated.
func (r Recipe) Careful() Recipe {
	r.Rates.LR *= carefulRates
	r.Rates.EncoderLR *= carefulRates
	r.Calibrate, r.Trust, r.Regions = false, false, carefulRegions
	r.Freeze = append(slices.Clone(r.Freeze), presenceLayers...)
	crop := r.Augment.Crop
	r.Augment = strongAugment()
	r.Augment.Crop = crop
	return r
}

// careful reports whether Careful made the recipe.
func (r Recipe) careful() bool { return slices.Contains(r.Freeze, presenceLayers[0]) && !r.Trust }
