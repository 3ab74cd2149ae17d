package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/spf13/cobra"
)

// benchFlags are the flags of slmsam bench.
type benchFlags struct {
	deviceFlags
	modelFlags
	model, memory string
	slices        int
	objects       int
	count         string // kind of GPU for --count; "" to measure
}

// benchResult is the result of slmsam bench, as --json prints it. Seconds are medians over the slices
// with full banks.
type benchResult struct {
	Device           string       `json:"device"`
	Precision        string       `json:"precision"` // of matrix products
	Model            string       `json:"model"`
	Parameters       int          `json:"parameters"`
	Resolution       int          `json:"resolution"`
	Memory           string       `json:"memory"`
	Slices           int          `json:"slices"` // measured, with full banks
	Objects          int          `json:"objects"`
	SecondsPerSlice  float64      `json:"seconds_per_slice"`
	GFLOPPerSlice    float64      `json:"gflop_per_slice"`
	PeakMatMul       float64      `json:"peak_matmul_gflop_per_second"` // of one large product on this device
	PeakMemoryBytes  int64        `json:"peak_memory_bytes"`            // of the process on the CPU, else of the GPU
	DeviceMemory     int64        `json:"device_memory_bytes"`
	ProcessMemory    int64        `json:"process_memory_bytes"`
	FirstSliceSecond float64      `json:"first_slice_seconds"` // the prompted one, which includes compiling and tuning
	Stages           []benchStage `json:"stages"`
}

// benchStage is one stage of a slice.
type benchStage struct {
	Name            string  `json:"name"`
	Seconds         float64 `json:"seconds"`
	Processor       float64 `json:"processor_seconds,omitempty"` // processor time of this process, summed over the cores
	GFLOP           float64 `json:"gflop"`
	GFLOPPerSecond  float64 `json:"gflop_per_second"`
	FractionOfPeak  float64 `json:"fraction_of_peak"`
	ShareOfTheSlice float64 `json:"share"`
}

func newBenchCommand() *cobra.Command {
	f := &benchFlags{}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the time and GFLOP/s of every stage",
		Long: `bench propagates a synthetic object with one prompt until both memory banks are full, then times whole
slices. Without --checkpoint the weights are random (seed 1); speed does not depend on them.

With --count it computes nothing. It counts the work that a GPU of the given kind would have to do for one slice, by stage
and by kernel, and calculates how long that would take on some cards at least. No GPU is needed.`,
		Example: `  slmsam bench --model tiny --resolution 1024 --json
  slmsam bench --model nano --device gpu
  slmsam bench --count discrete --model tiny --resolution 512`,
		Args: argCount(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), newConsole(cmd)) },
	}
	cmd.Flags().StringVar(&f.model, "model", "tiny", "shape of the model if there is no --checkpoint: "+strings.Join(slmsam.Presets(), ", "))
	cmd.Flags().StringVar(&f.memory, "memory", "", "memory banks (default: the model's own)")
	cmd.Flags().IntVar(&f.slices, "slices", 3, "number of slices to measure, after the banks are full")
	cmd.Flags().IntVar(&f.objects, "objects", 1, "number of objects, all outlined on the first slice")
	cmd.Flags().StringVar(&f.count, "count", "", "compute nothing, but count what a GPU would do for a slice: discrete, integrated, or apple (Metal)")
	f.modelFlags.add(cmd.Flags(), "")
	f.deviceFlags.add(cmd.Flags())
	f.deviceFlags.addSIMD(cmd.Flags())
	for _, flag := range []string{"device", "adapter", "threads", "simd", "slices"} {
		cmd.MarkFlagsMutuallyExclusive("count", flag)
	}
	return cmd
}

