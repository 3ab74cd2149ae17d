package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// patches checks a and returns its operands and the size of the output.
func (d *Device) patches(a backend.Im2Col) (x, cols []float32, oh, ow int) {
	a.Check()
	oh, ow = a.OutSize()
	x = d.words(a.X, a.B*a.H*a.W*a.C)
	cols = d.words(a.Cols, a.B*oh*ow*a.KH*a.KW*a.C)
	return x, cols, oh, ow
}

// inside returns the range lo..hi-1 of taps k of a kernel for which start+k lies in 0..n-1.
func inside(start, kernel, n int) (lo, hi int) {
	return min(max(0, -start), kernel), max(0, min(kernel, n-start))
}

// Im2Col implements backend.Kernels. It copies one kernel row at a time: the part inside the image is contiguous in both X and
// Cols.
func (d *Device) Im2Col(a backend.Im2Col) {
	x, cols, oh, ow := d.patches(a)
	run := a.KW * a.C // words of one kernel row
	d.parallel(a.B*oh, ow*a.KH*run, func(lo, hi int) {
		for t := lo; t < hi; t++ { // an output row
			b, oy := t/oh, t%oh
			for ox := range ow {
				patch := cols[(t*ow+ox)*a.KH*run:][:a.KH*run] // [KH,KW,C]
				x0 := ox*a.Stride - a.Pad
				klo, khi := inside(x0, a.KW, a.W)
				whole := khi-klo == a.KW
				for ky := range a.KH {
					dst := patch[ky*run:][:run]
					y := oy*a.Stride - a.Pad + ky
					if y < 0 || y >= a.H || klo >= khi {
						clear(dst)
						continue
					}
					src := x[((b*a.H+y)*a.W+x0+klo)*a.C:]
					if whole {
						copyRun(dst, src)
						continue
					}
					clear(dst[:klo*a.C])
					copy(dst[klo*a.C:khi*a.C], src)
					clear(dst[khi*a.C:])
				}
			}
		}
	})
}

// copyRun is copy, but faster for a few words.
func copyRun(dst, src []float32) {
	if len(dst) >= worthwhile {
		copy(dst, src)
		return
	}
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = src[i]
	}
}

// Col2Im implements backend.Kernels. It loops over the rows of the image, so that each has one writer.
// It is the adjoint of Cols[(b,oy,ox), (ky,kx,c)] = X[b, oy*Stride-Pad+ky, ox*Stride-Pad+kx, c].
func (d *Device) Col2Im(a backend.Im2Col) {
	x, cols, oh, ow := d.patches(a)
	run := a.KW * a.C
	d.parallel(a.B*a.H, ow*a.KH*run, func(lo, hi int) {
		for t := lo; t < hi; t++ { // a row of X
			b, y := t/a.H, t%a.H
			row := x[t*a.W*a.C:][:a.W*a.C]
			for ky := range a.KH {
				oy := (y + a.Pad - ky) / a.Stride
				if oy*a.Stride != y+a.Pad-ky || oy < 0 || oy >= oh {
					continue
				}
				d.foldRow(a, row, cols[((b*oh+oy)*ow*a.KH+ky)*run:], ow)
			}
		}
	})
}

// foldRow adds a kernel row of ow patches to a row of the image. Adjacent patches overlap, so it takes turns: each turn adds
// patches that do not overlap, which AddRuns can do in any order.
func (d *Device) foldRow(a backend.Im2Col, row, cols []float32, ow int) {
	run, apart := a.KW*a.C, a.KH*a.KW*a.C
	first := min(ceilDiv(a.Pad, a.Stride), ow) // the patches first..end-1 lie inside the image
	end := max(first, min(ow, (a.W+a.Pad-a.KW)/a.Stride+1))
	if d.plain || a.W+a.Pad < a.KW {
		end = first
	}
	for turn, turns := 0, ceilDiv(a.KW, a.Stride); turn < turns && first+turn < end; turn++ {
		ox := first + turn
		d.kernels.AddRuns(ceilDiv(end-ox, turns), run, row[(ox*a.Stride-a.Pad)*a.C:], turns*a.Stride*a.C, cols[ox*apart:], turns*apart)
	}
	for ox := range ow {
		if ox >= first && ox < end {
			continue
		}
		x0 := ox*a.Stride - a.Pad
		if klo, khi := inside(x0, a.KW, a.W); klo < khi {
			addInto(row[(x0+klo)*a.C:(x0+khi)*a.C], cols[ox*apart+klo*a.C:][:(khi-klo)*a.C])
		}
	}
}
