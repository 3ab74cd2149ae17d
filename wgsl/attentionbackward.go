package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// AttentionBackward implements backend.Kernels. For one chunk after the other, it computes the scores S again, and dP = dO V^T,
// turns them into P and dS, and multiplies:
//
//	dV += P^T dO;  dQ += Scale * dS K;  dK += Scale * dS^T Q
//
// Each gradient has one writer at a time, so the results are the same on every run.
func (d *Device) AttentionBackward(a backend.AttentionBackward) {
	a.Check()
	refuseRepeats(a.Attention)
	delta := d.Alloc(a.B * a.Heads * a.Nq)
	d.attentionDelta(a, delta)
	for _, c := range d.scoreChunks(a.Attention) {
		p := d.Alloc(c.items.n * c.rows * a.Nk)
		ds := d.Alloc(c.items.n * c.rows * a.Nk)
		d.product(c.scores(a.Attention, p))
		d.product(product{a: headMatrix(a.DO, a.Dv).rows(c.row), b: headMatrix(a.V, a.Dv), c: c.dense(ds, a.Nk),
			transB: true, m: c.rows, n: a.Nk, k: a.Dv, items: c.items, alpha: 1})
		d.scoreGradient(a, c, p, ds, delta)
		d.addProduct(product{a: c.dense(p, a.Nk), b: headMatrix(a.DO, a.Dv).rows(c.row), c: headMatrix(a.DV, a.Dv),
			transA: true, m: a.Nk, n: a.Dv, k: c.rows, items: c.items, alpha: 1})
		d.addProduct(product{a: c.dense(ds, a.Nk), b: headMatrix(a.K, a.D), c: headMatrix(a.DQ, a.D).rows(c.row),
			m: c.rows, n: a.D, k: a.Nk, items: c.items, alpha: a.Scale})
		d.addProduct(product{a: c.dense(ds, a.Nk), b: headMatrix(a.Q, a.D).rows(c.row), c: headMatrix(a.DK, a.D),
			transA: true, m: a.Nk, n: a.D, k: c.rows, items: c.items, alpha: a.Scale})
		d.Free(p)
		d.Free(ds)
	}
	d.Free(delta)
}

// addProduct adds p to C. If the batch shares C, its items are added one after the other.
func (d *Device) addProduct(p product) {
	p.accumulate = true
	if p.c.outerStep != 0 {
		d.product(p)
		return
	}
	for z, end := p.items.first, p.items.first+p.items.n; z < end; {
		next := min((z/p.items.inner+1)*p.items.inner, end) // the heads of one batch item
		part := p
		part.items.first, part.items.n = z, next-z
		d.product(part)
		z = next
	}
}

// attentionDelta computes delta[b,h,i] = sum_d dO[b,i,h,d] * O[b,i,h,d].
func (d *Device) attentionDelta(a backend.AttentionBackward, delta backend.Buffer) {
	o, do := headMatrix(a.O, a.Dv), headMatrix(a.DO, a.Dv)
	var run func(it items, row, rows int)
	run = func(it items, row, rows int) {
		so, sdo := it.span(o.rows(row), rows, a.Dv), it.span(do.rows(row), rows, a.Dv)
		fit := d.fits(so) && d.fits(sdo)
		switch {
		case !fit && it.n > 1:
			half := it.n / 2
			run(items{it.first, half, it.inner}, row, rows)
			run(items{it.first + half, it.n - half, it.inner}, row, rows)
		case !fit && rows > 1:
			run(it, row, rows/2)
			run(it, row+rows/2, rows-rows/2)
		default:
			out := window(delta, it.first*a.Nq+row, (it.n-1)*a.Nq+rows)
			sent := params{{"count", it.n * rows}, {"rows", rows}, {"delta_stride", a.Nq}, {"width", a.Dv},
				{"first", it.first}, {"inner", it.inner}, {"delta_base", out.base}, {"unused", 0}}.
				and(matrixParams("o", o.rows(row), so)...).and(matrixParams("grad", do.rows(row), sdo)...)
			d.launch(d.kernel("matrix.wgsl+attentiondelta.wgsl"), d.grid(it.n*rows, 64), 2*float64(it.n*rows*a.Dv), []span{so, sdo, out}, sent)
		}
	}
	run(items{0, a.B * a.Heads, a.Heads}, 0, a.Nq)
}

// scoreGradient turns the scores in p into P, and dP in ds into dS.
func (d *Device) scoreGradient(a backend.AttentionBackward, c scoreChunk, p, ds, delta backend.Buffer) {
	n := c.items.n * c.rows * a.Nk
	lse, rowDelta := c.lse(a.Attention), window(delta, c.items.first*a.Nq+c.row, c.items.n*c.rows)
	d.launch(d.kernel("attentionbackward.wgsl"), d.grid(n, 256), 8*float64(n),
		[]span{window(p, 0, n), window(ds, 0, n), lse, rowDelta},
		params{{"count", n}, {"keys", a.Nk}, {"lse_base", lse.base}, {"delta_base", rowDelta.base}})
}
