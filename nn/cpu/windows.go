package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Windows implements backend.Kernels.
func (d *Device) Windows(a backend.Windows) {
	a.Check()
	rows, cols := a.Across()
	x, y := d.all(a.X), d.all(a.Y)
	line := a.Side * a.C // words of a line of a window
	d.parallel(a.B*rows*cols*a.Side, line, func(lo, hi int) {
		for t := lo; t < hi; t++ { // a line of a window
			c, r := t/a.Side%cols, t/a.Side/cols%rows
			b, i := t/a.Side/cols/rows, r*a.Side+t%a.Side
			image, n := 0, 0 // where the part of the line inside the image begins, and its length in words
			if i < a.H {
				image, n = ((b*a.H+i)*a.W+c*a.Side)*a.C, min(a.Side, a.W-c*a.Side)*a.C
			}
			var from, to []float32
			if a.Inverse {
				from, to = x[t*line:][:n], y[image:][:n]
			} else {
				from, to = x[image:][:n], y[t*line:][:line]
			}
			if a.Accumulate {
				addInto(to, from)
				continue
			}
			copy(to, from)
			clear(to[n:])
		}
	})
}
