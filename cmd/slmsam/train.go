package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/spf13/cobra"
)

// trainFlags are the flags of slmsam train.
type trainFlags struct {
	deviceFlags
	out, recipe, init, model, held, holdOut, labels, axis, window, memory, time string
	prompts                                                                     string
	resolution, epochs, steps, frames, batch, together, bench                   int
	lr, mix, regions                                                            float64
	seed                                                                        uint64
	freeze                                                                      []string
	resume, recompute, plan, ignoreGeometry, kernels                            bool
	channel                                                                     int
}

func newTrainCommand() *cobra.Command { return new(trainFlags).command() }

// command is slmsam train with its flags, which set f.
func (f *trainFlags) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "train DATASET",
		Short: "Fine-tune on a few annotated volumes, or train from scratch",
		Long: `train learns from annotated volumes. DATASET is an nnU-Net raw folder (imagesTr, labelsTr, dataset.json), a
folder with images/VOLUME/*.jpg and masks/VOLUME/*.png, or a CSV file with the columns image,label and
optionally name,labels,weight; or the word generated, for synthetic volumes. The run's folder gets checkpoints (best, last),
the state to resume from, metrics.jsonl, TensorBoard events, curves.png and samples/.

By default the built-in model is fine-tuned for at most 20 minutes. Some volumes are held back to validate on before,
during and after training. The best weights are kept (the start weights, if nothing beats them), and the last line
says what was gained. If there are only one or two volumes, how well the start model does on them decides how much is
learned from them. See docs/training.md.`,
		Example: `  slmsam train cases.csv
  slmsam train Dataset001_Liver --init tiny -o run
  slmsam train cases.csv --init fresh --model nano --recipe scratch --time 2h -o run
  slmsam train Dataset001_Liver -o run --resume`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), cmd, newConsole(cmd), args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "run", "folder of the run")
	flags.StringVar(&f.recipe, "recipe", "", strings.Join(train.Recipes(), ", ")+", or a JSON file (default: by the size of the start model)")
	flags.StringVar(&f.init, "init", nano.Name, "start weights: a SAM 2.1 or SLM-SAM 2 checkpoint, the name of a downloaded one, nano (built in), or fresh")
	flags.StringVar(&f.model, "model", "nano", "shape of a fresh model: "+strings.Join(slmsam.Presets(), ", "))
	flags.IntVar(&f.resolution, "resolution", 0, "side length of the model's input in pixels, a multiple of 32 (default: the model's)")
	flags.BoolVar(&f.resume, "resume", false, "continue the run in RUN with its recipe and model; more --steps or a longer --time extend it")
	flags.StringVar(&f.held, "val", "", "dataset to validate on, in any of DATASET's layouts")
	flags.StringVar(&f.holdOut, "hold-out", "", "names of cases in DATASET to validate on instead of training, e.g. A,B; none trains on all (default: depends on their number)")
	flags.Float64Var(&f.mix, "mix-generated", 0, "fraction of clips to take from generated volumes instead, 0 to 1")
	flags.Float64Var(&f.regions, "mix-regions", 0, "fraction of clips that follow a region of like gray values of your volumes instead of a label, 0 to 1 (default: the recipe's)")
	flags.StringVar(&f.labels, "label", "", "labels to train, e.g. 1,2,5 (default: all)")
	flags.StringVar(&f.axis, "axis", "", "axis perpendicular to the slices: 0, 1 or 2 (default: the axis with the largest spacing)")
	flags.StringVar(&f.window, "window", "", "intensities that become black and white, as in slmsam propagate; stored with the model (default: auto)")
	flags.IntVar(&f.channel, "channel", 0, "channel of an nnU-Net folder's images to train on, e.g. 1 for CASE_0001")
	flags.BoolVar(&f.ignoreGeometry, "ignore-geometry", false, "treat label maps as drawn on their image if the sizes match, whatever their headers say")
	flags.IntVar(&f.epochs, "epochs", 0, "clips per volume; instead of --steps or --time")
	flags.IntVar(&f.steps, "steps", 0, "optimizer steps")
	flags.StringVar(&f.time, "time", "", "training time, e.g. 2h or 90m")
	flags.StringVar(&f.memory, "memory", "", "memory banks: M7+R1, M7, R7, R1 or M7+R7 (default: the recipe's)")
	flags.IntVar(&f.frames, "frames", 0, "slices in a clip (default: the recipe's)")
	flags.IntVar(&f.batch, "batch", 0, "clips per step, whose gradients are averaged (default: the recipe's)")
	flags.IntVar(&f.together, "together", 0, "clips of a step that are computed at once; more is faster and takes more memory (default: the recipe's)")
	flags.Float64Var(&f.lr, "lr", 0, "learning rate; the image encoder's rate changes in proportion (default: the recipe's)")
	flags.Uint64Var(&f.seed, "seed", 0, "random seed (default: the recipe's)")
	flags.StringVar(&f.prompts, "prompts", "", "proportions of prompt types on the first slice, e.g. mask=1,points=1,box=1")
	flags.StringArrayVar(&f.freeze, "freeze", nil, "parameters to leave unchanged, as a glob such as image_encoder.*; may be repeated")
	flags.BoolVar(&f.recompute, "recompute", false, "recompute activations in the backward pass: less memory, more time")
	flags.BoolVar(&f.plan, "plan", false, "only print the parameter count, memory and work of a step")
	flags.IntVar(&f.bench, "bench", 0, "only time this many steps")
	flags.BoolVar(&f.kernels, "kernels", false, "with --bench: also show which kernels take the time, on the CPU")
	f.deviceFlags.add(cmd.Flags())
	f.deviceFlags.addSIMD(cmd.Flags())
	return cmd
}

