package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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
	budget, memories, volumes, names, prompt, scope, seeds string
	training, own                                          []string
	maxTest, resamples                                     int
}

func newAblateCommand() *cobra.Command {
	f := &ablateFlags{}
	cmd := &cobra.Command{
		Use:   "ablate DATASET... --init WEIGHTS --budget TIME|STEPS -o DIR",
		Short: "Compare the memory settings on your own data, as the paper's Table 2 does",
		Long: `ablate fine-tunes the memory settings M7 (SAM 2), R7, R1, M7+R7 and M7+R1 (SLM-SAM 2) on five volumes of DATASET
and on one, with the same volumes, seed and budget, and tests the start weights as they are, too. Each model
propagates the central slice of every object through every test volume (those in no training set). DIR
receives tables and figures (ablation.md, CSV, PNG) and, in a folder per run, weights and predictions.

With several datasets or --seeds, each dataset is a task with a folder DIR/NAME, and DIR receives a table over all tasks and
seeds (tasks.md, tasks.csv): each setting's DSC and its paired difference to the first setting, with present and absent
slices apart. Every task then takes from --train the volumes that it has, and trains on all of them where it has fewer
than --volumes asks for.

To resume an interrupted ablation, run the same command again. DATASET is as for
slmsam train. See docs/ablation.md.`,
		Example: `  slmsam ablate Dataset001_Liver --init tiny --budget 30m -o ablation
  slmsam ablate cases.csv --init fresh --budget 200 --volumes 0,3,1 --test 4 -o ablation
  slmsam ablate liver.csv heart.csv --init tiny --budget 200 --memories M7,M7+R1 --seeds 1,2,3 -o ablation`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), cmd, newConsole(cmd), args)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "folder for the ablation's results")
	flags.StringVar(&f.init, "init", "", "start weights: a SAM 2.1 or SLM-SAM 2 checkpoint, the name of a downloaded one, nano (built in), or fresh")
	flags.StringArrayVar(&f.own, "init-for", nil, "start weights of one memory setting, SETTING=WEIGHTS, instead of --init (repeatable)")
	flags.StringVar(&f.budget, "budget", "", "budget of each fine-tuning run: a time such as 30m, or a number of steps (default: the recipe's)")
	flags.StringVar(&f.recipe, "recipe", "", strings.Join(train.Recipes(), ", ")+", or a JSON file (default: paper, or scratch for fresh weights)")
	flags.StringVar(&f.memories, "memories", "M7,R7,R1,M7+R7,M7+R1", "memory settings to compare")
	flags.StringVar(&f.volumes, "volumes", "0,5,1", "numbers of training volumes to compare; 0 means no fine-tuning")
	flags.StringSliceVar(&f.training, "train", nil, "names of the training volumes, or @FILE with one on each line; protocols with fewer take the first ones (default: drawn at random from the seed)")
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
	flags.StringVar(&f.seeds, "seeds", "", "several seeds, e.g. 1,2,3: the whole comparison with each, on the split of the first one")
	flags.BoolVar(&f.recompute, "recompute", false, "recompute activations in the backward pass: less memory, more time")
	flags.StringVar(&f.prompt, "prompt", "keep", "annotated slices in the scores: keep, replace or exclude (see slmsam eval)")
	flags.StringVar(&f.scope, "scope", "all", "slices to score: all, or span (from the first to the last one with the label)")
	flags.IntVar(&f.resamples, "resamples", eval.DefaultResamples, "bootstrap resamples")
	f.deviceFlags.add(cmd.Flags())
	return cmd
}

func (f *ablateFlags) run(ctx context.Context, cmd *cobra.Command, c *console, datasets []string) error {
	tasks, err := f.tasks(cmd, datasets)
	if err != nil {
		return err
	}
	for _, task := range tasks.Of {
		for _, n := range task.Data.Notes() {
			c.log.Warn(n)
		}
	}
	tasks.Open = f.opener(c)
	tasks.Progress = ablateReporter(c)
	var result textResult
	var files func() []string
	if len(tasks.Of) == 1 && f.seeds == "" {
		setup := tasks.Setup
		setup.Data = tasks.Of[0].Data
		var r *ablate.Result
		r, err = ablate.Run(ctx, setup)
		result, files = r, func() []string { return r.Files }
	} else {
		var t *ablate.Table
		t, err = ablate.RunTasks(ctx, tasks)
		result, files = t, func() []string { return t.Files }
	}
	if errors.Is(err, context.Canceled) {
		c.log.Warn("stopped; run the same command again to continue from here")
	}
	if err != nil {
		return err
	}
	return c.result(result, func(w io.Writer) {
		result.WriteText(w) // as for all output of commands, a closed terminal is not an error of the work
		fmt.Fprintln(w, files()[0])
	})
}

// textResult is a result that a terminal can show.
type textResult interface{ WriteText(io.Writer) error }

// opener opens the device anew for every run, but says only once which one it is.
func (f *ablateFlags) opener(c *console) func() (backend.Device, error) {
	once := *c
	return func() (backend.Device, error) {
		dev, err := f.deviceFlags.openToTrain(&once)
		once.log = slog.New(slog.DiscardHandler)
		return dev, err
	}
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
