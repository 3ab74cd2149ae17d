package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// matrix is a family of matrices in one buffer (matrix.wgsl), for items z = (z / inner, z % inner). Item z begins at word off +
// z/inner * outerStep + z%inner * inStep, and its rows as stored are stride words apart. off may be negative if the first items
// are not used.
type matrix struct {
	buf               backend.Buffer
	off, stride       int
	outerStep, inStep int
}

// rows returns the matrices without their first r rows as stored, cols without their first c columns as stored.
func (x matrix) rows(r int) matrix { x.off += r * x.stride; return x }
func (x matrix) cols(c int) matrix { x.off += c; return x }

// items is the range z = first..first+n-1 of items (z / inner, z % inner).
type items struct{ first, n, inner int }

// offset returns the word at which item z of x begins.
func (it items) offset(x matrix, z int) int {
	return x.off + z/it.inner*x.outerStep + z%it.inner*x.inStep
}

// product is C[z] (+)= act(alpha * op(A[z]) . op(B[z]) + bias[z]) + residual[z], or a part of one. Unlike those of
// backend.MatMul, its matrices may lie anywhere in their buffers, so that heads of an attention and parts of larger matrices are
// products too.
type product struct {
	a, b, c        matrix
	transA, transB bool
	m, n, k        int
	items          items
	alpha          float32
	bias           backend.Buffer // or nil
	biasOff        int            // where the bias of item 0 begins
	biasStep       int            // from item to item
	turn           backend.Rotation
	row, col       int // where C begins in the whole product, which turn refers to
	act            backend.Activation
	residual       backend.Buffer // nil, or laid out like c
	accumulate     bool
}

// MatMul implements backend.Kernels.
func (d *Device) MatMul(a backend.MatMul) {
	a.Check()
	p := product{
		a: matrix{buf: a.A, stride: a.K, outerStep: a.StrideA},
		b: matrix{buf: a.B, stride: a.N, outerStep: a.StrideB},
		c: matrix{buf: a.C, stride: a.N, outerStep: a.StrideC},
		m: a.M, n: a.N, k: a.K, transA: a.TransA, transB: a.TransB,
		items: items{0, a.Batch, 1},
		alpha: 1, bias: a.Bias, biasStep: a.StrideBias, turn: a.Turn, act: a.Act, residual: a.Residual, accumulate: a.Accumulate,
	}
	if a.TransA {
		p.a.stride = a.M
	}
	if a.TransB {
		p.b.stride = a.K
	}
	if p.residual == p.c.buf { // a buffer cannot be bound twice; adding to C is the same
		p.residual, p.accumulate = nil, true
	}
	d.product(p)
}

// product runs p as the variant that suits it.
func (d *Device) product(p product) { d.productAs(p, d.variantFor(p)) }

// productAs runs p as variant v, in parts if it is too large for the bindings, the grid or a submission.
func (d *Device) productAs(p product, v variant) {
	if v.transposesB && p.transB {
		d.productTransposed(p, v)
		return
	}
	d.splitProduct(p, v)
}

// splitProduct halves the items, then the rows, then the columns of p until each part can be launched; sumPieces then splits the
// terms, if necessary.
func (d *Device) splitProduct(p product, v variant) {
	maxWork := d.limits.batchWork
	switch {
	case p.items.n > 1 && (!d.bindable(p) || p.work() > maxWork || p.items.n > d.limits.workgroups):
		half := p.items.n / 2
		lo, hi := p, p
		lo.items.n, hi.items.first, hi.items.n = half, p.items.first+half, p.items.n-half
		d.splitProduct(lo, v)
		d.splitProduct(hi, v)
	case p.m > 1 && !d.rowsFit(p) || p.m > v.tileM && (p.work() > maxWork || ceilDiv(p.m, v.tileM) > d.limits.workgroups):
		half := halfOf(p.m, v.tileM)
		d.splitProduct(p.top(half), v)
		d.splitProduct(p.bottom(half), v)
	case p.n > 1 && !d.columnsFit(p) || p.n > v.tileN && (p.work() > maxWork || ceilDiv(p.n, v.tileN) > d.limits.workgroups):
		half := halfOf(p.n, v.tileN)
		d.splitProduct(p.left(half), v)
		d.splitProduct(p.right(half), v)
	default:
		d.sumPieces(p, v)
	}
}

