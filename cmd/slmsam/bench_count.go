package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/wgsl"
)

// countResult is the result of slmsam bench --count, as --json prints it: the work of a GPU for a slice with full banks.
type countResult struct {
	Kind       string      `json:"kind"` // of GPU
	Precision  string      `json:"precision"`
	Model      string      `json:"model"`
	Resolution int         `json:"resolution"`
	Memory     string      `json:"memory"`
	Objects    int         `json:"objects"`
	PeakMemory int64       `json:"device_memory_bytes"`
	Slice      countRow    `json:"slice"`  // with its kernels, those that move the most bytes first
	Stages     []countRow  `json:"stages"` // the same
	Cards      []cardFloor `json:"cards"`
}

// countRow is the work for a slice, a stage or a kernel.
type countRow struct {
	Name         string  `json:"name"`
	Dispatches   int     `json:"dispatches"`
	Submissions  int     `json:"submissions,omitempty"`
	Readbacks    int     `json:"readbacks,omitempty"`
	GFLOP        float64 `json:"gflop"`
	BytesRead    int64   `json:"bytes_read"` // of operands, by kernels; each once per launch
	BytesWritten int64   `json:"bytes_written"`
	BytesSent    int64   `json:"bytes_sent,omitempty"` // by the host
	BytesGot     int64   `json:"bytes_got,omitempty"`

	Kernels []countRow `json:"kernels,omitempty"`
}

// counter reads the device's tally after each stage. It does not wait for the device, which would change its submissions.
type counter struct {
	dev   *wgsl.Device
	last  wgsl.Tally
	order []string              // of the stages
	now   map[string]wgsl.Tally // since the last call of next, by stage
	whole map[string]wgsl.Tally // of the last slice, over all groups of objects
	slice int
}

// betweenStages names the work between the last stage of a slice and the first stage of the next.
const betweenStages = "other"

// end ends a stage.
func (t *counter) end(_ *nn.Graph, stage string) {
	now := t.dev.Tally()
	if !slices.Contains(t.order, stage) {
		t.order = append(t.order, stage)
	}
	t.now[stage] = t.now[stage].Plus(now.Since(t.last))
	t.last = now
}

// next ends a slice or, with several groups of objects, one group on it.
func (t *counter) next(slice int) error {
	t.end(nil, betweenStages)
	if slice != t.slice {
		clear(t.whole)
	}
	for stage, tally := range t.now {
		t.whole[stage] = t.whole[stage].Plus(tally)
	}
	clear(t.now)
	t.slice = slice
	return nil
}

// runCount carries out bench --count: it counts the work for the last slice of a propagation.
func (f *benchFlags) runCount(ctx context.Context, c *console, options slmsam.Options) error {
	info, ok := countKinds[f.count]
	if !ok {
		return usagef("--count %q: want discrete, integrated or apple", f.count)
	}
	if f.Precision != "f32" && f.Precision != "f16" {
		return usagef("--count --precision %s: want f32 or f16", f.Precision)
	}
	dev, err := wgsl.Counting(info, wgsl.Options{Halves: f.Precision == "f16"})
	if err != nil {
		return err
	}
	defer dev.Close()
	model, err := f.open(dev, c)
	if err != nil {
		return err
	}
	options.Memory = model.Banks(options)
	dev.ResetPeak()
	t := &counter{dev: dev, now: map[string]wgsl.Tally{}, whole: map[string]wgsl.Tally{}}
	if err := runSlices(ctx, model, options, 1, f.objects, c, t.end, t.next); err != nil {
		return err
	}
	r := t.result()
	r.Cards = floors(f.count, r.Slice)
	r.PeakMemory, r.Precision = dev.Memory().Peak, dev.Precision()
	r.Kind, r.Model, r.Resolution, r.Memory, r.Objects = f.count, f.model, model.Config.ImageSize, options.Memory.String(), f.objects
	if f.checkpoint != "" {
		r.Model = f.checkpoint
	}
	return c.result(r, r.print)
}

// result returns the tallies of the last slice as rows.
func (t *counter) result() (r countResult) {
	var slice wgsl.Tally
	for _, stage := range t.order {
		tally := t.whole[stage]
		slice = slice.Plus(tally)
		if stage != betweenStages || tally.All().Dispatches > 0 || tally.Readbacks > 0 {
			r.Stages = append(r.Stages, stageRow(stage, tally))
		}
	}
	r.Slice = stageRow("slice", slice)
	return r
}

// kernelRow returns the tally of a kernel as a row.
func kernelRow(name string, k wgsl.KernelTally) countRow {
	return countRow{Name: name, Dispatches: k.Dispatches, GFLOP: k.FLOP / 1e9, BytesRead: k.Read, BytesWritten: k.Written}
}

// stageRow returns the tally of a stage as a row with its kernels.
func stageRow(name string, t wgsl.Tally) countRow {
	r := kernelRow(name, t.All())
	r.Submissions, r.Readbacks, r.BytesSent, r.BytesGot = t.Submissions, t.Readbacks, t.Sent, t.Got
	for kernel, k := range t.Kernels {
		r.Kernels = append(r.Kernels, kernelRow(kernel, k))
	}
	slices.SortFunc(r.Kernels, func(a, b countRow) int {
		return cmp.Or(cmp.Compare(b.BytesRead+b.BytesWritten, a.BytesRead+a.BytesWritten), cmp.Compare(a.Name, b.Name))
	})
	return r
}

// print prints the counts as text.
func (r countResult) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d x %d, memory %s, objects: %d, %s. Counted for a GPU (%s), not computed; %.2f GB would be in use\n",
		r.Model, r.Resolution, r.Resolution, r.Memory, r.Objects, r.Precision, r.Kind, float64(r.PeakMemory)/1e9)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "stage\tdispatches\tsubmissions\treadbacks\tGFLOP\tMB read\tMB written\tMB sent\tMB got\t")
	for _, s := range append(slices.Clip(r.Stages), r.Slice) {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%.1f\t%.0f\t%.0f\t%.1f\t%.1f\t\n", s.Name, s.Dispatches, s.Submissions, s.Readbacks, s.GFLOP,
			float64(s.BytesRead)/1e6, float64(s.BytesWritten)/1e6, float64(s.BytesSent)/1e6, float64(s.BytesGot)/1e6)
	}
	t.Flush()
	fmt.Fprintln(w)
	fmt.Fprintln(t, "kernel\tdispatches\tGFLOP\tMB read\tMB written\t")
	for _, k := range r.Slice.Kernels {
		fmt.Fprintf(t, "%s\t%d\t%.1f\t%.0f\t%.0f\t\n", k.Name, k.Dispatches, k.GFLOP, float64(k.BytesRead)/1e6, float64(k.BytesWritten)/1e6)
	}
	t.Flush()
	fmt.Fprintln(w, "\nFloors for some cards, milliseconds per slice: the longer of arithmetic and memory, then the dispatches. Calculated, not measured")
	fmt.Fprintln(t, "card\tTFLOP/s\tGB/s\tarithmetic\tmemory\tdispatches\tat least\t")
	for _, f := range r.Cards {
		fmt.Fprintf(t, "%s\t%.1f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t\n", f.Card, f.TFLOPS, f.Bandwidth, 1e3*f.Arithmetic, 1e3*f.Memory, 1e3*f.Dispatches, 1e3*f.Seconds)
	}
	t.Flush()
}
