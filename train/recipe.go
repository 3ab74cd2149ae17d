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
)

// Recipe is everything that decides how a model is trained, but its data and its start weights. It is
// saved, resolved, beside every checkpoint. Example values are those of the paper.
type Recipe struct {
	Base string `json:"base,omitempty"` // "paper": what a recipe file starts from, one of Recipes()
	Seed uint64 `json:"seed"`           // 123: clips, augmentation, dropout, fresh weights

	Memory slmsam.Memory `json:"memory,omitzero"` // "M7+R1": M7, R7, R1, M7+R7 or M7+R1; left out: the start model's

	Epochs       int    `json:"epochs"`        // 100: one clip of every volume each; exactly one of epochs,
	Steps        int    `json:"steps"`         // 0: optimizer steps, and
	Time         string `json:"time"`          // "": "2h", "90m" is set
	Batch        int    `json:"batch"`         // 1: clips whose gradients are averaged in a step
	Together     int    `json:"together"`      // 0: clips of a batch that are computed at once; 0 is as many as 1 GiB holds
	WarmupSteps  int    `json:"warmup_steps"`  // 0: steps in which the learning rates grow linearly
	ValidateEach int    `json:"validate_each"` // 50: steps between validations; 0 only at the end
	SaveEach     int    `json:"save_each"`     // 50: steps between saved states; 0 only at the end

	Frames     int     `json:"frames"`           // 8: consecutive slices in a clip
	MaxObjects int     `json:"max_objects"`      // 3: objects followed in a clip
	Reverse    float64 `json:"reverse"`          // 0.5: part of the clips in reversed order
	Stride     int     `json:"stride"`           // 1: a clip takes every slice, or every 2nd, .. up to every so many-th
	Ends       float64 `json:"ends"`             // 0.3: part of the clips that outlast one of their objects, where there is one
	Sweeps     float64 `json:"sweeps"`           // 0: part of the clips that follow an object from where it is large beyond its end, in up to frames slices, or reach
	Reach      int     `json:"reach"`            // 0: slices that a sweep of a prior alone may go through, if more than frames: so many of them, drawn at random, are learned from
	Turned     float64 `json:"turned"`           // 0: part of the clips across another axis of their volume, where its voxels are almost cubes
	Regions    float64 `json:"regions"`          // 0: part of the clips that follow a region of like gray values of the volumes instead of a label
	Still      float64 `json:"still"`            // 0: part of the clips that repeat their first slice: what does not change should stay
	Prompts    Prompts `json:"prompts,omitzero"` // what marks the objects on a clip's first slice; left out: what the start model knows
	Augment    Augment `json:"augment"`

	Rates   Rates   `json:"rates"`
	Weights Weights `json:"weights"`  // of the terms of the loss
	MaxLoss float64 `json:"max_loss"` // 1e6: a clip with more stops the training as diverged

	DropPath float64 `json:"drop_path"` // 0.1: stochastic depth of the trunk's last block
	Dropout  float64 `json:"dropout"`   // 0.1: in memory attention
	Teacher  Teacher `json:"teacher"`   // where the truth stands in for predictions
	// PriorAlone trains only what corrects the prior of a model by itself: no encoder, no memory, masks as prompts.
	PriorAlone *bool `json:"prior_alone,omitempty"` // nil: as the start model
	Trust      bool  `json:"trust"`                 // false: what was trained may change all of what the prior proposes (slmsam.Config.PriorTrusted)

	Average float64 `json:"average"` // 0: decay per step of the averaged weights that are saved beside the last ones

	Freeze    []string `json:"freeze"`    // []: globs of parameter names that stay as they are
	Recompute bool     `json:"recompute"` // false: compute activations again in the backward pass to save memory

	ValidateObjects int  `json:"validate_objects"` // 0: objects scored per held-out volume; 0 is all
	HoldBack        bool `json:"hold_back"`        // false: without volumes to validate on, some are kept from training, see HoldBack
	Calibrate       bool `json:"calibrate"`        // false: the best weights' scores of presence are shifted at the end, if that is better
}

// Prompts says in which proportions clips are prompted by masks, points and boxes. Correction clicks on
// later slices, which the released recipe mixes in, are not given.
type Prompts struct {
	Mask      float64 `json:"mask"`       // 1
	Points    float64 `json:"points"`     // 0: the first inside the object, further ones inside or outside
	Box       float64 `json:"box"`        // 0: corners moved at random by up to a tenth of the side
	MaxPoints int     `json:"max_points"` // 1: 1 to so many points
}

