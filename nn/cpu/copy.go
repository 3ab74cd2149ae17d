package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Copy implements backend.Kernels.
func (d *Device) Copy(a backend.Copy) {
	a.Check()
	x := d.all(a.X)
	y := d.all(a.Y)
	b := newBlock(a.Dims[:], a.XStride[:], a.YStride[:])
	sx, sy := b.step(0), b.step(1)
	d.parallel(b.size, 1, func(lo, hi int) {
		b.runs(lo, hi, func(n int, off [3]int) {
			xi, yi := a.XOff+off[0], a.YOff+off[1]
			if sx == 1 && sy == 1 {
				if a.Accumulate {
					d.add(y[yi:][:n], x[xi:])
				} else {
					copy(y[yi:], x[xi:xi+n])
				}
				return
			}
			for range n {
				store(&y[yi], x[xi], a.Accumulate)
				xi += sx
				yi += sy
			}
		})
	})
}
