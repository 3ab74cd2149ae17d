package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// MaxPool implements backend.Kernels.
func (d *Device) MaxPool(a backend.MaxPool) {
	a.Check()
	oh, ow := a.H/2, a.W/2
	x := d.words(a.X, a.B*a.H*a.W*a.C)
	y := d.words(a.Y, a.B*oh*ow*a.C)
	d.parallel(a.B*oh, 4*ow*a.C, func(lo, hi int) {
		for t := lo; t < hi; t++ { // a row of Y
			top := x[((t/oh)*a.H+t%oh*2)*a.W*a.C:][:2*a.W*a.C]
			for ox := range ow {
				x0, x1 := top[2*ox*a.C:][:2*a.C], top[(a.W+2*ox)*a.C:][:2*a.C] // two rows of the block, [2,C]
				out := y[(t*ow+ox)*a.C:][:a.C]
				if !d.plain && a.C >= worthwhile {
					d.kernels.MaxPool(out, x0, x1)
					continue
				}
				for c := range out {
					out[c] = max(x0[c], x0[c+a.C], x1[c], x1[c+a.C])
				}
			}
		}
	})
}

// MaxPoolBackward implements backend.Kernels.
// Forward: Y[b,y,x,c] = max of X[b,2y..2y+1,2x..2x+1,c].
func (d *Device) MaxPoolBackward(a backend.MaxPoolBackward) {
	a.Check()
	oh, ow := a.H/2, a.W/2
	x := d.words(a.X, a.B*a.H*a.W*a.C)
	dy := d.words(a.DY, a.B*oh*ow*a.C)
	dx := d.words(a.DX, a.B*a.H*a.W*a.C)
	d.parallel(a.B*oh, 4*ow*a.C, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			b, oy := t/oh, t%oh
			for ox := range ow {
				if !d.plain && a.C >= worthwhile {
					top := ((b*a.H+2*oy)*a.W + 2*ox) * a.C
					bottom := top + a.W*a.C
					d.kernels.AddMaxPoolGradient(dx[top:], dx[bottom:], x[top:], x[bottom:], dy[(t*ow+ox)*a.C:][:a.C])
					continue
				}
				for c := range a.C {
					first := ((b*a.H+2*oy)*a.W+2*ox)*a.C + c
					best := first
					for _, i := range [3]int{first + a.C, first + a.W*a.C, first + (a.W+1)*a.C} {
						if x[i] > x[best] {
							best = i
						}
					}
					dx[best] += dy[(t*ow+ox)*a.C+c]
				}
			}
		}
	})
}