// kinds are the prompts that clips are given, as slmsam.Trained names them.
func (p Prompts) kinds() []string {
	var out []string
	for kind, share := range map[string]float64{slmsam.PromptMask: p.Mask, slmsam.PromptClick: p.Points, slmsam.PromptBox: p.Box} {
		if share > 0 {
			out = append(out, kind)
		}
	}
	return out
}

// Paper is the fine-tuning of the paper (arXiv 2505.01854, section 4.2), with mask prompts only.
func Paper() Recipe {
	return Recipe{Seed: 123, Memory: slmsam.ShortLong, Epochs: 100, Batch: 1, ValidateEach: 50, SaveEach: 50,
		Frames: 8, MaxObjects: 3, Reverse: 0.5, Stride: 1, Ends: 0.3, Prompts: Prompts{Mask: 1, MaxPoints: 1}, Augment: PaperAugment(),
		Rates: PaperRates(), Weights: PaperWeights(), MaxLoss: 1e6, DropPath: 0.1, Dropout: 0.1}
}

// Scratch trains a small model from fresh weights: learning rates a hundred times the paper's, the same for
// all layers, with a warm-up; shorter clips; no dropout.
func Scratch() Recipe {
	r := Paper()
	r.Epochs, r.Steps, r.WarmupSteps, r.ValidateEach, r.SaveEach = 0, 2000, 50, 250, 100
	r.Frames, r.Batch = 4, 8
	r.Rates = Rates{LR: 5e-4, EncoderLR: 5e-4, WeightDecay: 0.05, LayerDecay: 1, Clip: 1, End: PaperEnd}
	r.DropPath, r.Dropout = 0, 0
	return r
}

// Recipes lists the built-in recipes.
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

// ReadRecipe returns a built-in recipe by its name, or reads a JSON file.
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

// ParseRecipe reads JSON; what it leaves out is as in its base, the paper's recipe unless it names another.
// An unknown key is an error.
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

// JSON is the resolved recipe, as ParseRecipe reads it.
func (r Recipe) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }

// Validate reports settings that no training can have.
func (r Recipe) Validate() error {
	set := 0
	for _, on := range []bool{r.Epochs != 0, r.Steps != 0, r.Time != ""} {
		if on {
			set++
		}
	}
	limit, err := r.limit()
	switch {
	case err != nil:
		return err
	case set != 1 || r.Epochs < 0 || r.Steps < 0:
		return fmt.Errorf("train: recipe: exactly one of epochs, steps and time must be given, got %d, %d and %q", r.Epochs, r.Steps, r.Time)
	case limit < 0:
		return fmt.Errorf("train: recipe: time %q must be positive", r.Time)
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

func (p Prompts) validate() error {
	if p == (Prompts{}) { // the start model's
		return nil
	}
	if p.Mask < 0 || p.Points < 0 || p.Box < 0 || !(p.Mask+p.Points+p.Box > 0) || p.MaxPoints < 1 || p.MaxPoints > 8 {
		return fmt.Errorf("train: recipe: prompts %+v: want proportions >= 0 that are not all 0, and max_points from 1 to 8", p)
	}
	return nil
}

// limit is the time to train for, 0 without.
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

// StepsPerEpoch is the number of optimizer steps that see as many clips as there are volumes.
func (r Recipe) StepsPerEpoch(volumes int) int { return (volumes + r.Batch - 1) / r.Batch }

// TotalSteps is where the training ends; math.MaxInt if it ends by time.
func (r Recipe) TotalSteps(volumes int) int {
	switch {
	case r.Steps > 0:
		return r.Steps
	case r.Epochs > 0:
		return r.Epochs * r.StepsPerEpoch(volumes)
	}
	return math.MaxInt
}

// at returns the rates and the position in the schedule of a step, counted from 0.
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

// trains says whether a parameter is trained: unless it is frozen or, where the prior is trained alone, not the prior's.
func (r Recipe) trains(name string) bool {
	if r.PriorAlone != nil && *r.PriorAlone && !strings.HasPrefix(name, priorPrefix) {
		return false
	}
	return !slices.ContainsFunc(r.Freeze, func(pattern string) bool {
		ok, _ := path.Match(pattern, name) // validated
		return ok
	})
}

// priorPrefix begins the names of what corrects the prior.
const priorPrefix = "prior."
