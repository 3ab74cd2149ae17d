package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// moments returns the mean of x and 1/sqrt(variance + eps).
func moments(x []float32, eps float32) (mean, rstd float64) {
	n := float64(len(x))
	mean = sum(x) / n
	var v0, v1 float64
	i := 0
	for ; i+2 <= len(x); i += 2 {
		a, b := float64(x[i])-mean, float64(x[i+1])-mean
		v0 += a * a
		v1 += b * b
	}
	if i < len(x) {
		a := float64(x[i]) - mean
		v0 += a * a
	}
	return mean, 1 / math.Sqrt((v0+v1)/n+float64(eps))
}

// LayerNorm implements backend.Kernels.
func (d *Device) LayerNorm(a backend.LayerNorm) {
	a.Check()
	x := d.words(a.X, a.Rows*a.C)
	y := d.words(a.Y, a.Rows*a.C)
	gamma, beta := d.words(a.Gamma, a.C), d.words(a.Beta, a.C)
	d.parallel(a.Rows, 4*a.C, func(lo, hi int) {
		if !d.plain {
			rows := y[lo*a.C : hi*a.C]
			d.kernels.LayerNorm(rows, x[lo*a.C:], gamma, beta, a.Eps)
			if a.Act == backend.GELU {
				d.kernels.GELU(rows, rows)
			}
			return
		}
		for r := lo; r < hi; r++ {
			in := x[r*a.C:][:len(gamma)]
			out, shift := y[r*a.C:][:len(gamma)], beta[:len(gamma)]
			m, s := moments(in, a.Eps)
			mean, rstd := float32(m), float32(s)
			low := float32(m - float64(mean)) // the rounding error of the mean, which matters if the mean is large
			for c, g := range gamma {
				out[c] = activate(a.Act, (in[c]-mean-low)*rstd*g+shift[c])
			}
		}
	})
}

// The rows are divided into blocks, each with its own sums for DGamma and DBeta, so that the result does not depend on the number
// of threads.
const (
	normBlocks = 64 // the largest number of blocks
	normRows   = 32 // the smallest number of rows in a block, if there are several
)

// LayerNormBackward implements backend.Kernels.
// Forward: Y = xh*Gamma + Beta, xh = (X - mean)/sqrt(var + Eps).
func (d *Device) LayerNormBackward(a backend.LayerNormBackward) {
	a.Check()
	size := a.Rows * a.C
	x, dy := d.words(a.X, size), d.words(a.DY, size)
	gamma := d.words(a.Gamma, a.C)
	dx := d.optional(a.DX, size)
	dgamma, dbeta := d.optional(a.DGamma, a.C), d.optional(a.DBeta, a.C)

	blocks := min(normBlocks, ceilDiv(a.Rows, normRows))
	partial := make([]float64, blocks*2*a.C) // [blocks,2,C]
	d.parallel(blocks, a.Rows/blocks*8*a.C, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			dg, db := partial[2*b*a.C:][:a.C], partial[(2*b+1)*a.C:][:a.C]
			if first, end := b*a.Rows/blocks, (b+1)*a.Rows/blocks; !d.plain && dx != nil {
				d.layerNormBackwardRows(dx[first*a.C:end*a.C], x[first*a.C:], dy[first*a.C:], gamma, dg, db, a.Eps, !a.Overwrite)
				continue
			}
			for r := b * a.Rows / blocks; r < (b+1)*a.Rows/blocks; r++ {
				xr, dyr := x[r*a.C:][:a.C], dy[r*a.C:][:a.C]
				var dxr []float32
				if dx != nil {
					dxr = dx[r*a.C:][:a.C]
					if a.Overwrite {
						clear(dxr)
					}
				}
				layerNormBackwardRow(xr, dyr, gamma, dxr, dg, db, a.Eps)
			}
		}
	})
	if dgamma != nil {
		for b := range blocks {
			addRounded(dgamma, partial[2*b*a.C:][:a.C])
			addRounded(dbeta, partial[(2*b+1)*a.C:][:a.C])
		}
	}
}

// exactRows is the number of rows that are summed in float32, before the sums are added in float64.
const exactRows = 64

// layerNormBackwardRows differentiates rows [n,C] in vector instructions.
func (d *Device) layerNormBackwardRows(dx, x, dy, gamma []float32, dgamma, dbeta []float64, eps float32, add bool) {
	c := len(gamma)
	sums := make([]float32, 2*c)
	for len(dx) > 0 {
		n := min(exactRows*c, len(dx))
		clear(sums)
		d.kernels.LayerNormBackward(dx[:n], sums[:c], sums[c:], x, dy, gamma, eps, add)
		axpy(dgamma, 1, sums[:c])
		axpy(dbeta, 1, sums[c:])
		dx, x, dy = dx[n:], x[n:], dy[n:]
	}
}

// layerNormBackwardRow differentiates a row [C]. dx may be nil.
func layerNormBackwardRow(x, dy, gamma, dx []float32, dgamma, dbeta []float64, eps float32) {
	mean, rstd := moments(x, eps)
	var meanG, meanGX float64 // of g = dY*Gamma and g*xh
	for c, v := range x {
		xh, g := (float64(v)-mean)*rstd, float64(dy[c])
		dgamma[c] += g * xh
		dbeta[c] += g
		g *= float64(gamma[c])
		meanG += g
		meanGX += g * xh
	}
	meanG /= float64(len(x))
	meanGX /= float64(len(x))
	for c := range dx {
		xh, g := (float64(x[c])-mean)*rstd, float64(dy[c])*float64(gamma[c])
		dx[c] += float32((g - meanG - xh*meanGX) * rstd)
	}
}
