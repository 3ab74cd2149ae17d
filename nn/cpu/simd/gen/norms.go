package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// norms generates layer normalization of contiguous rows, forward and backward.
func (g *gen) norms() {
	g.layerNorm()
	g.layerNormBackward()
}

// normRow loops over the columns of a row: whole vectors, then the rest, under a mask.
type normRow struct {
	*gen
	whole, rest reg.Register // bytes in whole vectors; columns in the rest
	mask        mask
	invC, eps   reg.VecVirtual // 1/C and eps in every lane
	label       func() string
}

// newNormRow reads the number of columns from gamma and c = (1/C, eps).
func (g *gen) newNormRow() *normRow {
	r := &normRow{gen: g, whole: g.length("gamma"), rest: g.GP64(), invC: g.vec(), eps: g.vec()}
	g.MOVQ(r.whole, r.rest)
	g.ANDQ(imm(g.lanes-1), r.rest)
	g.SUBQ(r.rest, r.whole)
	g.SHLQ(operand.U8(2), r.whole)
	c := g.pointer("c")
	g.VBROADCASTSS(at(c, 0), r.invC)
	g.VBROADCASTSS(at(c, 4), r.eps)
	n := g.GP64()
	g.MOVQ(r.rest, n)
	r.mask = g.mask(n)
	count := 0
	r.label = func() string {
		count++
		return "columns" + string(rune('a'+count-1))
	}
	return r
}

// column is a vector of columns of a row.
type column struct {
	*normRow
	off    reg.Register
	masked bool
}

func (c column) mem(base reg.Register) operand.Mem {
	return operand.Mem{Base: base, Index: c.off, Scale: 1}
}

func (c column) load(base reg.Register) reg.VecVirtual {
	v := c.vec()
	if c.masked {
		c.mask.load(c.mem(base), v)
	} else {
		c.VMOVUPS(c.mem(base), v)
	}
	return v
}

func (c column) store(v reg.VecVirtual, base reg.Register) {
	if c.masked {
		c.mask.store(v, c.mem(base))
	} else {
		c.VMOVUPS(v, c.mem(base))
	}
}

// each generates a loop over all columns.
func (r *normRow) each(body func(c column)) {
	name, off := r.label(), r.GP64()
	r.XORQ(off, off)
	r.CMPQ(off, r.whole)
	r.JGE(operand.LabelRef(name + "_rest"))
	r.Label(name)
	body(column{r, off, false})
	r.ADDQ(imm(r.bytes()), off)
	r.CMPQ(off, r.whole)
	r.JLT(operand.LabelRef(name))
	r.Label(name + "_rest")
	r.TESTQ(r.rest, r.rest)
	r.JZ(operand.LabelRef(name + "_done"))
	body(column{r, off, true})
	r.Label(name + "_done")
}

// mean sums the lanes of v and sets every lane to the sum times 1/C.
func (r *normRow) mean(v reg.VecVirtual) {
	t := r.vec()
	if r.lanes == 16 {
		for _, order := range []uint8{0x4e, 0xb1} { // halves, quarters
			r.VSHUFF32X4(operand.U8(order), v, v, t)
			r.VADDPS(t, v, v)
		}
	} else {
		r.VPERM2F128(operand.U8(1), v, v, t)
		r.VADDPS(t, v, v)
	}
	for _, order := range []uint8{0x4e, 0xb1} { // within a quarter
		r.VPERMILPS(operand.U8(order), v, t)
		r.VADDPS(t, v, v)
	}
	r.VMULPS(r.invC, v, v)
}

// moments returns, in every lane, the mean of a row, the rounding error of that mean, and 1/sqrt(variance + eps).
func (r *normRow) moments(x reg.Register) (mean, low, rstd reg.VecVirtual) {
	mean, low, rstd = r.vec(), r.vec(), r.vec()
	r.zero(mean)
	r.each(func(c column) { r.VADDPS(c.load(x), mean, mean) })
	r.mean(mean)
	r.zero(low)
	r.zero(rstd)
	r.each(func(c column) {
		d := c.load(x)
		r.VSUBPS(mean, d, d)
		if c.masked {
			r.mask.clear(d)
		}
		r.VADDPS(d, low, low)
		r.VFMADD231PS(d, d, rstd)
	})
	r.mean(low)
	r.mean(rstd)
	r.VFNMADD231PS(low, low, rstd)
	r.VADDPS(r.eps, rstd, rstd)
	r.VSQRTPS(rstd, rstd)
	one := r.vec()
	r.VMOVUPS(r.constant("one", 1), one)
	r.VDIVPS(rstd, one, rstd)
	return mean, low, rstd
}

