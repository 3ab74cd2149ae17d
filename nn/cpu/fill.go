package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Fill implements backend.Kernels.
func (d *Device) Fill(a backend.Fill) {
	a.Check()
	x := d.all(a.X)[a.Off:][:a.N]
	d.parallel(a.N, 1, func(lo, hi int) { fill(x[lo:hi], a.Value) })
}
