package main

import (
	"context"
	"fmt"
	"io"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/kerneltimes"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
)

// trainBenchResult is what slmsam train --bench --json prints.
type trainBenchResult struct {
	Device    string `json:"device"`
	Precision string `json:"precision"` // of matrix products
	train.Speed
	PeakMatMul     float64            `json:"peak_matmul_gflop_per_second"` // of one large product on this device
	FractionOfPeak float64            `json:"fraction_of_peak"`
	Kernels        []kerneltimes.Time `json:"kernels,omitempty"` // with --kernels: totals over all measured steps
	Shapes         []kerneltimes.Time `json:"shapes,omitempty"`
}

// benchmark measures the time of training steps. It writes no files.
func (f *trainFlags) benchmark(ctx context.Context, c *console, dev backend.Device, m *slmsam.Model, job *trainJob) error {
	if f.kernels && !isCPU(dev) {
		return usagef("--kernels --device %s: kernels of a GPU run while the program goes on, so that they cannot be timed; use --device cpu", f.Kind)
	}
	before, err := measurePeak(dev)
	if err != nil {
		return err
	}
	b := trainBenchResult{Device: dev.Name(), Precision: slmsam.Precision(dev)}
	clocked := kerneltimes.New(dev)
	on := dev
	if f.kernels {
		on = clocked
	}
	if b.Speed, err = train.Bench(ctx, nn.NewGraph(on), m, job.train, job.recipe, f.bench); err != nil {
		return err
	}
	b.Kernels, b.Shapes = clocked.Kernels(), clocked.Shapes()
	after, err := measurePeak(dev) // again, in case something else ran on the machine before
	if err != nil {
		return err
	}
	b.PeakMatMul = max(before, after)
	b.FractionOfPeak = b.GFLOPPerSecond / b.PeakMatMul
	return c.result(b, func(w io.Writer) { b.print(w, f.bench) })
}

// shownShapes is how many shapes of kernels are printed; --json lists all.
const shownShapes = 60

// print prints the result as text.
func (b trainBenchResult) print(w io.Writer, steps int) {
	fmt.Fprintf(w, "%s: %.3f s per step of %d clips (median of %d), %.1f clips/s\n", b.Device, b.SecondsPerStep, b.ClipsPerStep, steps, b.ClipsPerSecond)
	fmt.Fprintf(w, "%.0f GFLOP/s, %.0f %% of the largest product's %.0f; %.2f of the cores busy; peak memory %.2f GiB\n", b.GFLOPPerSecond, 100*b.FractionOfPeak,
		b.PeakMatMul, b.CoresBusy, float64(b.PeakMemoryBytes)/(1<<30))
	if len(b.Kernels) == 0 {
		return
	}
	fmt.Fprintln(w, "\nkernels, per step:")
	kerneltimes.Print(w, b.Kernels, steps, b.PeakMatMul)
	fmt.Fprintln(w, "\nby shape:")
	kerneltimes.Print(w, b.Shapes[:min(shownShapes, len(b.Shapes))], steps, b.PeakMatMul)
}
