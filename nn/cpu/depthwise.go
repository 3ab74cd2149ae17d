package cpu

import (
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// DepthwiseConv implements backend.Kernels.
func (d *Device) DepthwiseConv(a backend.DepthwiseConv) {
	a.Check()
	size := a.B * a.H * a.W * a.C
	x := d.words(a.X, size)
	weight := d.words(a.Weight, a.K*a.K*a.C)
	bias := d.optional(a.Bias, a.C)
	y := d.words(a.Y, size)
	if d.fastDepthwise(a.K) {
		d.depthwiseFast(depthwise{x: x, y: y, bias: bias, weight: weight, batch: a.B, h: a.H, w: a.W, c: a.C})
		return
	}
	d.parallel(a.B*a.H, a.W*a.K*a.K*a.C, func(lo, hi int) {
		for t := lo; t < hi; t++ { // a row of Y
			for ox := range a.W {
				out := y[(t*a.W+ox)*a.C:][:a.C]
				if bias != nil {
					copy(out, bias)
				} else {
					clear(out)
				}
				depthwiseSum(out, x[t/a.H*a.H*a.W*a.C:], weight, t%a.H, ox, a.H, a.W, a.K)
			}
		}
	})
}

// fastDepthwise reports whether there is a fast version for kernels of size k: for 7, the only size in the models.
func (d *Device) fastDepthwise(k int) bool { return !d.plain && k == simd.DepthwiseTaps }

// depthwiseSum adds to out [C] the sum of weight [K,K,C] times the pixels around (y, x) in an image [H,W,C].
func depthwiseSum(out, image, weight []float32, y, x, h, w, k int) {
	c := len(out)
	ylo, yhi := inside(y-k/2, k, h)
	xlo, xhi := inside(x-k/2, k, w)
	for ky := ylo; ky < yhi; ky++ {
		for kx := xlo; kx < xhi; kx++ {
			mulAdd(out, image[((y-k/2+ky)*w+x-k/2+kx)*c:], weight[(ky*k+kx)*c:])
		}
	}
}

// DepthwiseConvBackward implements backend.Kernels.
// Forward: Y[b,y,x,c] = Bias[c] + sum X[b, y+ky-K/2, x+kx-K/2, c] * Weight[ky,kx,c].
func (d *Device) DepthwiseConvBackward(a backend.DepthwiseConvBackward) {
	a.Check()
	if a.DX != nil {
		d.depthwiseInputGrad(a)
	}
	if a.DWeight != nil {
		d.depthwiseWeightGrad(a)
	}
	if a.DBias != nil {
		d.Sum(backend.Sum{X: a.DY, Y: a.DBias, Outer: 1, N: a.B * a.H * a.W, Inner: a.C, P: 1, Accumulate: true})
	}
}

// depthwiseInputGrad adds to DX the convolution of dY with the kernel rotated by 180 degrees.
func (d *Device) depthwiseInputGrad(a backend.DepthwiseConvBackward) {
	size := a.B * a.H * a.W * a.C
	dy, dx := d.words(a.DY, size), d.words(a.DX, size)
	weight := d.words(a.Weight, a.K*a.K*a.C)
	rotated := make([]float32, len(weight))
	for i := 0; i < len(weight); i += a.C {
		copy(rotated[len(weight)-a.C-i:], weight[i:i+a.C])
	}
	if d.fastDepthwise(a.K) {
		d.depthwiseFast(depthwise{x: dy, y: dx, add: true, weight: rotated, batch: a.B, h: a.H, w: a.W, c: a.C})
		return
	}
	d.parallel(a.B*a.H, a.W*a.K*a.K*a.C, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			for x := range a.W {
				out := dx[(t*a.W+x)*a.C:][:a.C]
				depthwiseSum(out, dy[t/a.H*a.H*a.W*a.C:], rotated, t%a.H, x, a.H, a.W, a.K)
			}
		}
	})
}

// depthwiseWeightGrad adds the gradient to DWeight.
func (d *Device) depthwiseWeightGrad(a backend.DepthwiseConvBackward) {
	size := a.B * a.H * a.W * a.C
	x, dy := d.words(a.X, size), d.words(a.DY, size)
	dweight := d.words(a.DWeight, a.K*a.K*a.C)
	if d.fastDepthwise(a.K) {
		d.depthwiseWeightGradFast(dweight, dy, depthwise{x: x, batch: a.B, h: a.H, w: a.W, c: a.C})
		return
	}
	d.parallel(a.K*a.K, size, func(lo, hi int) {
		for t := lo; t < hi; t++ { // a tap of the kernel
			tapGrad(dweight[t*a.C:][:a.C], x, dy, t/a.K-a.K/2, t%a.K-a.K/2, a.B, a.H, a.W)
		}
	})
}

// tapGrad adds sum_{b,y,x} X[b,y+sy,x+sx,:] * dY[b,y,x,:] to out [C], for the tap at shift (sy, sx).
func tapGrad(out, x, dy []float32, sy, sx, batch, h, w int) {
	c := len(out)
	acc := make([]float64, c)
	for b := range batch {
		for y := max(0, -sy); y < min(h, h-sy); y++ {
			g, at := dy[(b*h+y)*w*c:][:w*c], ((b*h+y+sy)*w+sx)*c
			for xx := max(0, -sx); xx < min(w, w-sx); xx++ {
				for i := range acc {
					acc[i] += float64(x[at+xx*c+i]) * float64(g[xx*c+i])
				}
			}
		}
	}
	addRounded(out, acc)
}
