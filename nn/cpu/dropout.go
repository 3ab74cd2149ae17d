package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Dropout implements backend.Kernels. It is also its own backward pass.
func (d *Device) Dropout(a backend.Dropout) {
	a.Check()
	x, y := d.words(a.X, a.N), d.words(a.Y, a.N)
	threshold := uint32(math.Ceil(float64(a.Rate) * (1 << 32))) // for integers h: h >= Rate*2^32 exactly if h >= threshold
	scale := 1 / (1 - a.Rate)
	d.parallel(a.N, 8, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			v := float32(0)
			if backend.Hash(a.Seed, uint32(i/a.Group)) >= threshold {
				v = x[i] * scale
			}
			store(&y[i], v, a.Accumulate)
		}
	})
}
