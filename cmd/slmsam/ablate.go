package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/train/ablate"
	"github.com/spf13/cobra"
)

// ablateFlags are the flags of slmsam ablate; those that it shares with slmsam train mean the same.
type ablateFlags struct {
	trainFlags
	budget, memories, volumes, names, prompt, scope string
	training                                        []string
	maxTest, resamples                              int
}

func newAblateCommand() *cobra.Command {
	f := &ablateFlags{}
	cmd := &cobra.Command{
		Use:   "ablate DATASET --init WEIGHTS --budget TIME|STEPS -o DIR",
		Short: "Compare the memory settings on your own data, as the paper's Table 2 does",
		Long: `ablate fine-tunes the memory settings M7 (SAM 2), R7, R1, M7+R7 and M7+R1 (SLM-SAM 2) on five volumes of DATASET
and on one, with the same volumes, seed and budget, and tests the start weights as they are, too. Each model
propagates the central slice of every object through every test volume (those in no training set). DIR
receives tables and figures (ablation.md, CSV, PNG) and, in a folder per run, weights and predictions.

To resume an interrupted ablation, run the same command again. DATASET is as for
slmsam train. See docs/ablation.md.`,
		Example: `  slmsam ablate Dataset001_Liver --init tiny --budget 30m -o ablation
  slmsam ablate cases.csv --init fresh --budget 200 --volumes 0,3,1 --test 4 -o ablation`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), cmd, newConsole(cmd), args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "folder for the ablation's results")
	flags.StringVar(&f.init, "init", "", "start weights: a SAM 2.1 or SLM-SAM 2 checkpoint, the name of a downloaded one, or fresh")
	flags.StringVar(&f.budget, "budget", "", "budget of each fine-tuning run: a time such as 30m, or a number of steps (default: the recipe's)")
	flags.StringVar(&f.recipe, "recipe", "", "paper, scratch, or a JSON file (default: paper, or scratch for fresh weights)")
	flags.StringVar(&f.memories, "memories", "M7,R7,R1,M7+R7,M7+R1", "memory settings to compare")
	flags.StringVar(&f.volumes, "volumes", "0,5,1", "numbers of training volumes to compare; 0 means no fine-tuning")
	flags.StringSliceVar(&f.training, "train", nil, "names of the training volumes; protocols with fewer take the first ones (default: drawn at random from the seed)")
	flags.IntVar(&f.maxTest, "test", 0, "maximum number of test volumes (default: all volumes not used for training)")
	flags.StringVar(&f.model, "model", "nano", "shape of a fresh model: "+strings.Join(slmsam.Presets(), ", "))
	flags.IntVar(&f.resolution, "resolution", 0, "side length of the model's input in pixels, a multiple of 32 (default: the model's)")
	flags.StringVar(&f.labels, "label", "", "labels to train and score, e.g. 1,2,5 (default: all)")
	flags.StringVar(&f.names, "names", "", "names of labels: 1=liver,2=spleen, or a JSON file")
	flags.StringVar(&f.axis, "axis", "", "axis perpendicular to the slices: 0, 1 or 2 (default: the axis with the largest spacing)")
	flags.StringVar(&f.window, "window", "", "intensities that become black and white, as in slmsam propagate")
	flags.IntVar(&f.channel, "channel", 0, "channel of an nnU-Net folder's images, e.g. 1 for CASE_0001")
	flags.BoolVar(&f.ignoreGeometry, "ignore-geometry", false, "treat label maps as drawn on their image if the sizes match, whatever their headers say")
	flags.IntVar(&f.frames, "frames", 0, "slices in a clip (default: the recipe's)")
	flags.Float64Var(&f.lr, "lr", 0, "learning rate; the image encoder's rate changes in proportion (default: the recipe's)")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the split, the clips and fresh weights (default: the recipe's)")
	flags.BoolVar(&f.recompute, "recompute", false, "recompute activations in the backward pass: less memory, more time")
	flags.StringVar(&f.prompt, "prompt", "keep", "annotated slices in the scores: keep, replace or exclude (see slmsam eval)")
	flags.StringVar(&f.scope, "scope", "all", "slices to score: all, or span (from the first to the last one with the label)")
	flags.IntVar(&f.resamples, "resamples", eval.DefaultResamples, "bootstrap resamples")
	f.deviceFlags.add(cmd.Flags())
	return cmd
}