// trainJob is what the flags resolve to.
type trainJob struct {
	train, held train.Source
	recipe      train.Recipe
	start       train.StartOptions
	notes       []string // what is to be said of the volumes
	fit         string   // how the recipe was adapted to few volumes
	heldBack    string   // what of them is validated on, where nobody chose it
}

func (f *trainFlags) run(ctx context.Context, cmd *cobra.Command, c *console, dataset string) error {
	job, err := f.prepare(cmd, dataset)
	if err != nil {
		return err
	}
	for _, n := range job.notes {
		c.log.Warn(n)
	}
	dev, err := f.deviceFlags.openToTrain(c)
	if err != nil {
		return err
	}
	defer dev.Close()
	if err := f.divide(ctx, cmd, dev, job); err != nil {
		return err
	}
	if job.fit != "" {
		c.log.Info("training is " + job.fit)
	}
	if job.heldBack != "" {
		c.log.Info("held back to validate on: " + job.heldBack + " (choose with --hold-out NAMES; --hold-out none trains on all)")
	}
	m, start, err := f.begin(dev, job)
	if err != nil {
		return err
	}
	plan, err := train.MakePlan(m.Config, job.recipe, train.Volumes(job.train))
	if err != nil {
		return err
	}
	if f.plan {
		return c.result(plan, func(w io.Writer) { fmt.Fprintln(w, planText(plan)) })
	}
	c.log.Info(planText(plan))
	if f.bench > 0 {
		return f.benchmark(ctx, c, dev, m, job)
	}
	return f.train(ctx, c, dev, m, job, start)
}

func planText(p train.Plan) string {
	steps := "until the time is up"
	if p.Steps > 0 {
		steps = fmt.Sprintf("%d steps", p.Steps)
	}
	return fmt.Sprintf("plan: %.1f M parameters, %.1f M trained; %d clips of %d slices of %d x %d with up to %d objects, %d at once: about %.1f GiB and %.0f GFLOP per step; %s",
		float64(p.Parameters)/1e6, float64(p.Trained)/1e6, p.Clips, p.Frames, p.ImageSize, p.ImageSize, p.Objects,
		p.Together,
		float64(p.MemoryBytes)/(1<<30), p.StepGFLOP, steps)
}

