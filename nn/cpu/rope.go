package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// RoPE implements backend.Kernels. With Inverse, it is its own backward pass, because the transpose of a rotation is its inverse.
func (d *Device) RoPE(a backend.RoPE) {
	a.Check()
	x, y := d.words(a.X, a.B*a.N*a.C), d.words(a.Y, a.B*a.N*a.C)
	table := d.words(a.Table, a.Period*a.C)
	sign := float32(1)
	if a.Inverse {
		sign = -1
	}
	d.parallel(a.B*a.N, 2*a.C, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			in, out := x[t*a.C:][:a.C], y[t*a.C:][:a.C]
			n := t % a.N
			if n >= a.Rotated {
				if a.Accumulate {
					addInto(out, in)
				} else {
					copy(out, in)
				}
				continue
			}
			entry := table[n%a.Period*a.C:][:a.C]
			switch {
			case d.plain || a.Accumulate || a.C < worthwhile:
				rotate(out, in, entry, sign, a.Accumulate)
			case a.Inverse:
				d.kernels.RotateBack(out, in, entry)
			default:
				d.kernels.Rotate(out, in, entry)
			}
		}
	})
}

// rotate rotates the channel pairs of x [C] by the angles entry [C/2,2] = (cos, sin), or with sign -1 by the negative angles.
func rotate(y, x, entry []float32, sign float32, accumulate bool) {
	y, entry = y[:len(x)], entry[:len(x)]
	if !accumulate {
		for p := 1; p < len(x); p += 2 {
			cos, sin := entry[p-1], sign*entry[p]
			x0, x1 := x[p-1], x[p]
			y[p-1], y[p] = x0*cos-x1*sin, x0*sin+x1*cos
		}
		return
	}
	for p := 0; p+1 < len(x); p += 2 {
		cos, sin := entry[p], sign*entry[p+1]
		x0, x1 := x[p], x[p+1]
		y[p] += x0*cos - x1*sin
		y[p+1] += x0*sin + x1*cos
	}
}
