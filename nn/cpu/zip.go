package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Zip implements backend.Kernels.
func (d *Device) Zip(a backend.Zip) {
	a.Check()
	x := d.all(a.X)
	y := d.all(a.Y)
	z := d.words(a.Z, a.Dims[0]*a.Dims[1]*a.Dims[2])
	b := newBlock(a.Dims[:], a.XStride[:], a.YStride[:], []int{a.Dims[1] * a.Dims[2], a.Dims[2], 1})
	sx, sy := b.step(0), b.step(1)
	d.parallel(b.size, 2, func(lo, hi int) {
		b.runs(lo, hi, func(n int, off [3]int) {
			xi, yi, out := a.XOff+off[0], a.YOff+off[1], z[off[2]:][:n]
			if sx == 1 && sy == 1 && d.zipRun(a, out, x[xi:], y[yi:]) {
				return
			}
			for i := range out {
				var v float32
				if a.Op == backend.ZipAdd {
					v = a.P*x[xi] + a.Q*y[yi]
				} else {
					v = a.P * x[xi] * y[yi]
				}
				store(&out[i], v, a.Accumulate)
				xi += sx
				yi += sy
			}
		})
	})
}

// zipRun combines contiguous runs in vector instructions. It returns false if there is no such function.
func (d *Device) zipRun(a backend.Zip, z, x, y []float32) bool {
	f := &d.kernels
	switch {
	case d.plain:
		return false
	case a.Op == backend.ZipAdd && !a.Accumulate && a.P == 1 && a.Q == 1:
		f.Add(z, x, y)
	case a.Op == backend.ZipAdd && !a.Accumulate:
		f.Blend(z, a.P, x, a.Q, y)
	case a.Op == backend.ZipMul && a.Accumulate && a.P == 1:
		f.AddMul(z, x, y)
	case a.Op == backend.ZipMul && !a.Accumulate && a.P == 1:
		f.Mul(z, x, y)
	default:
		return false
	}
	return true
}
