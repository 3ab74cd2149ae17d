package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Resample implements backend.Kernels.
func (d *Device) Resample(a backend.Resample) {
	const op = "Resample"
	positive(op, "Taps, Outer, In, Out, Inner", a.Taps, a.Outer, a.In, a.Out, a.Inner)
	x := d.words(op, "X", a.X, a.Outer*a.In*a.Inner)
	y := d.words(op, "Y", a.Y, a.Outer*a.Out*a.Inner)
	table := d.words(op, "Table", a.Table, a.Out*(1+a.Taps))
	for i := range a.Out {
		start := table[i*(1+a.Taps)]
		check(start >= 0 && int(start) < a.In, op, "got %g as Table[%d,0], want 0..%d", start, i, a.In-1)
	}
	vector := !d.plain && a.Inner >= worthwhile
	d.parallel(a.Outer*a.Out, a.Taps*a.Inner, func(lo, hi int) {
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
