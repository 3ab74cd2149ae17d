package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// mapWork is the estimated number of operations per element, for a function with an exponential.
const mapWork = 30

// Map implements backend.Kernels.
func (d *Device) Map(a backend.Map) {
	a.Check()
	for _, c := range d.runs(a.N, 1, 0, mapWork) {
		e := elementOf(c.start, c.n)
		k := d.kernel("erf.wgsl+map.wgsl", e.with(accessOf(a.X == a.Y)...)...)
		d.run(k, c.n/e.width, mapWork*float64(c.n),
			[]span{window(a.X, c.start, c.n), window(a.Y, c.start, c.n)},
			params{{"n", c.n / e.width}, {"op", int(a.Op)}, {"accumulate", a.Accumulate}, {"p", a.P}, {"q", a.Q}})
	}
}

// MapBackward implements backend.Kernels.
func (d *Device) MapBackward(a backend.MapBackward) {
	a.Check()
	for _, c := range d.runs(a.N, 1, 0, mapWork) {
		e := elementOf(c.start, c.n)
		d.run(d.kernel("erf.wgsl+mapbackward.wgsl", e.replace...), c.n/e.width, mapWork*float64(c.n),
			[]span{window(a.X, c.start, c.n), window(a.DY, c.start, c.n), window(a.DX, c.start, c.n)},
			params{{"n", c.n / e.width}, {"op", int(a.Op)}, {"overwrite", a.Overwrite}})
	}
}
