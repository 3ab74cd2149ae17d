package cpu

import "github.com/seed-6f79f512/slmsam/nn/cpu/simd"

// Packing copies a part of a matrix to a panel [k][width], the layout in which a register tile reads it: element (i, k) goes to
// dst[k*width+i]. Missing rows i are 0. For kernels that round to bfloat16, a word of a panel holds two steps of k.

// packRows packs rows stored one after the other: element (i, k) is src[i*ld+k], i < rows <= width, k < n.
func packRows(f *simd.Kernels, rows, n int, src []float32, ld int, dst []float32, width int) {
	if rows < width {
		clear(dst[:f.Words(n)*width])
	}
	if f.Rounds() {
		transposePairs(f, rows, n, src, ld, dst, width)
		return
	}
	transpose(f, rows, n, src, ld, dst, width)
}

// transpose sets dst[k*step+i] = src[i*ld+k], i < rows, k < n.
func transpose(f *simd.Kernels, rows, n int, src []float32, ld int, dst []float32, step int) {
	i := 0
	for ; i+4 <= rows; i += 4 {
		f.Pack4(n, src[i*ld:], ld, dst[i:], step)
	}
	if i < rows && rows >= 4 { // the last rows, and again some that are already done
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

// transposePairs sets dst[k*step+i] = (src[i*ld+2k], src[i*ld+2k+1]), i < rows, 2k < n, rounded.
func transposePairs(f *simd.Kernels, rows, n int, src []float32, ld int, dst []float32, step int) {
	i := 0
	for ; i+4 <= rows; i += 4 {
		f.Pair4(n, src[i*ld:], ld, dst[i:], step)
	}
	if i < rows && rows >= 4 {
		i = rows - 4
		f.Pair4(n, src[i*ld:], ld, dst[i:], step)
		return
	}
	for ; i < rows; i++ { // fewer than 4 rows in all
		row := src[i*ld:][:n]
		for k := 0; k < n; k += 2 {
			var odd float32
			if k+1 < n {
				odd = row[k+1]
			}
			dst[k/2*step+i] = simd.Pair(row[k], odd)
		}
	}
}

// packColumns packs rows stored interleaved: element (i, k) is src[k*ld+i], i < rows <= width, k < n. width is MR or NR.
func packColumns(f *simd.Kernels, rows, n int, src []float32, ld int, dst []float32, width int) {
	switch {
	case f.Rounds() && width == f.NR:
		f.PairB(n, rows, src, ld, dst)
		return
	case f.Rounds():
		f.PairA(n, rows, src, ld, dst)
		return
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

// packRowPanels packs rows of n words each into panels [n][width].
func packRowPanels(f *simd.Kernels, src []float32, ld, rows, n int, dst []float32, width int) {
	for i := 0; i < rows; i += width {
		packRows(f, min(width, rows-i), n, src[i*ld:], ld, dst[i*f.Words(n):], width)
	}
}

// packColumnPanels packs the first columns of n rows into panels [n][width].
func packColumnPanels(f *simd.Kernels, src []float32, ld, columns, n int, dst []float32, width int) {
	for i := 0; i < columns; i += width {
		packColumns(f, min(width, columns-i), n, src[i:], ld, dst[i*f.Words(n):], width)
	}
}

// foldPanel makes a panel s [n][NR] of computed numbers an operand of a tile: if f rounds, it rounds them to pairs.
func foldPanel(f *simd.Kernels, n int, s []float32) {
	if f.Rounds() {
		f.PairB(n, f.NR, s, f.NR, s)
	}
}

// multiplyPanels computes c (+)= A b for the first rows of A, which is packed in panels [k][MR]; b is [k][NR] and c is [rows][NR].
func multiplyPanels(f *simd.Kernels, rows, k int, a, b, c []float32, add bool) {
	words := f.Words(k)
	for i := 0; i < rows; i += f.MR {
		f.Tile(words, a[i*words:], b, c[i*f.NR:], f.NR, add)
	}
}
