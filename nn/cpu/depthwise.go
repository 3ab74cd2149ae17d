package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// DepthwiseConv implements backend.Kernels.
func (d *Device) DepthwiseConv(a backend.DepthwiseConv) {
	a.Check()
	size := a.B * a.H * a.W * a.C
	x := d.words(a.X, size)
	weight := d.words(a.Weight, a.K*a.K*a.C)
	bias := d.optional(a.Bias, a.C)
	y := d.words(a.Y, size)
	d.parallel(a.B*a.H, a.W*a.K*a.K*a.C, func(lo, hi int) {
		for t := lo; t < hi; t++ { // a row of Y
			for ox := range a.W {
				out := y[(t*a.W+ox)*a.C:][:a.C]
				if bias != nil {
					copy(out, bias)
				} else {
					clear(out)
				}
				d.depthwiseSum(out, x[t/a.H*a.H*a.W*a.C:], weight, t%a.H, ox, a.H, a.W, a.K)
			}
		}
	})
}

// worthwhile is the length from which a row is faster in vector instructions, the call included.
const worthwhile = 16

// addMulRows adds sum_i x[i*C+c]*y[i*C+c], i < n, to out [C].
func (d *Device) addMulRows(n int, out, x, y []float32) {
	c := len(out)
	if d.plain || c < worthwhile {
		for i := range n {
			mulAdd(out, x[i*c:], y[i*c:])
		}
		return
	}
	d.kernels.AddMulRows(n, out, x, c, y, c)
}

// depthwiseSum adds to out [C] the products of the weights [K,K,C] with the neighbors of (y, x) in an image [H,W,C]. Of each row
// of the kernel the part inside the image is one run in both.
func (d *Device) depthwiseSum(out, image, weight []float32, y, x, h, w, k int) {
	c := len(out)
	ylo, yhi := inside(y-k/2, k, h)
	xlo, xhi := inside(x-k/2, k, w)
	for ky := ylo; ky < yhi; ky++ {
		d.addMulRows(xhi-xlo, out, image[((y-k/2+ky)*w+x-k/2+xlo)*c:], weight[(ky*k+xlo)*c:])
	}
}

// DepthwiseConvBackward implements backend.Kernels.
// Forward: Y[b,y,x,c] = Bias[c] + sum X[b, y+ky-K/2, x+kx-K/2, c] * Weight[ky,kx,c].
func (d *Device) DepthwiseConvBackward(a backend.DepthwiseConvBackward) {
	a.Check()
	size := a.B * a.H * a.W * a.C
	dy := d.words(a.DY, size)
	if a.DX != nil { // the same convolution of dY with the kernel turned
		dx := d.words(a.DX, size)
		turned := turnedKernel(d.words(a.Weight, a.K*a.K*a.C), a.C)
		d.parallel(a.B*a.H, a.W*a.K*a.K*a.C, func(lo, hi int) {
			for t := lo; t < hi; t++ {
				for x := range a.W {
					out := dx[(t*a.W+x)*a.C:][:a.C]
					d.depthwiseSum(out, dy[t/a.H*a.H*a.W*a.C:], turned, t%a.H, x, a.H, a.W, a.K)
				}
			}
		})
	}
	if a.DWeight != nil {
		x := d.words(a.X, size)
		dweight := d.words(a.DWeight, a.K*a.K*a.C)
		d.parallel(a.K*a.K, size, func(lo, hi int) {
			for t := lo; t < hi; t++ { // a place in the kernel
				d.depthwiseWeightGrad(dweight[t*a.C:][:a.C], x, dy, t/a.K-a.K/2, t%a.K-a.K/2, a.B, a.H, a.W)
			}
		})
	}
	if a.DBias != nil {
		d.Sum(backend.Sum{X: a.DY, Y: a.DBias, Outer: 1, N: a.B * a.H * a.W, Inner: a.C, P: 1, Accumulate: true})
	}
}

// turnedKernel is the weights [K,K,C] turned by 180 degrees.
func turnedKernel(weight []float32, c int) []float32 {
	turned := make([]float32, len(weight))
	for i := 0; i < len(weight); i += c {
		copy(turned[len(weight)-c-i:], weight[i:i+c])
	}
	return turned
}

// depthwiseWeightGrad adds sum_{b,y,x} X[b,y+sy,x+sx,:] * dY[b,y,x,:] to out [C], for one shift (sy, sx).
func (d *Device) depthwiseWeightGrad(out, x, dy []float32, sy, sx, batch, h, w int) {
	c := len(out)
	acc, row := make([]float64, c), make([]float32, c)
	lo, hi := max(0, -sx), min(w, w-sx)
	if lo >= hi {
		return
	}
	for b := range batch {
		for y := max(0, -sy); y < min(h, h-sy); y++ {
			g, at := dy[(b*h+y)*w*c:][:w*c], ((b*h+y+sy)*w+sx)*c
			if d.plain {
				for xx := lo; xx < hi; xx++ {
					for i := range acc {
						acc[i] += float64(x[at+xx*c+i]) * float64(g[xx*c+i])
					}
				}
				continue
			}
			clear(row) // a row is summed in float32
			d.addMulRows(hi-lo, row, x[at+lo*c:], g[lo*c:])
			axpy(acc, 1, row)
		}
	}
	addRounded(out, acc)
}
