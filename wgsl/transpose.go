package wgsl

// productTransposed runs a product whose B is stored [n,k] as a variant that needs it stored [k,n]. Items that share B share its
// transpose.
func (d *Device) productTransposed(p product, v variant) {
	all, size := p.items, p.k*p.n
	t := matrix{stride: p.n, off: -p.items.first * size, outerStep: p.items.inner * size, inStep: size}
	switch {
	case p.b.outerStep == 0 && p.b.inStep == 0:
		all, t.off, t.outerStep, t.inStep = items{0, 1, 1}, 0, 0, 0
	case p.b.outerStep == 0:
		all, t.off, t.outerStep = items{0, p.items.inner, p.items.inner}, 0, 0
	}
	t.buf = d.Alloc(all.n * size)
	d.transpose(p.b, t, p.n, p.k, all)
	p.b, p.transB = t, false
	d.splitProduct(p, v)
	d.Free(t.buf)
}

// transpose sets y, matrices [cols,rows], to the transposes of x, matrices [rows,cols].
func (d *Device) transpose(x, y matrix, rows, cols int, it items) {
	const tile = 16
	src, dst := it.span(x, rows, cols), it.span(y, cols, rows)
	gx, gy := ceilDiv(cols, tile), ceilDiv(rows, tile)
	switch {
	case it.n > 1 && (!d.fits(src) || !d.fits(dst) || it.n > d.limits.workgroups):
		half := it.n / 2
		d.transpose(x, y, rows, cols, items{it.first, half, it.inner})
		d.transpose(x, y, rows, cols, items{it.first + half, it.n - half, it.inner})
	case rows > 1 && (!d.fits(src) || gy > d.limits.workgroups):
		half := rows / 2
		d.transpose(x, y, half, cols, it)
		d.transpose(x.rows(half), y.cols(half), rows-half, cols, it)
	case cols > 1 && (!d.fits(dst) || gx > d.limits.workgroups):
		half := cols / 2
		d.transpose(x, y, rows, half, it)
		d.transpose(x.cols(half), y.rows(half), rows, cols-half, it)
	default:
		sent := params{{"rows", rows}, {"cols", cols}, {"inner", it.inner}, {"first", it.first}}.
			and(matrixParams("x", x, src)...).and(matrixParams("y", y, dst)...)
		d.launch(d.kernel("matrix.wgsl+transpose.wgsl"), [3]int{gx, gy, it.n}, float64(it.n*rows*cols), []span{src, dst}, sent)
	}
}
