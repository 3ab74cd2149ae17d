package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// wellKnown is the mean DSC in range from which a start model is said to know what the volumes show. One or two volumes
// then mislead it more than they teach (docs/finetuning.md).
const wellKnown = 0.82

// overrun is the difference between a start model's DSC in range and over whole volumes from which on it finds objects far beyond
// their ends. It judges presence wrongly on such images, which a shift of its score mends without any training.
const overrun = 0.03

// A careful training learns at carefulRates of the learning rates, and carefulRegions of its clips follow regions instead
// of labels.
const carefulRates, carefulRegions = 0.03, 0.5

// presenceLayers are the layers that judge presence and nothing else if it is apart, and the gain of what they see, as globs.
// sharedLayers make masks, too, unless presence is apart.
var (
	presenceLayers = []string{"prior.evidence.*", "prior.refiner.presence.*", "prior.refiner.score.*", "prior.gain"}
	sharedLayers   = []string{"prior.refiner.stem.*", "prior.refiner.down.*", "prior.refiner.signs.*"}
)

// Fit adapts a default recipe to a prior's refiner and fewer than enoughVolumes volumes, one or two. If the start model already
// segments the objects well, the recipe becomes Careful. Otherwise it learns boldly: from all slices of one volume (Bold) or, of two,
// from one, with validation on the other (HoldBack). If the start model loses much beyond the ends of objects, presence is
// recalibrated in either case. why explains the choice. Any other recipe is returned unchanged, with an empty why.
//
// pause, which may be nil, is called between slices.
func (r Recipe) Fit(ctx context.Context, dev backend.Device, start StartOptions, data Source, pause func(context.Context) error) (fit Recipe, why string, err error) {
	volumes := Volumes(data)
	if !r.alone() || volumes >= enoughVolumes {
		return r, "", nil
	}
	if err := CheckData(data, nil, r); err != nil {
		return r, "", err
	}
	m, _, err := Begin(dev, start, r)
	if err != nil {
		return r, "", err
	}
	defer m.Release()
	v, err := (&validator{model: m, memory: r.Inherit(m.Config).Memory, limit: r.ValidateObjects, pause: pause}).validate(ctx, data)
	if err != nil {
		return r, "", err
	}
	known := fmt.Sprintf("the start model's DSC in range on the training data is %.2f", v.InRange)
	if v.InRange >= wellKnown {
		r, why = r.Careful(), "careful: "+known+", which leaves little to learn"
	} else {
		why = "bold: " + known + ", which leaves much to learn"
		if volumes == 1 {
			r = r.Bold()
		}
	}
	if r.Calibrate = v.InRange-v.DSC >= overrun; r.Calibrate {
		r.HoldBack = r.HoldBack && !r.careful() // one number is soon learned: all slices say what it should be
		why += fmt.Sprintf("; over the whole volume it is %.2f, so presence is recalibrated, too", v.DSC)
	}
	return r, why, nil
}

// Careful returns a recipe that changes a prior's refiner only a little: it keeps the layers that judge presence, also learns
// from regions and stronger augmentation, and is neither trusted nor, unless Fit says so, recalibrated.
func (r Recipe) Careful() Recipe {
	r.Rates.LR *= carefulRates
	r.Rates.EncoderLR *= carefulRates
	r.Calibrate, r.Trust, r.Regions = false, false, carefulRegions
	r.Freeze = slices.Concat(r.Freeze, presenceLayers, sharedLayers)
	crop := r.Augment.Crop
	r.Augment = strongAugment()
	r.Augment.Crop = crop
	return r
}

// Bold returns a recipe that teaches a prior's refiner better masks only, from all of a single volume: presence gets a contracting path
// of its own, which is not trained, because one volume says little about where objects end.
func (r Recipe) Bold() Recipe {
	r.HoldBack, r.PresenceApart = false, true
	r.Freeze = slices.Concat(r.Freeze, presenceLayers)
	return r
}

// bold reports whether Bold made the recipe.
func (r Recipe) bold() bool { return r.PresenceApart && slices.Contains(r.Freeze, presenceLayers[0]) }

// careful reports whether Careful made the recipe.
func (r Recipe) careful() bool { return slices.Contains(r.Freeze, sharedLayers[0]) && !r.Trust }