// begin makes the model: from the start weights, or of the shape of the run to resume.
func (f *trainFlags) begin(dev backend.Device, job *trainJob) (*slmsam.Model, train.Start, error) {
	if !f.resume {
		return train.Begin(dev, job.start, job.recipe)
	}
	_, config, err := train.RunConfig(f.out)
	if err != nil {
		return nil, train.Start{}, err
	}
	m, err := slmsam.New(dev, config)
	return m, train.Start{}, err
}

// trainResult is what slmsam train --json prints.
type trainResult struct {
	Device    string            `json:"device"`
	Precision string            `json:"precision"` // of the products
	Steps     int               `json:"steps"`
	Seconds   float64           `json:"seconds"` // of this process
	BestDSC   float64           `json:"best_dsc"`
	BestStep  int               `json:"best_step"`
	Files     map[string]string `json:"files"` // best, last, metrics, curves, recipe

	Gain *train.Gain `json:"gain,omitempty"` // where the start weights were validated
}

// train runs the training and says how it went.
func (f *trainFlags) train(ctx context.Context, c *console, dev backend.Device, m *slmsam.Model, job *trainJob, start train.Start) error {
	setup := train.Setup{Recipe: job.recipe, Train: job.train, Held: job.held, Dir: f.out, Start: start, Report: reporter(c)}
	open := train.New
	if f.resume {
		open = train.Resume
	}
	t, err := open(nn.NewGraph(dev), m, setup)
	if err != nil {
		return err
	}
	if f.resume {
		c.log.Info(fmt.Sprintf("resuming after step %d", t.Step()))
	}
	began := time.Now()
	err = t.Run(ctx)
	if errors.Is(err, context.Canceled) {
		c.log.Warn(fmt.Sprintf("stopped after step %d; continue with --resume", t.Step()))
	}
	if err != nil {
		return err
	}
	result := trainResult{Device: dev.Name(), Precision: slmsam.Precision(dev), Steps: t.Step(), Seconds: time.Since(began).Seconds(), Files: train.Files(f.out)}
	result.BestDSC, result.BestStep = t.Best()
	if g, ok := t.Gain(); ok {
		result.Gain = &g
	}
	return c.result(result, func(w io.Writer) {
		fmt.Fprintf(w, "%d steps, best validation DSC %.4f after step %d: %s\n", result.Steps, result.BestDSC, result.BestStep, result.Files["best"])
		if result.Gain != nil {
			fmt.Fprintln(w, result.Gain)
		}
	})
}

// reporter shows a line now and then, and one for every validation.
func reporter(c *console) func(train.Progress) {
	last := time.Now()
	return func(p train.Progress) {
		if p.Validation == nil && time.Since(last) < quietInterval && p.Metrics.Step > 1 {
			return
		}
		last = time.Now()
		of := ""
		if p.Total > 0 {
			of = fmt.Sprintf(" of %d", p.Total)
		}
		dice := ""
		if o := p.Metrics.Overlap; o != nil {
			dice = fmt.Sprintf("  Dice %.3f", *o)
		}
		switch {
		case p.Shift != nil:
			c.log.Info(fmt.Sprintf("recalibration, presence shifted by %+g:%s", *p.Shift, validationText(p)))
			return
		case p.Metrics.Clip == "":
			c.log.Info(fmt.Sprintf("after step %d:%s", p.Step, validationText(p)))
			return
		}
		line := fmt.Sprintf("step %d%s  loss %.3f%s  lr %.2g  %.2f s/step  %s left", p.Metrics.Step, of, p.Metrics.Loss,
			dice, p.Metrics.LR, p.Metrics.Seconds, p.Remaining.Round(time.Second))
		if p.Validation != nil {
			line += validationText(p)
		}
		c.log.Info(line)
	}
}

// validationText says what a validation found.
func validationText(p train.Progress) string {
	v, on := p.Validation, ""
	if v.OnTrain {
		on = " on the training volumes"
	}
	return fmt.Sprintf("  DSC%s %.4f (in range %.4f, best %.4f), %d of %d absent slices run over", on, v.DSC, v.InRange, p.Best, v.RunOver, v.Absent)
}
