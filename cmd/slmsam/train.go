package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/spf13/cobra"
)

// trainJob is what the flags ask for.
type trainJob struct {
	train, held train.Source
	recipe      train.Recipe
	start       train.StartOptions
	notes       []string // about the volumes, for the user
	fit         string   // how the recipe was adapted to few volumes; "" if it was not
	heldBack    string   // what is held back to validate on, if the user did not choose; "" if nothing is
}

// run carries out the command.
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
	plan, err := train.MakePlan(dev, m.Config, job.recipe, train.Volumes(job.train))
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

// planText returns a plan as one line of text.
func planText(p train.Plan) string {
	steps := "until the time is up"
	if p.Steps > 0 {
		steps = fmt.Sprintf("%d steps", p.Steps)
	}
	together := fmt.Sprintf("%d at once", p.Together)
	if p.Workers > 1 {
		together = fmt.Sprintf("%d at once in each of %d workers", p.Together, p.Workers)
	}
	return fmt.Sprintf("plan: %.1f M parameters, %.1f M trained; %d clips of %d slices of %d x %d with up to %d objects, %s: about %.1f GiB and %.0f GFLOP per step; %s",
		float64(p.Parameters)/1e6, float64(p.Trained)/1e6, p.Clips, p.Frames, p.ImageSize, p.ImageSize, p.Objects,
		together,
		float64(p.MemoryBytes)/(1<<30), p.StepGFLOP, steps)
}

// begin creates the model: from the start weights, or with the configuration of the run to resume.
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
	Precision string            `json:"precision"` // of matrix products
	Steps     int               `json:"steps"`
	Seconds   float64           `json:"seconds"` // of this process
	BestDSC   float64           `json:"best_dsc"`
	BestStep  int               `json:"best_step"`
	Files     map[string]string `json:"files"` // best, last, metrics, curves, recipe

	Gain *train.Gain `json:"gain,omitempty"` // if the start weights were validated, too
}

// train trains and prints the result.
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

// reporter returns a function that logs the progress: a line now and then, and one for every validation.
func reporter(c *console) func(train.Progress) {
	last := time.Now()
	return func(p train.Progress) {
		if p.Validation == nil && time.Since(last) < messageInterval && p.Metrics.Step > 1 {
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

// validationText returns the result of a validation as text.
func validationText(p train.Progress) string {
	v, on := p.Validation, ""
	if v.OnTrain {
		on = " on the training volumes"
	}
	return fmt.Sprintf("  DSC%s %.4f (in range %.4f, best %.4f), %d of %d absent slices run over", on, v.DSC, v.InRange, p.Best, v.RunOver, v.Absent)
}
