package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Recipe is everything that decides how a model is trained, except its data and start weights. It is saved, resolved,
// beside every checkpoint. The example values are the paper's.
type Recipe struct {
	Base string `json:"base,omitempty"` // "paper": what a recipe file starts from, one of Recipes()
	Seed uint64 `json:"seed"`           // 123: clips, augmentation, dropout, fresh weights

	Memory slmsam.Memory `json:"memory,omitzero"` // "M7+R1": M7, R7, R1, M7+R7 or M7+R1; omitted: the start model's

	Epochs       int    `json:"epochs"`        // 100: passes over the volumes, one clip of each; exactly one of epochs, steps, and time is set
	Steps        int    `json:"steps"`         // 0: optimizer steps
	Time         string `json:"time"`          // "": training time, such as "2h" or "90m"
	Batch        int    `json:"batch"`         // 1: clips whose gradients are averaged in a step
	Together     int    `json:"together"`      // 0: clips of a batch that run side by side; 0: as many as suit the caches
	WarmupSteps  int    `json:"warmup_steps"`  // 0: steps over which the learning rates ramp up linearly
	ValidateEach int    `json:"validate_each"` // 50: steps between validations; 0: only at the end
	SaveEach     int    `json:"save_each"`     // 50: steps between saved states; 0: only at the end

	Frames     int     `json:"frames"`           // 8: consecutive slices in a clip
	MaxObjects int     `json:"max_objects"`      // 3: most objects tracked in a clip
	Reverse    float64 `json:"reverse"`          // 0.5: fraction of clips in reversed order
	Stride     int     `json:"stride"`           // 1: largest step between a clip's slices, drawn per clip from 1 to this
	Ends       float64 `json:"ends"`             // 0.3: fraction of clips that outlast one of their objects, where the volume allows it
	Sweeps     float64 `json:"sweeps"`           // 0: fraction of clips that follow an object from a slice that shows much of it to beyond its end
	Reach      int     `json:"reach"`            // 0: most slices in a sweep of a prior alone, if more than frames; frames of them, drawn at random, are learned from
	Turned     float64 `json:"turned"`           // 0: fraction of clips cut across another axis, where voxels are nearly cubic
	Regions    float64 `json:"regions"`          // 0: fraction of clips that follow a region of similar gray values instead of a label
	Still      float64 `json:"still"`            // 0: fraction of clips that repeat their first slice, which teaches that unchanged objects stay
	Prompts    Prompts `json:"prompts,omitzero"` // what marks the objects on a clip's first slice; omitted: what the start model knows
	Augment    Augment `json:"augment"`

	Rates   Rates   `json:"rates"`
	Weights Weights `json:"weights"`  // of the loss terms
	MaxLoss float64 `json:"max_loss"` // 1e6: a clip with a higher loss stops training as diverged

	DropPath float64 `json:"drop_path"` // 0.1: stochastic depth rate of the trunk's last block
	Dropout  float64 `json:"dropout"`   // 0.1: in memory attention
	Teacher  Teacher `json:"teacher"`   // where the truth replaces predictions
	// PriorAlone trains only the part that corrects a model's prior by itself: no encoder, no memory, masks as
	// prompts.
	PriorAlone *bool `json:"prior_alone,omitempty"` // nil: as in the start model
	// PresenceApart gives presence a contracting path of its own in the refiner, a copy of the start model's, if it shared one.
	PresenceApart bool `json:"presence_apart,omitempty"`
	Trust         bool `json:"trust"` // false: whether the trained weights may change everything the prior proposes (slmsam.Config.PriorTrusted)

	Average float64 `json:"average"` // 0: decay per step of the averaged weights saved beside the last ones; 0: none

	Freeze    []string `json:"freeze"`    // []: globs of the names of parameters that are not trained
	Recompute bool     `json:"recompute"` // false: recompute activations in the backward pass to save memory

	ValidateObjects int  `json:"validate_objects"` // 0: most objects scored per held-out volume; 0: all
	HoldBack        bool `json:"hold_back"`        // false: without validation volumes, hold some data back from training, see HoldBack
	Calibrate       bool `json:"calibrate"`        // false: shift the presence scores at the end if that helps, see Trainer.Run
}

// Prompts sets the proportions of clips prompted by masks, points, and boxes. Correction clicks on later slices,
// which the released recipe mixes in, are not supported.
type Prompts struct {
	Mask      float64 `json:"mask"`       // 1
	Points    float64 `json:"points"`     // 0: the first inside the object, others inside or outside
	Box       float64 `json:"box"`        // 0: corners moved at random by up to a tenth of the side
	MaxPoints int     `json:"max_points"` // 1: the number of points is drawn from 1 to this
}

