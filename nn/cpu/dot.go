package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Dot implements backend.Kernels.
func (d *Device) Dot(a backend.Dot) {
	a.Check()
	x, y, z := d.words(a.X, a.N), d.words(a.Y, a.N), d.words(a.Z, 1)
	total := make([]float64, 1)
	d.sumBlocks(a.N, 1, total, func(lo, hi int, out []float64) {
		out[0] = dot(x[lo:hi], y[lo:hi])
	})
	z[0] += float32(float64(a.P) * total[0])
}
