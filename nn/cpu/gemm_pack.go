package cpu

import "github.com/seed-6f79f512/slmsam/nn/cpu/simd"

// packing copies a part of a matrix to a panel [k][width], the layout that a register tile reads: element (i, k)
// goes to dst[k*width+i]. Missing rows i are 0.

// packRows packs rows stored one after the other: element (i, k) is src[i*ld+k], i < rows <= width, k < n.
func packRows(f *simd.Kernels, rows, n int, src []float32, ld int, dst []float32, width int) {
	if rows < width {
		clear(dst[:n*width])
	}
	transpose(f, rows, n, src, ld, dst, width)
}

// transpose sets dst[k*step+i] = src[i*ld+k], i < rows, k < n.
func transpose(f *simd.Kernels, rows, n int, src []float32, ld int, dst []float32, step int) {
	i := 0
	for ; i+4 <= rows; i += 4 {
		f.Pack4(n, src[i*ld:], ld, dst[i:], step)
	}
	if i < rows && rows >= 4 { // the last rows, together with some that are done already
		i = rows - 4
		f.Pack4(n, src[i*ld:], ld, dst[i:], step)
		return
	}
	for ; i < rows; i++ {
		for k, v := range src[i*ld:][:n] {
			dst[k*step+i] = v
		}
	}
}

// packColumns packs rows stored interleaved: element (i, k) is src[k*ld+i], i < rows <= width, k < n.
func packColumns(f *simd.Kernels, rows, n int, src []float32, ld int, dst []float32, width int) {
	switch {
	case rows == f.NR && rows == width:
		f.CopyB(n, src, ld, dst)
		return
	case rows == f.MR && rows == width:
		f.CopyA(n, src, ld, dst)
		return
	case rows < width:
		clear(dst[:n*width])
	}
	for k := range n {
		copy(dst[k*width:][:rows], src[k*ld:])
	}
}
