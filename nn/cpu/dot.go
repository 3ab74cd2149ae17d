package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Dot implements backend.Kernels.
func (d *Device) Dot(a backend.Dot) {
	const op = "Dot"
	positive(op, "N", a.N)
	x, y, z := d.words(op, "X", a.X, a.N), d.words(op, "Y", a.Y, a.N), d.words(op, "Z", a.Z, 1)
	total := make([]float64, 1)
	d.sumBlocks(a.N, 1, total, func(lo, hi int, out []float64) {
		out[0] = dot(x[lo:hi], y[lo:hi])
	})
	z[0] += float32(float64(a.P) * total[0])
}
