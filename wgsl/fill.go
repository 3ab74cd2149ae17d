package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Fill implements backend.Kernels.
func (d *Device) Fill(a backend.Fill) {
	a.Check()
	k := d.kernel("fill.wgsl")
	for _, c := range d.chunks(a.N, 1) {
		d.run(k, c.n, float64(c.n), []span{window(a.X, a.Off+c.start, c.n)},
			params{{"n", c.n}, {"value", a.Value}})
	}
}
