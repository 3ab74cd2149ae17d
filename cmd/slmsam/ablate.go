package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train/ablate"
	"github.com/spf13/cobra"
)

// run carries out the command.
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
		result.WriteText(w) // as for all commands, an error in printing is not one of the command
		fmt.Fprintln(w, files()[0])
	})
}

// textResult is a result that can be printed as text.
type textResult interface{ WriteText(io.Writer) error }

// opener returns a function that opens the device, for every run anew, but logs only once which one it is.
func (f *ablateFlags) opener(c *console) func() (backend.Device, error) {
	once := *c
	return func() (backend.Device, error) {
		dev, err := f.deviceFlags.openToTrain(&once)
		once.log = slog.New(slog.DiscardHandler)
		return dev, err
	}
}

// ablateReporter returns a function that logs when a run enters a phase, and now and then the progress.
func ablateReporter(c *console) func(ablate.Progress) {
	var last time.Time
	phase := ""
	return func(p ablate.Progress) {
		now := p.Name + p.Phase
		if now == phase && time.Since(last) < messageInterval {
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
