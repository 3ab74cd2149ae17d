package main

import (
	"context"
	"slices"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/cputime"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
)

// maxBenchObjects is the largest number of discs that fit side by side.
const maxBenchObjects = 64

// synthetic describes a textured volume of n slices of side x side pixels, through which bright discs drift, one per object.
// They are outlined on slice 0.
type synthetic struct{ n, side, objects int }

// slices generates the volume.
func (s synthetic) slices() slmsam.Slices {
	v := &volume.Volume{Dim: [3]int{s.side, s.side, s.n}}
	for i := range s.n {
		slice := make([]float32, s.side*s.side)
		for p := range slice {
			slice[p] = float32(40 + (p*2654435761>>16)&31)
		}
		for object := range s.objects {
			for p, on := range s.disc(object, i) {
				if on {
					slice[p] += 100
				}
			}
		}
		v.Data = append(v.Data, slice...)
	}
	return slmsam.Slices{Volume: v, Axis: 2, Window: volume.Window{Lo: 0, Hi: 255}}
}

// prompts returns the outlines of the objects on slice 0.
func (s synthetic) prompts() (out []slmsam.Prompt) {
	for object := range s.objects {
		out = append(out, slmsam.Prompt{Object: object + 1, Mask: s.disc(object, 0)})
	}
	return out
}

// disc returns the mask of an object on slice i. The discs are arranged in rows and columns of equal squares.
func (s synthetic) disc(object, i int) []bool {
	across := 1
	for across*across < s.objects {
		across++
	}
	cell := s.side / across
	out := make([]bool, s.side*s.side)
	cx, cy, r := object%across*cell+cell/2+2*i, object/across*cell+cell/2-i, cell/6
	for p := range out {
		dx, dy := p%s.side-cx, p/s.side-cy
		out[p] = dx*dx+dy*dy <= r*r
	}
	return out
}

// stageTimer measures the time of each stage that Model.Trace reports.
type stageTimer struct {
	at        time.Time
	flop      float64
	processor float64
	err       error
	order     []string          // of the stages
	now       map[string]sample // since the last slice, by stage
	slice     int
	slices    []sliceSample
	steady    int // number of slices to measure, the last ones
}

// sample is what a stage took: seconds, floating-point operations, and processor seconds.
type sample struct{ seconds, flop, processor float64 }

// sliceSample is the time of a slice, summed over all groups of objects.
type sliceSample struct {
	seconds float64
	stages  map[string]sample
}

// end ends a stage.
func (t *stageTimer) end(g *nn.Graph, stage string) {
	if err := g.Sync(); err != nil && t.err == nil {
		t.err = err
	}
	now, processor := time.Now(), cputime.Seconds()
	if !slices.Contains(t.order, stage) {
		t.order = append(t.order, stage)
	}
	s := t.now[stage]
	t.now[stage] = sample{s.seconds + now.Sub(t.at).Seconds(), s.flop + g.FLOP - t.flop, s.processor + processor - t.processor}
	t.at, t.flop, t.processor = now, g.FLOP, processor
}

// next ends a slice or, with several groups of objects, one group on it.
func (t *stageTimer) next(slice int, seconds float64) {
	if len(t.slices) == 0 || slice != t.slice {
		t.slices = append(t.slices, sliceSample{stages: map[string]sample{}})
	}
	last := &t.slices[len(t.slices)-1]
	last.seconds += seconds
	for stage, s := range t.now {
		sum := last.stages[stage]
		last.stages[stage] = sample{sum.seconds + s.seconds, sum.flop + s.flop, sum.processor + s.processor}
	}
	clear(t.now)
	t.slice = slice
}

// measureSlices propagates from slice 0 forward until the banks are full, and then measures n more slices.
func measureSlices(ctx context.Context, m *slmsam.Model, o slmsam.Options, n, objects int, c *console) (*stageTimer, error) {
	t := &stageTimer{steady: n, now: map[string]sample{}}
	started := time.Now()
	t.at = started
	err := runSlices(ctx, m, o, n, objects, c, t.end, func(slice int) error {
		now := time.Now()
		t.next(slice, now.Sub(started).Seconds())
		started, t.at, t.processor = now, now, cputime.Seconds()
		return t.err
	})
	return t, err
}

// runSlices propagates from slice 0 forward until the banks are full and n more slices are done. It calls end after each stage,
// and next after each slice, once for every group of objects.
func runSlices(ctx context.Context, m *slmsam.Model, o slmsam.Options, n, objects int, c *console, end func(*nn.Graph, string), next func(slice int) error) error {
	s := synthetic{max(o.Memory.Long, o.Memory.Short, 1) + n, 512, objects}
	o.Direction, o.Untrained = slmsam.Forward, true
	m.Trace = end
	defer func() { m.Trace = nil }()
	bar := c.progress("slices", false)
	defer bar.close()
	_, err := m.Segment(ctx, slmsam.Request{Slices: s.slices(), Prompts: s.prompts(), Options: o,
		Progress: func(p slmsam.Progress) error {
			bar.set(int64(p.Done), int64(p.Total))
			return next(p.Slice)
		}})
	return err
}

// result returns the medians over the measured slices; peak is in GFLOP/s.
func (t *stageTimer) result(peak float64) benchResult {
	r := benchResult{PeakMatMul: peak, FirstSliceSecond: t.slices[0].seconds}
	measured := t.slices[len(t.slices)-t.steady:]
	medianOf := func(of func(sliceSample) float64) float64 {
		var v []float64
		for _, s := range measured {
			v = append(v, of(s))
		}
		return median(v)
	}
	r.Slices = len(measured)
	r.SecondsPerSlice = medianOf(func(s sliceSample) float64 { return s.seconds })
	for _, name := range t.order {
		st := benchStage{Name: name, GFLOP: medianOf(func(s sliceSample) float64 { return s.stages[name].flop }) / 1e9,
			Seconds:   medianOf(func(s sliceSample) float64 { return s.stages[name].seconds }),
			Processor: medianOf(func(s sliceSample) float64 { return s.stages[name].processor })}
		st.GFLOPPerSecond = st.GFLOP / st.Seconds
		st.FractionOfPeak = st.GFLOPPerSecond / peak
		st.ShareOfTheSlice = st.Seconds / r.SecondsPerSlice
		r.GFLOPPerSlice += st.GFLOP
		r.Stages = append(r.Stages, st)
	}
	return r
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