// halfOf returns about half of n: whole tiles if n is more than one tile, otherwise a multiple of four if n is more than four.
func halfOf(n, tile int) int {
	for _, unit := range []int{tile, 4} {
		if n > unit {
			return ceilDiv(n/2, unit) * unit
		}
	}
	return n / 2
}

// top is the part of p that computes the first rows of C, bottom the others. left computes the first columns, right the others.
func (p product) top(rows int) product  { p.m = rows; return p }
func (p product) left(cols int) product { p.n = cols; return p }

func (p product) bottom(rows int) product {
	if p.transA {
		p.a = p.a.cols(rows)
	} else {
		p.a = p.a.rows(rows)
	}
	p.c, p.m, p.row = p.c.rows(rows), p.m-rows, p.row+rows
	return p
}

func (p product) right(cols int) product {
	if p.transB {
		p.b = p.b.rows(cols)
	} else {
		p.b = p.b.cols(cols)
	}
	p.c, p.n, p.biasOff, p.col = p.c.cols(cols), p.n-cols, p.biasOff+cols, p.col+cols
	return p
}

// after is the part of p that sums the terms from k on.
func (p product) after(k int) product {
	if p.transA {
		p.a = p.a.rows(k)
	} else {
		p.a = p.a.cols(k)
	}
	if p.transB {
		p.b = p.b.cols(k)
	} else {
		p.b = p.b.rows(k)
	}
	p.k -= k
	return p
}

// work is the product's FLOP.
func (p product) work() float64 {
	return 2 * float64(p.items.n) * float64(p.m) * float64(p.n) * float64(p.k)
}

// spanA, spanB and spanC bind what p uses of its three matrices.
func (p product) spanA() span {
	if p.transA {
		return p.items.span(p.a, p.k, p.m)
	}
	return p.items.span(p.a, p.m, p.k)
}

func (p product) spanB() span {
	if p.transB {
		return p.items.span(p.b, p.n, p.k)
	}
	return p.items.span(p.b, p.k, p.n)
}

func (p product) spanC() span { return p.items.span(p.c, p.m, p.n) }

// span binds rows x cols of all items of x. Offsets grow with both parts of the pair (z / inner, z % inner), so the first and
// last words belong to the first or last item of the first or last outer group.
func (it items) span(x matrix, rows, cols int) span {
	last := it.first + it.n - 1
	lo, hi := it.offset(x, it.first), it.offset(x, last)
	if start := last / it.inner * it.inner; start > it.first {
		lo = min(lo, it.offset(x, (it.first/it.inner+1)*it.inner))
		hi = max(hi, it.offset(x, start-1))
	}
	s := window(x.buf, lo, hi-lo+(rows-1)*x.stride+cols)
	s.used = it.apart(x) * rows * cols
	return s
}

// apart returns how many different matrices in x the items have.
func (it items) apart(x matrix) int {
	groups := (it.first+it.n-1)/it.inner - it.first/it.inner + 1
	switch {
	case x.outerStep != 0 && x.inStep != 0:
		return it.n
	case x.outerStep != 0:
		return groups
	case x.inStep != 0:
		return min(it.n, it.inner)
	}
	return 1
}

// fits reports whether s can be bound.
func (d *Device) fits(s span) bool { return int64(s.n)*4 <= d.limits.bindingBytes }

// bindable reports whether all three matrices can be bound.
func (d *Device) bindable(p product) bool {
	return d.fits(p.spanA()) && d.fits(p.spanB()) && d.fits(p.spanC())
}

// rowsFit is false if a matrix is too large to bind and fewer rows of C would help, columnsFit if fewer columns would.
func (d *Device) rowsFit(p product) bool    { return d.fits(p.spanC()) && (p.transA || d.fits(p.spanA())) }
func (d *Device) columnsFit(p product) bool { return !p.transB || d.fits(p.spanB()) }
