package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Dot implements backend.Kernels.
func (d *Device) Dot(a backend.Dot) {
	a.Check()
	k := d.kernel("dot.wgsl")
	for _, c := range d.chunks(a.N, 1) {
		segments := ceilDiv(c.n, sumTerms)
		part := d.Alloc(segments)
		d.run(k, segments, float64(2*c.n),
			[]span{window(a.X, c.start, c.n), window(a.Y, c.start, c.n), whole(part)},
			params{{"n", c.n}, {"segments", segments}})
		d.sum(whole(part), window(a.Z, 0, 1), 1, segments, 1, a.P, true)
		d.Free(part)
	}
}
