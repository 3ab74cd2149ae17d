package main

import (
	"context"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/spf13/cobra"
)

// prepare checks everything that can be checked before computing.
func (f *trainFlags) prepare(cmd *cobra.Command, dataset string) (*trainJob, error) {
	job := &trainJob{start: train.StartOptions{Init: f.init, Model: f.model, Resolution: f.resolution}}
	if f.bench < 0 {
		return nil, usagef("--bench %d: want a number of steps", f.bench)
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

// divide fits the default recipe to one or two volumes, and divides the volumes between training and validation.
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

// fit adapts the default recipe to few volumes. Flags have the last word.
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

// configOfStart is the model that the training starts or goes on from.
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

// settleRecipe takes the run's recipe or a new one: that of --recipe, or the one for the start model.
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

// settleEnd says when the training ends: a run to resume may be prolonged, and where nobody chose, the number of volumes
// decides.
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

// holdBack keeps from training what it is validated on, where the recipe asks for it and nobody chose.
func (f *trainFlags) holdBack(job *trainJob) error {
	data, ok := job.train.(*train.Dataset)
	if !ok || job.held != nil || f.holdOut == holdNone {
		return nil
	}
	rest, held, how, err := train.HoldBack(data, job.recipe)
	if err != nil || held == nil {
		return err
	}
	job.train, job.held, job.heldBack = rest, held, how
	return nil
}

// holdNone is the --hold-out that trains on all volumes.
const holdNone = "none"

// errNoInit is the answer to an ablation that says nothing of its start.
var errNoInit = usagef("--init is missing: a checkpoint to start from, nano for the built-in model, or fresh")

// settledFlags are what a run's folder decides when it is resumed.
func settledFlags() []string {
	return []string{"recipe", "init", "model", "resolution", "epochs", "memory", "frames", "batch", "together", "lr", "seed",
		"freeze", "prompts", "recompute"}
}

// resolve applies the flags to a recipe.
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

// parseProportions reads mask=1,points=0.5,box=0.5; what is left out is 0.
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

// openData opens the volumes, which are shown as the start model knows them where no flag says otherwise.
func (f *trainFlags) openData(dataset string, job *trainJob, window volume.WindowRule) error {
	opt, err := f.caseOptions()
	if err != nil {
		return err
	}
	if opt.Window == "" && window != volume.WindowAuto {
		opt.Window = window
	}
	seed := job.recipe.Seed
	if job.train, err = openSource(dataset, opt, seed, generatedVolumes); err != nil {
		return err
	}
	switch {
	case f.held != "" && f.holdOut != "":
		return usagef("--val and --hold-out cannot be given together")
	case f.held != "":
		job.held, err = openSource(f.held, opt, seed+1, generatedHeld)
	case f.holdOut != "" && f.holdOut != holdNone:
		err = f.split(job)
	case dataset == generatedName:
		job.held, err = openSource(dataset, opt, seed+1, generatedHeld)
	}
	if err != nil {
		return err
	}
	if !(f.mix >= 0 && f.mix < 1) || f.mix > 0 && dataset == generatedName {
		return usagef("--mix-generated %g: want a fraction of the clips from 0 to 1, and a DATASET of files", f.mix)
	}
	if !(f.regions >= 0 && f.regions < 1) || f.regions > 0 && dataset == generatedName {
		return usagef("--mix-regions %g: want a fraction of the clips from 0 to 1, and a DATASET of files", f.regions)
	}
	return nil
}

// mixIn takes a part of the clips from generated volumes, where --mix-generated asks for it.
func (f *trainFlags) mixIn(job *trainJob) {
	if f.mix > 0 {
		job.train = train.Mixed{First: job.train, Second: train.NewGenerated(job.recipe.Seed, generatedVolumes), Share: f.mix}
	}
}

// The name of the data set that is made up on the way, and how many of its volumes there are.
const (
	generatedName    = "generated"
	generatedVolumes = 1 << 20
	generatedHeld    = 6
)

// openSource opens a data set of files, or the generated one.
func openSource(path string, opt train.CaseOptions, seed uint64, count int) (train.Source, error) {
	if path != generatedName {
		return train.Open(path, opt)
	}
	s := train.NewGenerated(seed, count)
	if count == generatedHeld {
		s.Reuse = 1
	}
	return s, nil
}

// split holds cases of the data set out.
func (f *trainFlags) split(job *trainJob) error {
	data, ok := job.train.(*train.Dataset)
	if !ok {
		return usagef("--hold-out needs a DATASET of files; use --val %s", generatedName)
	}
	list := csv.NewReader(strings.NewReader(f.holdOut))
	list.TrimLeadingSpace = true
	names, err := list.Read()
	if err != nil {
		return usagef("--hold-out %q: want names such as A,B", f.holdOut)
	}
	rest, held, err := data.Split(names)
	if err != nil {
		return err
	}
	job.train, job.held = rest, held
	return nil
}

// caseOptions says how volumes are cut into slices.
func (f *trainFlags) caseOptions() (train.CaseOptions, error) {
	opt := train.CaseOptions{Axis: -1, Channel: f.channel, IgnoreGeometry: f.ignoreGeometry}
	if f.channel < 0 {
		return opt, usagef("--channel %d: want a channel number, counted from 0", f.channel)
	}
	var err error
	if opt.Labels, err = parseLabels("--label", f.labels); err != nil {
		return opt, err
	}
	if f.axis != "" {
		if opt.Axis, err = parseAxis(f.axis); err != nil {
			return opt, err
		}
	}
	if f.window != "" {
		if opt.Window, err = parseWindow(f.window); err != nil {
			return opt, err
		}
	}
	return opt, nil
}