// kinds lists the kinds of prompts that clips are given, as slmsam.Trained names them.
func (p Prompts) kinds() []string {
	var out []string
	for kind, share := range map[string]float64{slmsam.PromptMask: p.Mask, slmsam.PromptClick: p.Points, slmsam.PromptBox: p.Box} {
		if share > 0 {
			out = append(out, kind)
		}
	}
	return out
}

// Paper returns the paper's fine-tuning recipe (arXiv 2505.01854, section 4.2), with mask prompts only.
func Paper() Recipe {
	return Recipe{Seed: 123, Memory: slmsam.ShortLong, Epochs: 100, Batch: 1, ValidateEach: 50, SaveEach: 50,
		Frames: 8, MaxObjects: 3, Reverse: 0.5, Stride: 1, Ends: 0.3, Prompts: Prompts{Mask: 1, MaxPoints: 1}, Augment: PaperAugment(),
		Rates: PaperRates(), Weights: PaperWeights(), MaxLoss: 1e6, DropPath: 0.1, Dropout: 0.1}
}

// Scratch returns a recipe for a small model from fresh weights: learning rates a hundred times the paper's and the
// same for all layers, with warm-up; shorter clips; no dropout.
func Scratch() Recipe {
	r := Paper()
	r.Epochs, r.Steps, r.WarmupSteps, r.ValidateEach, r.SaveEach = 0, 2000, 50, 250, 100
	r.Frames, r.Batch = 4, 8
	r.Rates = Rates{LR: 5e-4, EncoderLR: 5e-4, WeightDecay: 0.05, LayerDecay: 1, Clip: 1, End: PaperEnd}
	r.DropPath, r.Dropout = 0, 0
	return r
}

// Recipes lists the names of the built-in recipes.
func Recipes() []string { return []string{"paper", "scratch", "finetune", "finetune-prior"} }

// builtin returns a recipe by name.
func builtin(name string) (Recipe, bool) {
	switch name {
	case "paper":
		return Paper(), true
	case "scratch":
		return Scratch(), true
	case "finetune":
		return FineTune(), true
	case "finetune-prior":
		return FineTunePrior(), true
	}
	return Recipe{}, false
}

// ReadRecipe returns the built-in recipe of that name, or reads a JSON file.
func ReadRecipe(name string) (Recipe, error) {
	if r, ok := builtin(name); ok {
		return r, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return Recipe{}, fmt.Errorf("train: recipe: neither %v nor a file: %w", Recipes(), err)
	}
	r, err := ParseRecipe(data)
	if err != nil {
		return Recipe{}, fmt.Errorf("train: recipe %s: %w", name, err)
	}
	return r, nil
}