func (f *ablateFlags) run(ctx context.Context, cmd *cobra.Command, c *console, dataset string) error {
	setup, err := f.setup(cmd, dataset)
	if err != nil {
		return err
	}
	for _, n := range setup.Data.Notes() {
		c.log.Warn(n)
	}
	setup.Open = f.opener(c)
	setup.Progress = ablateReporter(c)
	r, err := ablate.Run(ctx, setup)
	if errors.Is(err, context.Canceled) {
		c.log.Warn("stopped; run the same command again to continue from here")
	}
	if err != nil {
		return err
	}
	return c.result(r, func(w io.Writer) {
		r.WriteText(w) // as for all output of commands, a closed terminal is not an error of the work
		fmt.Fprintln(w, r.Files[0])
	})
}

// opener opens the device anew for every run, but says only once which one it is.
func (f *ablateFlags) opener(c *console) func() (backend.Device, error) {
	once := *c
	return func() (backend.Device, error) {
		dev, err := f.deviceFlags.open(&once)
		once.log = slog.New(slog.DiscardHandler)
		return dev, err
	}
}

// setup checks everything that can be checked before computing.
func (f *ablateFlags) setup(cmd *cobra.Command, dataset string) (ablate.Setup, error) {
	s := ablate.Setup{Dir: f.out, Train: f.training, MaxTest: f.maxTest, Prompt: eval.PromptMode(f.prompt), Scope: eval.Scope(f.scope), Resamples: f.resamples}
	if f.out == "" {
		return s, usagef("-o DIR is missing: the folder for the ablation's results")
	}
	var err error
	if s.Start, err = f.start(); err != nil {
		return s, err
	}
	if s.Recipe, err = f.ablateRecipe(cmd); err != nil {
		return s, err
	}
	for _, text := range strings.Split(f.memories, ",") {
		m, err := slmsam.ParseMemory(strings.TrimSpace(text))
		if err != nil {
			return s, usageError{err}
		}
		s.Memories = append(s.Memories, m)
	}
	if s.Volumes, err = parseInts(f.volumes); err != nil {
		return s, usagef("--volumes: %w", err)
	}
	if s.Names, err = parseLabelNames(f.names); err != nil {
		return s, err
	}
	check := eval.Study{Truth: f.out, Methods: []eval.Method{{Name: "any", Dir: f.out}}, Prompt: s.Prompt, Scope: s.Scope, Resamples: s.Resamples}
	if err := check.Check(); err != nil {
		return s, usageError{err}
	}
	config, err := s.Start.Config()
	if err != nil {
		return s, err
	}
	job := &trainJob{recipe: s.Recipe}
	if err := f.openData(dataset, job, config.Window); err != nil {
		return s, err
	}
	if err := train.CheckData(job.train, job.held, job.recipe); err != nil {
		return s, err
	}
	var ok bool
	if s.Data, ok = job.train.(*train.Dataset); !ok {
		return s, usagef("%s is not a dataset of files; an ablation needs volumes that stay the same", dataset)
	}
	s.Start.Window = train.WindowOf(s.Data)
	return s, nil
}

func (f *ablateFlags) start() (train.StartOptions, error) {
	if f.init == "" {
		return train.StartOptions{}, errNoInit
	}
	return train.StartOptions{Init: f.init, Model: f.model, Resolution: f.resolution}, nil
}

// ablateRecipe is the recipe with the budget.
func (f *ablateFlags) ablateRecipe(cmd *cobra.Command) (train.Recipe, error) {
	if f.recipe == "" {
		f.recipe = "paper"
		if f.init == train.Fresh {
			f.recipe = "scratch"
		}
	}
	r, err := train.ReadRecipe(f.recipe)
	if err != nil {
		return r, err
	}
	if r, err = f.resolve(cmd, r); err != nil || f.budget == "" {
		return r, err
	}
	r.Epochs, r.Steps, r.Time = 0, 0, ""
	if steps, err := strconv.Atoi(f.budget); err == nil && steps > 0 {
		r.Steps = steps
	} else if d, err := time.ParseDuration(f.budget); err == nil && d > 0 {
		r.Time = f.budget
	} else {
		return r, usagef("--budget %q: want a time such as 30m, or a number of steps", f.budget)
	}
	return r, nil
}

// ablateReporter says when a run begins a phase and ends, and now and then how far it is.
func ablateReporter(c *console) func(ablate.Progress) {
	var last time.Time
	phase := ""
	return func(p ablate.Progress) {
		now := p.Name + p.Phase
		if now == phase && time.Since(last) < quietInterval {
			return
		}
		phase, last = now, time.Now()
		line := fmt.Sprintf("run %d of %d, %s: %s", p.Run, p.Runs, p.Name, p.Phase)
		if p.Part < 1 {
			line += fmt.Sprintf(", %.0f %%", 100*p.Part)
		}
		if p.TrainingDSC > 0 {
			line += fmt.Sprintf(", training overlap %.3f", p.TrainingDSC)
		}
		c.log.Info(line)
	}
}
