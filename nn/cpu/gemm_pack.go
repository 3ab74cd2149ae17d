package cpu

import "github.com/seed-6f79f512/slmsam/nn/cpu/simd"

// packing copies a part of a matrix to a panel [k][width], the layout that a register tile reads: element (i, k)
// goes to dst[k*width+i]. Missing rows i are 0.

// packRows packs rows stored one after the other: element (i, k) is src[i*ld+k], i < rows <= width, k < n.
func packRows(f *simd.Kernels, rows, n int, src []float32, ld int, dst []float32, width int) {
	if rows < width {
		clear(dst[:n*width])
	}
	i := 0
	for ; i+4 <= rows; i += 4 {
		f.Pack4(n, src[i*ld:], ld, dst[i:], width)
	}
	if i < rows && rows >= 4 { // the last rows, together with some that are packed already
		i = rows - 4
		f.Pack4(n, src[i*ld:], ld, dst[i:], width)
		return
	}
	for ; i < rows; i++ {
		for k, v := range src[i*ld:][:n] {
			dst[k*width+i] = v
		}
	}
}

// packColumns packs rows stored interleaved: element (i, k) is src[k*ld+i], i < rows <= width, k < n.
func packColumns(rows, n int, src []float32, ld int, dst []float32, width int) {
	if rows < width {
		clear(dst[:n*width])
	}
	for k := range n {
		copy(dst[k*width:][:rows], src[k*ld:])
	}
}
