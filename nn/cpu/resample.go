package cpu

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Resample implements backend.Kernels.
func (d *Device) Resample(a backend.Resample) {
	a.Check()
	x := d.words(a.X, a.Outer*a.In*a.Inner)
	y := d.words(a.Y, a.Outer*a.Out*a.Inner)
	table := d.words(a.Table, a.Out*(1+a.Taps))
	for i := range a.Out {
		start := table[i*(1+a.Taps)]
		if !(start >= 0 && int(start) < a.In) {
			panic(fmt.Sprintf("cpu.Resample: got %g as Table[%d,0], want 0..%d", start, i, a.In-1))
		}
	}
	vector := !d.plain && a.Inner >= worthwhile
	d.parallel(a.Outer*a.Out, a.Taps*a.Inner, func(lo, hi int) {
		if a.Inner == 1 {
			resampleLine(a, x, y, table, lo, hi)
			return
		}
		for t := lo; t < hi; t++ { // a row [Inner] of Y
			o, i := t/a.Out, t%a.Out
			out := y[t*a.Inner:][:a.Inner]
			if !a.Accumulate {
				clear(out)
			}
			entry := table[i*(1+a.Taps):][:1+a.Taps]
			start := int(entry[0])
			in := x[(o*a.In+start)*a.Inner:]
			for k, w := range entry[1:min(1+a.Taps, 1+a.In-start)] {
				src := in[k*a.Inner:][:len(out)]
				if vector {
					d.kernels.AddScaled(out, w, src)
					continue
				}
				for c := range out {
					out[c] += w * src[c]
				}
			}
		}
	})
}

// resampleLine computes the elements lo..hi-1 of Y if Inner is 1.
func resampleLine(a backend.Resample, x, y, table []float32, lo, hi int) {
	width := 1 + a.Taps
	for lo < hi {
		o, i := lo/a.Out, lo%a.Out
		n := min(hi-lo, a.Out-i) // elements in the same line
		in := x[o*a.In:][:a.In]
		for t := range n {
			entry := table[(i+t)*width:][:width]
			sum := float32(0)
			if a.Accumulate {
				sum = y[lo+t]
			}
			from, weights := in[int(entry[0]):], entry[1:]
			for k, v := range from[:min(len(weights), len(from))] {
				sum += weights[k] * v
			}
			y[lo+t] = sum
		}
		lo += n
	}
}
