package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Resample implements backend.Kernels.
func (d *Device) Resample(a backend.Resample) {
	a.Check()
	work := float64(2 * a.Taps * a.Inner)
	for _, o := range d.runs(a.Outer, max(a.In, a.Out)*a.Inner, 0, work*float64(a.Out)) {
		ins, outs := []chunk{{0, a.In}}, []chunk{{0, a.Out}}
		if o.n == 1 { // even a single item may be too large
			ins, outs = d.chunks(a.In, a.Inner), d.runs(a.Out, a.Inner, 0, work)
		}
		for _, out := range outs {
			for i, in := range ins {
				d.resamplePiece(a, o, in, out, a.Accumulate || i > 0)
			}
		}
	}
}

// resamplePiece computes the rows out of Y from the rows in of X, for the items o. If there is more than one item, these are all
// rows.
func (d *Device) resamplePiece(a backend.Resample, o, in, out chunk, accumulate bool) {
	e := elementOf(a.Inner)
	n := o.n * out.n * a.Inner
	spans := []span{
		window(a.X, (o.start*a.In+in.start)*a.Inner, o.n*in.n*a.Inner),
		window(a.Table, out.start*(1+a.Taps), out.n*(1+a.Taps)),
		window(a.Y, (o.start*a.Out+out.start)*a.Inner, n),
	}
	d.run(d.kernel("resample.wgsl", e.replace...), n/e.width, 2*float64(a.Taps*n), spans,
		params{{"count", n / e.width}, {"first", in.start}, {"rows", in.n}, {"size_out", out.n}, {"inner", a.Inner / e.width},
			{"taps", a.Taps}, {"accumulate", accumulate}})
}
