package kerneltimes

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Time is what one kernel took, for one shape or for all of them.
type Time struct {
	Kernel  string  `json:"kernel"`
	Shape   string  `json:"shape,omitempty"`
	Calls   int     `json:"calls"`
	Seconds float64 `json:"seconds"`
	GFLOP   float64 `json:"gflop"`
}

// Shapes lists kernels by shape, those that took longest first.
func (d *Device) Shapes() []Time {
	return longestFirst(slices.Collect(maps.Values(d.times())))
}

// times adds up what was spent here and in the parts. These run at the same time, so each counts as its share of them.
func (d *Device) times() map[call]Time {
	sum := map[call]Time{}
	add := func(of *Device, share float64) {
		for key, t := range of.spent {
			s := sum[key]
			s.Kernel, s.Shape, s.Calls = t.Kernel, t.Shape, s.Calls+t.Calls
			s.Seconds, s.GFLOP = s.Seconds+share*t.Seconds, s.GFLOP+t.GFLOP
			sum[key] = s
		}
	}
	add(d, 1)
	for _, p := range d.parts {
		add(p, 1/float64(len(d.parts)))
	}
	return sum
}

// Kernels lists kernels, all shapes together, those that took longest first.
func (d *Device) Kernels() []Time {
	var all []Time
	for _, t := range d.times() {
		i := slices.IndexFunc(all, func(o Time) bool { return o.Kernel == t.Kernel })
		if i < 0 {
			i, all = len(all), append(all, Time{Kernel: t.Kernel})
		}
		all[i].Calls += t.Calls
		all[i].Seconds += t.Seconds
		all[i].GFLOP += t.GFLOP
	}
	return longestFirst(all)
}

func longestFirst(times []Time) []Time {
	slices.SortFunc(times, func(a, b Time) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Kernel, b.Kernel), cmp.Compare(a.Shape, b.Shape))
	})
	return times
}

// Print writes times as a table: calls and milliseconds per repetition, share of all, GFLOP, share of a peak in GFLOP/s.
func Print(w io.Writer, times []Time, repetitions int, peak float64) {
	total, n := 0.0, float64(repetitions)
	for _, t := range times {
		total += t.Seconds
	}
	fmt.Fprintf(w, "%8s %9s %6s %8s %6s  %s\n", "calls", "ms", "time", "GFLOP", "peak", "kernel")
	for _, t := range times {
		work, share := "", ""
		if t.GFLOP > 0 {
			work, share = fmt.Sprintf("%.2f", t.GFLOP/n), fmt.Sprintf("%.0f %%", 100*t.GFLOP/t.Seconds/peak)
		}
		name := t.Kernel
		if t.Shape != "" {
			name += "  " + t.Shape
		}
		fmt.Fprintf(w, "%8.1f %9.2f %4.1f %% %8s %6s  %s\n", float64(t.Calls)/n, 1000*t.Seconds/n, 100*t.Seconds/total, work, share, name)
	}
}
