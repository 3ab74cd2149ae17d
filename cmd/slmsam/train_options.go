package main

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/spf13/cobra"
)

// prepare checks the flags and opens the volumes, so that mistakes are found before any computing.
func (f *trainFlags) prepare(cmd *cobra.Command, dataset string) (*trainJob, error) {
	job := &trainJob{start: train.StartOptions{Init: f.init, Model: f.model, Resolution: f.resolution}}
	if f.bench < 0 {
		return nil, usagef("--bench %d: want a positive number of steps", f.bench)
	}
	if f.kernels && f.bench == 0 {
		return nil, usagef("--kernels: want --bench N with it")
	}
	if f.out == "" && !f.plan && f.bench == 0 {
		return nil, usagef("-o RUN is missing: the folder for checkpoints and metrics")
	}
	config, err := f.configOfStart(cmd, job)
	if err != nil {
		return nil, err
	}
	if err := f.settleRecipe(cmd, job, config); err != nil {
		return nil, err
	}
	if err := f.openData(dataset, job, config.Window); err != nil {
		return nil, err
	}
	if err := f.settleEnd(cmd, job); err != nil {
		return nil, err
	}
	if err := train.CheckData(job.train, job.held, job.recipe); err != nil {
		return nil, err
	}
	job.start.Window = train.WindowOf(job.train)
	job.notes = train.Notes(job.train, job.held)
	return job, nil
}

// divide adapts the default recipe to one or two volumes, and divides the volumes between training and validation.
func (f *trainFlags) divide(ctx context.Context, cmd *cobra.Command, dev backend.Device, job *trainJob) error {
	if !f.resume && f.recipe == "" && !f.plan && f.bench == 0 {
		if err := f.fit(ctx, cmd, dev, job); err != nil {
			return err
		}
	}
	if err := f.holdBack(job); err != nil {
		return err
	}
	f.mixIn(job)
	return nil
}

// fit adapts the default recipe to few volumes. Flags take precedence over it.
func (f *trainFlags) fit(ctx context.Context, cmd *cobra.Command, dev backend.Device, job *trainJob) error {
	rates := job.recipe.Rates
	recipe, why, err := job.recipe.Fit(ctx, dev, job.start, job.train, nil)
	if err != nil {
		return err
	}
	job.recipe, job.fit = recipe, why
	if cmd.Flags().Changed("lr") {
		job.recipe.Rates = rates
	}
	return f.settleEnd(cmd, job)
}

// configOfStart returns the configuration of the model with which training starts or resumes.
func (f *trainFlags) configOfStart(cmd *cobra.Command, job *trainJob) (slmsam.Config, error) {
	if !f.resume {
		return job.start.Config()
	}
	for _, name := range settledFlags() {
		if cmd.Flags().Changed(name) {
			return slmsam.Config{}, usagef("--%s cannot be changed when resuming", name)
		}
	}
	_, config, err := train.RunConfig(f.out)
	return config, err
}

// settleRecipe sets the recipe: that of the run to resume, that of --recipe, or the default for the start model, with the
// other flags applied.
func (f *trainFlags) settleRecipe(cmd *cobra.Command, job *trainJob, config slmsam.Config) (err error) {
	switch {
	case f.resume:
		job.recipe, _, err = train.RunConfig(f.out)
		return err
	case f.recipe == "":
		job.recipe = train.RecipeFor(config, f.init == train.Fresh)
	default:
		if job.recipe, err = train.ReadRecipe(f.recipe); err != nil {
			return err
		}
	}
	job.recipe, err = f.resolve(cmd, job.recipe)
	return err
}

// settleEnd sets when the training ends. A run to resume may be extended. If no flag says otherwise, the default budget
// depends on the number of volumes. It also applies --mix-regions, which fit would overwrite.
func (f *trainFlags) settleEnd(cmd *cobra.Command, job *trainJob) (err error) {
	volumes := train.Volumes(job.train)
	chosen := slices.ContainsFunc([]string{"recipe", "epochs", "steps", "time"}, cmd.Flags().Changed)
	if cmd.Flags().Changed("mix-regions") {
		job.recipe.Regions = f.regions
	}
	switch {
	case f.resume:
		job.recipe, err = job.recipe.Prolonged(f.steps, f.time, volumes)
	case !chosen && job.recipe.Time != "":
		job.recipe = job.recipe.WithBudget(volumes)
	}
	return err
}

// errNoInit is the error of an ablation without start weights.
var errNoInit = usagef("--init is missing: a checkpoint to start from, nano for the built-in model, or fresh")

// settledFlags returns the flags that cannot be given when a run is resumed, because its folder settles them.
func settledFlags() []string {
	return []string{"recipe", "init", "model", "resolution", "epochs", "memory", "frames", "batch", "together", "lr", "seed",
		"freeze", "prompts", "recompute"}
}

// resolve applies the flags to a recipe and validates it.
func (f *trainFlags) resolve(cmd *cobra.Command, r train.Recipe) (train.Recipe, error) {
	var err error
	changed := cmd.Flags().Changed
	if changed("epochs") || changed("steps") || changed("time") {
		r.Epochs, r.Steps, r.Time = f.epochs, f.steps, f.time
	}
	if changed("memory") {
		if r.Memory, err = slmsam.ParseMemory(f.memory); err != nil {
			return r, usageError{err}
		}
	}
	if changed("frames") {
		r.Frames = f.frames
	}
	if changed("batch") {
		r.Batch = f.batch
	}
	if changed("together") {
		r.Together = f.together
	}
	if changed("lr") {
		if !(f.lr >= 0) || math.IsInf(f.lr, 1) {
			return r, usagef("--lr %g: want a number of at least 0, such as 1e-4", f.lr)
		}
		if r.Rates.LR > 0 {
			r.Rates.EncoderLR *= f.lr / r.Rates.LR
		}
		r.Rates.LR = f.lr
	}
	if changed("seed") {
		r.Seed = f.seed
	}
	if changed("prompts") {
		if r.Prompts, err = parseProportions(f.prompts, r.Prompts.MaxPoints); err != nil {
			return r, err
		}
	}
	r.Freeze = append(r.Freeze, f.freeze...)
	r.Recompute = r.Recompute || f.recompute
	return r, r.Validate()
}

// parseProportions parses proportions such as mask=1,points=0.5,box=0.5. A type that is left out gets 0.
func parseProportions(s string, maxPoints int) (train.Prompts, error) {
	p := train.Prompts{MaxPoints: maxPoints}
	for _, part := range strings.Split(s, ",") {
		name, value, _ := strings.Cut(part, "=")
		to := map[string]*float64{"mask": &p.Mask, "points": &p.Points, "box": &p.Box}[strings.TrimSpace(name)]
		if to == nil {
			return p, usagef("--prompts %q: want proportions of mask, points and box, such as mask=1,points=1,box=1", s)
		}
		proportion, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(proportion >= 0) || math.IsInf(proportion, 1) {
			return p, usagef("--prompts %q: %q is not a proportion, a number of at least 0", s, value)
		}
		*to = proportion
	}
	return p, nil
}
