package wgsl

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Dropout implements backend.Kernels.
func (d *Device) Dropout(a backend.Dropout) {
	a.Check()
	k := d.kernel("dropout.wgsl")
	threshold := uint32(math.Ceil(float64(a.Rate) * (1 << 32)))
	for _, c := range d.chunks(a.N, 1) {
		d.run(k, c.n, float64(20*c.n), []span{window(a.X, c.start, c.n), window(a.Y, c.start, c.n)},
			params{{"n", c.n}, {"first", c.start}, {"group", a.Group}, {"seed", a.Seed}, {"threshold", threshold},
				{"accumulate", a.Accumulate}, {"scale", 1 / (1 - a.Rate)}})
	}
}