// ParseRecipe reads a JSON recipe. Omitted keys are taken from its base, which defaults to the paper's recipe;
// unknown keys are an error.
func ParseRecipe(data []byte) (Recipe, error) {
	var head struct {
		Base   string `json:"base"`
		Epochs *int   `json:"epochs"`
		Steps  *int   `json:"steps"`
		Time   string `json:"time"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Recipe{}, err
	}
	if head.Base == "" {
		head.Base = "paper"
	}
	r, ok := builtin(head.Base)
	if !ok {
		return Recipe{}, fmt.Errorf("unknown base %q, want one of %v", head.Base, Recipes())
	}
	if head.Epochs != nil || head.Steps != nil || head.Time != "" {
		r.Epochs, r.Steps, r.Time = 0, 0, ""
	}
	data, err := withNewKeys(data)
	if err != nil {
		return Recipe{}, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Recipe{}, err
	}
	r.Base = ""
	return r, r.Validate()
}

// JSON returns the resolved recipe in the form that ParseRecipe reads.
func (r Recipe) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }

// Validate rejects settings that training cannot use.
func (r Recipe) Validate() error {
	set := 0
	for _, on := range []bool{r.Epochs != 0, r.Steps != 0, r.Time != ""} {
		if on {
			set++
		}
	}
	_, err := r.limit()
	switch {
	case err != nil:
		return err
	case set != 1 || r.Epochs < 0 || r.Steps < 0:
		return fmt.Errorf("train: recipe: exactly one of epochs, steps and time must be given, got %d, %d and %q", r.Epochs, r.Steps, r.Time)
	case r.Batch < 1 || r.Together < 0 || r.WarmupSteps < 0 || r.ValidateEach < 0 || r.SaveEach < 0 || r.ValidateObjects < 0:
		return errors.New("train: recipe: want batch >= 1 and together, warmup_steps, validate_each, save_each, validate_objects >= 0")
	case r.Frames < 1 || r.MaxObjects < 1:
		return fmt.Errorf("train: recipe: want frames >= 1 and max_objects >= 1, got %d and %d", r.Frames, r.MaxObjects)
	case r.Reach < 0:
		return fmt.Errorf("train: recipe: want reach >= 0, got %d", r.Reach)
	case r.Stride < 1:
		return fmt.Errorf("train: recipe: want stride >= 1, got %d", r.Stride)
	case !(r.Reverse >= 0 && r.Reverse <= 1) || !(r.Ends >= 0 && r.Ends <= 1) || !(r.Still >= 0 && r.Still <= 1) || !(r.Sweeps >= 0 && r.Sweeps <= 1):
		return fmt.Errorf("train: recipe: reverse %g, ends %g, sweeps %g and still %g must be in 0..1", r.Reverse, r.Ends, r.Sweeps, r.Still)
	case !(r.Turned >= 0 && r.Turned <= 1):
		return fmt.Errorf("train: recipe: turned %g must be in 0..1", r.Turned)
	case !(r.Regions >= 0 && r.Regions < 1):
		return fmt.Errorf("train: recipe: want regions in [0,1), got %g", r.Regions)
	case !(r.Average >= 0 && r.Average < 1):
		return fmt.Errorf("train: recipe: want average in [0,1), got %g", r.Average)
	case !(r.DropPath >= 0 && r.DropPath < 1) || !(r.Dropout >= 0 && r.Dropout < 1):
		return fmt.Errorf("train: recipe: drop_path %g and dropout %g must be in [0,1)", r.DropPath, r.Dropout)
	case !(r.MaxLoss > 0):
		return fmt.Errorf("train: recipe: max_loss %g must be above 0", r.MaxLoss)
	case r.Weights.Mask < 0 || r.Weights.Dice < 0 || r.Weights.IoU < 0 || r.Weights.Class < 0:
		return fmt.Errorf("train: recipe: weights %+v must not be negative", r.Weights)
	}
	for _, pattern := range r.Freeze {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("train: recipe: freeze %q: %w", pattern, err)
		}
	}
	return errors.Join(r.Rates.Validate(), r.Augment.validate(), r.Teacher.validate(), r.Prompts.validate())
}

// validate rejects impossible proportions.
func (p Prompts) validate() error {
	if p == (Prompts{}) { // inherited from the start model
		return nil
	}
	if p.Mask < 0 || p.Points < 0 || p.Box < 0 || !(p.Mask+p.Points+p.Box > 0) || p.MaxPoints < 1 || p.MaxPoints > 8 {
		return fmt.Errorf("train: recipe: prompts %+v: want proportions >= 0 that are not all 0, and max_points from 1 to 8", p)
	}
	return nil
}

// limit is the training time; 0 if the recipe sets none.
func (r Recipe) limit() (time.Duration, error) {
	if r.Time == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(r.Time)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("train: recipe: time %q: want a duration such as 2h or 90m", r.Time)
	}
	return d, nil
}

// StepsPerEpoch is the number of optimizer steps that see at least as many clips as there are volumes.
func (r Recipe) StepsPerEpoch(volumes int) int { return (volumes + r.Batch - 1) / r.Batch }

// TotalSteps is the number of steps in the training; math.MaxInt if it is limited by time.
func (r Recipe) TotalSteps(volumes int) int {
	switch {
	case r.Steps > 0:
		return r.Steps
	case r.Epochs > 0:
		return r.Epochs * r.StepsPerEpoch(volumes)
	}
	return math.MaxInt
}

// at returns the rates, including warm-up, and the schedule position of a step, counted from 0.
func (r Recipe) at(step, total int, elapsed time.Duration) (rates Rates, where float64) {
	rates = r.Rates
	if step < r.WarmupSteps {
		up := float64(step+1) / float64(r.WarmupSteps)
		rates.LR *= up
		rates.EncoderLR *= up
	}
	if limit, _ := r.limit(); limit > 0 {
		return rates, min(1, elapsed.Seconds()/limit.Seconds())
	}
	return rates, float64(step) / float64(total)
}

// alone reports whether only what corrects a model's prior is trained; false if the start model has yet to say.
func (r Recipe) alone() bool { return r.PriorAlone != nil && *r.PriorAlone }

// trains reports whether a parameter is trained: it must not be frozen and, if the prior is trained alone, must
// belong to the prior.
func (r Recipe) trains(name string) bool {
	if r.alone() && !strings.HasPrefix(name, priorPrefix) {
		return false
	}
	return !slices.ContainsFunc(r.Freeze, func(pattern string) bool {
		ok, _ := path.Match(pattern, name) // Validate has checked the pattern
		return ok
	})
}

// mark marks the parameters of a model that are trained, and returns them in their order.
func (r Recipe) mark(params *nn.Params) (trained []*nn.Param) {
	for _, p := range params.All() {
		train := !p.Buffer && r.trains(p.Name)
		p.Tensor.RequireGrad(train)
		if train {
			trained = append(trained, p)
		}
	}
	return trained
}

// priorPrefix starts the names of the parameters that correct the prior.
const priorPrefix = "prior."
