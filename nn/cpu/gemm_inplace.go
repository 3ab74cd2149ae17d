package cpu

import (
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// inPlace says which operands of a product are read or written where they lie, without packing. Packing is work too, which pays
// only if many tiles read the panel.
type inPlace struct {
	a, b, c bool
}

// begin is what the sums of tiles that are written to C directly begin with. The rest of the epilogue follows.
type begin int

const (
	fromZero begin = iota
	fromC          // for C += .., and for a residual that is C itself
	fromBias
)

// chooseBegin returns what the sums of p begin with.
func (p *product) chooseBegin() begin {
	switch {
	case p.accumulate || p.residual != nil && &p.residual[0] == &p.c[0]:
		return fromC
	case p.bias != nil:
		return fromBias
	}
	return fromZero
}

// start is what the sums of a tile begin with: rows of words, ld words apart. The zero value means zeros.
type start struct {
	from []float32
	ld   int
}

// directStart returns what a tile at word at of C begins with, in its first block of K.
func (t *tile) directStart(at int) start {
	switch {
	case t.k0 > 0 || t.begin == fromC:
		return start{t.c[at:], t.n}
	case t.begin == fromBias:
		return start{t.bias[at%t.n:], 0}
	}
	return start{}
}

const (
	// fewColumns is the largest number of columns of C for which A is read in place.
	fewColumns = 256
	// fewRows is the largest number of rows of C for which B is read in place.
	fewRows = 128
	// crowded: rows that are a multiple of this many words apart compete for the same sets of the first-level cache.
	crowded = 256
)

// chooseInPlace depends on sizes alone. Operands that have to be rounded are always packed.
func (p *product) chooseInPlace(f *simd.Kernels) inPlace {
	var u inPlace
	u.a = f.Fold == 1 && p.n <= fewColumns && (!p.a.interleaved || p.a.ld%crowded != 0)
	u.b = f.Fold == 1 && p.m <= fewRows && p.b.interleaved && p.b.ld%crowded != 0
	u.c = p.chooseBegin() != fromC || p.act == backend.Identity
	return u
}

// direct reports whether the tile at row i of the block and panel j is written to C directly, which requires that all of it lies
// in C.
func (t *tile) direct(f *simd.Kernels, i, j int) bool {
	return t.inPlace.c && i+f.MR <= t.rows && t.col+(j+1)*f.NR <= t.n
}

// packA packs n steps of K, from k on, of the rows that are not used in place.
func (t *tile) packA(f *simd.Kernels, k, n int, packed []float32) {
	for i := 0; i < t.rows; i += f.MR {
		if rows := min(f.MR, t.rows-i); rows < f.MR || !t.inPlace.a {
			t.a.pack(f, t.row+i, rows, t.k0+k, n, packed[i*n:], f.MR)
		}
	}
}

// multiply computes the tile at row i of the block and panel j, over n steps of K from k on.
func (t *tile) multiply(f *simd.Kernels, i, j, k, n int, packed, slab, c []float32, ldc int, s start) {
	a, row, step := packed[i*n:], 1, f.MR
	aInPlace := t.inPlace.a && i+f.MR <= t.rows
	if aInPlace {
		a, row, step = t.a.view(t.row+i, t.k0+k)
	}
	b, ldb := slab[(j*t.depth+k)*f.NR:], f.NR // a panel is [depth][NR], whatever the block of K
	bInPlace := t.inPlace.b && t.col+(j+1)*f.NR <= t.n
	if bInPlace {
		b, ldb = t.b.data[(t.k0+k)*t.b.ld+t.col+j*f.NR:], t.b.ld
	}
	if aInPlace || bInPlace {
		f.TileInPlaceFrom(n, a, row, step, b, ldb, c, ldc, s.from, s.ld)
		return
	}
	f.TileFrom(n, a, b[:n*f.NR], c, ldc, s.from, s.ld)
}

// view returns the matrix from element (i, k) on, and the strides of i and k.
func (o operandMatrix) view(i, k int) (data []float32, row, step int) {
	if o.interleaved {
		return o.data[k*o.ld+i:], 1, o.ld
	}
	return o.data[i*o.ld+k:], o.ld, 1
}

// finishAll completes the rows of the block: those parts that tiles have written to C, and those that are still in sums.
func (t *tile) finishAll(f *simd.Kernels, sums []float32, ld int) {
	whole := 0 // columns of the block that tiles wrote to C
	for j := t.from; j < t.to && t.direct(f, 0, j); j++ {
		whole += f.NR
	}
	for i := range t.rows {
		start, done := (t.row+i)*t.n+t.col+t.from*f.NR, 0
		if i/f.MR*f.MR+f.MR <= t.rows {
			done = whole
			t.finishDirect(f, start, done)
		}
		if done < t.cols {
			t.finish(f, sums[i*ld+t.from*f.NR+done:][:t.cols-done], start+done)
		}
	}
}

// finishDirect applies to n words of C what remains of bias, activation and residual, apart from what the sums began with.
func (t *tile) finishDirect(f *simd.Kernels, start, n int) {
	if n == 0 || t.k0 > 0 {
		return
	}
	c := t.c[start:][:n]
	if t.bias != nil && t.begin != fromBias {
		f.Add(c, c, t.bias[start%t.n:])
	}
	switch t.act {
	case backend.ReLU:
		f.ReLU(c, c)
	case backend.GELU:
		f.GELU(c, c)
	}
	if t.residual != nil && t.begin != fromC {
		f.Add(c, c, t.residual[start:])
	}
}
