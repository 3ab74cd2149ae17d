package simd

import "fmt"

const (
	DepthwiseTaps  = 7 // in a row of a kernel; other sizes are not implemented
	DepthwiseGroup = 8 // pixels that are computed at once
)

// depthwise holds the inner loops of depthwise convolutions.
type depthwise struct {
	row      func(groups, rows int, x []float32, ldx int, weight, y []float32, ldy int, from []float32, ldf int)
	gradient func(groups, rows int, dweight, x []float32, ldx int, dy []float32, ldy int)
}

// Depthwise computes a row of pixels with NR channels, for p < 8*groups and k < 7:
//
//	y[p*ldy+c] = from[p*ldf+c] + sum_{r<rows,k} x[r*ldx+(p+k)*NR+c] * weight[(r*7+k)*NR+c]
//
// The sum begins with 0 if from is nil. An ldf of 0 repeats a pixel, such as a bias. from may be y, with ldf = ldy. groups, rows
// >= 1.
func (f *Kernels) Depthwise(groups, rows int, x []float32, ldx int, weight, y []float32, ldy int, from []float32, ldf int) {
	pixels := groups * DepthwiseGroup
	if groups < 1 || rows < 1 || ldx < 0 || ldy < f.NR || ldf < 0 || len(x) < (rows-1)*ldx+(pixels+DepthwiseTaps-1)*f.NR ||
		len(weight) < rows*DepthwiseTaps*f.NR || len(y) < (pixels-1)*ldy+f.NR || from != nil && len(from) < (pixels-1)*ldf+f.NR {
		panic(fmt.Sprintf("simd.Depthwise: got %d groups, %d rows, %d words of x (stride %d), %d of weight, %d of y (stride %d), %d of from (stride %d) for %d channels",
			groups, rows, len(x), ldx, len(weight), len(y), ldy, len(from), ldf, f.NR))
	}
	f.depthwise.row(groups, rows, x, ldx, weight, y, ldy, from, ldf)
}

// DepthwiseGradient adds to the gradients of a row of weights, for p < 8*groups and k < 7:
//
//	dweight[k*NR+c] += sum_{r<rows,p} x[r*ldx+(p+k)*NR+c] * dy[r*ldy+p*NR+c]
//
// groups, rows >= 1.
func (f *Kernels) DepthwiseGradient(groups, rows int, dweight, x []float32, ldx int, dy []float32, ldy int) {
	pixels := groups * DepthwiseGroup
	if groups < 1 || rows < 1 || ldx < 0 || ldy < 0 || len(dweight) < DepthwiseTaps*f.NR ||
		len(x) < (rows-1)*ldx+(pixels+DepthwiseTaps-1)*f.NR || len(dy) < (rows-1)*ldy+pixels*f.NR {
		panic(fmt.Sprintf("simd.DepthwiseGradient: got %d groups, %d rows, %d words of dweight, %d of x (stride %d), %d of dy (stride %d) for %d channels",
			groups, rows, len(dweight), len(x), ldx, len(dy), ldy, f.NR))
	}
	f.depthwise.gradient(groups, rows, dweight, x, ldx, dy, ldy)
}