// run carries out the command.
func (f *benchFlags) run(ctx context.Context, c *console) error {
	if f.slices < 1 {
		return usagef("--slices %d: want at least 1", f.slices)
	}
	if f.objects < 1 || f.objects > maxBenchObjects {
		return usagef("--objects %d: want 1 to %d", f.objects, maxBenchObjects)
	}
	var options slmsam.Options
	if f.memory != "" {
		var err error
		if options.Memory, err = slmsam.ParseMemory(f.memory); err != nil {
			return usageError{err}
		}
	}
	if f.count != "" {
		return f.runCount(ctx, c, options)
	}
	dev, err := f.deviceFlags.open(c)
	if err != nil {
		return err
	}
	defer dev.Close()
	model, err := f.open(dev, c)
	if err != nil {
		return err
	}
	options.Memory = model.Banks(options)
	peak, err := measurePeak(dev)
	if err != nil {
		return err
	}
	dev.ResetPeak()
	timer, err := measureSlices(ctx, model, options, f.slices, f.objects, c)
	if err != nil {
		return err
	}
	memory := dev.Memory().Peak
	after, err := measurePeak(dev) // again, in case something else ran on the machine before
	if err != nil {
		return err
	}
	r := timer.result(max(peak, after))
	r.Device, r.Model, r.Parameters, r.Resolution, r.Memory = dev.Name(), f.model, model.Parameters(), model.Config.ImageSize, options.Memory.String()
	if f.checkpoint != "" {
		r.Model = f.checkpoint
	}
	r.Objects = f.objects
	r.Precision = slmsam.Precision(dev)
	r.DeviceMemory, r.ProcessMemory = memory, processPeak()
	r.PeakMemoryBytes = r.DeviceMemory
	if isCPU(dev) {
		r.PeakMemoryBytes = r.ProcessMemory
	}
	return c.result(r, r.print)
}

// open returns the model of --checkpoint, or one of --model or --config with random weights.
func (f *benchFlags) open(dev backend.Device, c *console) (*slmsam.Model, error) {
	if f.checkpoint != "" {
		m, _, err := openModel(dev, f.modelFlags, c)
		return m, err
	}
	config, err := slmsam.Preset(f.model)
	if err != nil {
		return nil, usageError{err}
	}
	if f.config != "" {
		if config, err = slmsam.ReadConfig(f.config); err != nil {
			return nil, err
		}
	}
	if err := f.resize(&config); err != nil {
		return nil, err
	}
	m, err := slmsam.New(dev, config)
	if err != nil {
		return nil, err
	}
	const seed = 1
	collectOften(m)
	err = m.Initialize(seed)
	m.KeepHalves()
	return m, err
}

// measurePeak returns the highest GFLOP/s that a large matrix product reached in about a second.
func measurePeak(dev backend.Device) (float64, error) {
	const m, k, n = 4096, 256, 4096
	a, b, c := dev.Alloc(m*k), dev.Alloc(k*n), dev.Alloc(m*n)
	defer func() { dev.Free(a); dev.Free(b); dev.Free(c) }()
	dev.Fill(backend.Fill{X: a, N: m * k, Value: 0.5})
	dev.Fill(backend.Fill{X: b, N: k * n, Value: 0.25})
	run := func(times int) (float64, error) {
		t := time.Now()
		for range times {
			dev.MatMul(backend.MatMul{A: a, B: b, C: c, M: m, N: n, K: k, Batch: 1})
		}
		err := dev.Sync()
		return time.Since(t).Seconds() / float64(times), err
	}
	best, err := run(1)
	for started := time.Now(); err == nil && time.Since(started) < time.Second; {
		var seconds float64
		seconds, err = run(max(1, int(0.02/best))) // long enough that the wait at the end does not matter
		best = min(best, seconds)
	}
	return 2 * m * k * n / best / 1e9, err
}

// print prints the result as text.
func (r benchResult) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %.1f M parameters, %d x %d, memory %s\n%s, largest product %.0f GFLOP/s\n", r.Model, float64(r.Parameters)/1e6,
		r.Resolution, r.Resolution, r.Memory, r.Device, r.PeakMatMul)
	if r.Objects > 1 {
		fmt.Fprintf(w, "%d objects\n", r.Objects)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "stage\tseconds\tprocessor\tGFLOP\tGFLOP/s\tof peak\tof slice\t")
	for _, s := range r.Stages {
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%.1f\t%.0f\t%.0f %%\t%.0f %%\t\n", s.Name, s.Seconds, s.Processor, s.GFLOP, s.GFLOPPerSecond, 100*s.FractionOfPeak, 100*s.ShareOfTheSlice)
	}
	t.Flush()
	fmt.Fprintf(w, "%.3f s per slice (median of %d with full banks), peak memory %.2f GB\n", r.SecondsPerSlice, r.Slices, float64(r.PeakMemoryBytes)/1e9)
}