// normed returns (x - mean - low) * rstd.
func (c column) normed(x reg.Register, mean, low, rstd reg.VecVirtual) reg.VecVirtual {
	v := c.load(x)
	c.VSUBPS(mean, v, v)
	c.VSUBPS(low, v, v)
	c.VMULPS(rstd, v, v)
	return v
}

// eachRow generates a loop over all rows, which moves the pointers from row to row, and ends the function.
func (r *normRow) eachRow(pointers []reg.Register, body func()) {
	rows, step := r.integer("rows"), r.GP64()
	r.LEAQ(operand.Mem{Base: r.whole, Index: r.rest, Scale: 4}, step)
	r.Label("row")
	body()
	for _, p := range pointers {
		r.ADDQ(step, p)
	}
	r.DECQ(rows)
	r.JNZ(operand.LabelRef("row"))
	r.end()
}

func (g *gen) layerNorm() {
	g.function("layerNorm", "func(rows int, y, x, gamma, beta, c []float32)", "normalizes rows; see Kernels.LayerNorm.")
	r := g.newNormRow()
	y, x, gamma, beta := g.pointer("y"), g.pointer("x"), g.pointer("gamma"), g.pointer("beta")
	r.eachRow([]reg.Register{x, y}, func() {
		mean, low, rstd := r.moments(x)
		r.each(func(c column) {
			v := c.normed(x, mean, low, rstd)
			g.VFMADD213PS(c.load(beta), c.load(gamma), v)
			c.store(v, y)
		})
	})
}

func (g *gen) layerNormBackward() {
	g.function("layerNormBackward", "func(rows int, dx, dgamma, dbeta, x, dy, gamma, c []float32, add bool)",
		"differentiates layerNorm; see Kernels.LayerNormBackward.")
	r := g.newNormRow()
	dx, dgamma, dbeta := g.pointer("dx"), g.pointer("dgamma"), g.pointer("dbeta")
	x, dy, gamma := g.pointer("x"), g.pointer("dy"), g.pointer("gamma")
	r.eachRow([]reg.Register{dx, x, dy}, func() {
		mean, low, rstd := r.moments(x)
		meanG, meanGX := g.vec(), g.vec()
		g.zero(meanG)
		g.zero(meanGX)
		r.each(func(c column) {
			xh, d := c.normed(x, mean, low, rstd), c.load(dy)
			sum := c.load(dgamma)
			g.VFMADD231PS(d, xh, sum)
			c.store(sum, dgamma)
			sum = c.load(dbeta)
			g.VADDPS(d, sum, sum)
			c.store(sum, dbeta)
			g.VMULPS(c.load(gamma), d, d)
			g.VADDPS(d, meanG, meanG)
			g.VFMADD231PS(d, xh, meanGX)
		})
		r.mean(meanG)
		r.mean(meanGX)
		slope := func(c column) reg.VecVirtual {
			xh, d := c.normed(x, mean, low, rstd), c.load(dy)
			g.VMULPS(c.load(gamma), d, d)
			g.VSUBPS(meanG, d, d)
			g.VFNMADD231PS(xh, meanGX, d)
			return d
		}
		add := g.Load(g.Param("add"), g.GP8())
		g.TESTB(add, add)
		g.JZ(operand.LabelRef("overwrite"))
		r.each(func(c column) {
			d, sum := slope(c), c.load(dx)
			g.VFMADD231PS(rstd, d, sum)
			c.store(sum, dx)
		})
		g.JMP(operand.LabelRef("written"))
		g.Label("overwrite")
		r.each(func(c column) {
			d := slope(c)
			g.VMULPS(rstd, d, d)
			c.store(d, dx)
		})
		g.Label("written")
	})
}
