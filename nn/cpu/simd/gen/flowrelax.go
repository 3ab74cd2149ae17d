package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// flowRelax generates Kernels.FlowRelax, half a sweep of red-black relaxation, for the pixels inside the border. It computes all
// pixels of a row and keeps every second one.
func (g *gen) flowRelax() {
	g.function("flowRelax", "func(rows, w, color int, u, v, du, dv, dx, dy, couple, a11, a12, a22, b1, b2, c []float32)",
		"relaxes the pixels of one color; see Kernels.FlowRelax.")
	const border = 2 // pixels per row
	rows, w, odd := g.integer("rows"), g.integer("w"), g.integer("color")
	u, v, couple, factor := g.pointer("u"), g.pointer("v"), g.pointer("couple"), g.vec()
	g.VBROADCASTSS(at(g.pointer("c"), 0), factor)
	last := g.copied(w)
	g.SUBQ(imm(border), last)
	g.ANDQ(imm(g.lanes-1), last)
	tail := g.mask(last)
	mid := g.copied(w) // the offsets of the current pixel, and of those above and below it
	g.ADDQ(imm(1), mid)
	above, below := g.GP64(), g.GP64()
	g.MOVQ(imm(1), above)
	g.LEAQ(operand.Mem{Base: mid, Index: w, Scale: 1}, below)

	g.Label("row")
	kept := g.alternate(odd)
	n := g.copied(w)
	g.SUBQ(imm(border), n)
	g.CMPQ(n, imm(g.lanes))
	g.JLT(operand.LabelRef("tail"))
	g.Label("loop")
	load := func(from operand.Mem, to reg.VecVirtual) { g.VMOVUPS(from, to) }
	g.relaxed(u, v, couple, mid, above, below, factor, kept, load, func(v reg.VecVirtual, to operand.Mem) { g.VMOVUPS(v, to) })
	for _, i := range []reg.Register{mid, above, below} {
		g.ADDQ(imm(g.lanes), i)
	}
	g.SUBQ(imm(g.lanes), n)
	g.CMPQ(n, imm(g.lanes))
	g.JGE(operand.LabelRef("loop"))
	g.Label("tail")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("next"))
	g.relaxed(u, v, couple, mid, above, below, factor, kept, tail.load, tail.store)
	g.Label("next")
	for _, i := range []reg.Register{mid, above, below} {
		g.ADDQ(n, i)
		g.ADDQ(imm(border), i)
	}
	g.XORQ(imm(1), odd)
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.end()
}

// alternate selects every second lane, from lane odd on, which is 0 or 1.
func (g *gen) alternate(odd reg.Register) mask {
	if g.lanes == 16 {
		const even = 0x5555
		bits, k := g.copied(odd), g.K()
		g.NEGQ(bits)
		g.ANDQ(imm(even), bits)
		g.ADDQ(imm(even), bits)
		g.KMOVW(bits.(reg.GPVirtual).As32(), k)
		return mask{g: g, k: k}
	}
	table, v := g.GP64(), g.vec()
	m, known := g.constants["alternate"]
	if !known {
		m = g.StaticGlobal("alternate")
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 9 {
			word := operand.U32(0)
			if i%2 == 0 {
				word = 0xffffffff
			}
			g.AddDatum(4*i, word)
		}
		g.constants["alternate"] = m
	}
	g.LEAQ(m, table)
	g.VMOVUPS(operand.Mem{Base: table, Index: odd, Scale: 4}, v)
	return mask{g: g, vec: v}
}

// merge copies the selected lanes of from to to.
func (m mask) merge(from, to reg.VecVirtual) {
	if m.k != nil {
		m.g.VMOVAPS(from, m.k, to)
		return
	}
	m.g.VBLENDVPS(m.vec, from, to, to)
}

// relaxed computes the pixels from mid on, and keeps those that kept selects.
func (g *gen) relaxed(u, v, couple, mid, above, below reg.Register, factor reg.VecVirtual, kept mask,
	load func(from operand.Mem, to reg.VecVirtual), store func(v reg.VecVirtual, to operand.Mem)) {
	word := func(base, index reg.Register, disp int) operand.Mem {
		return operand.Mem{Base: base, Index: index, Scale: 4, Disp: disp}
	}
	in := func(from operand.Mem) reg.VecVirtual {
		x := g.vec()
		load(from, x)
		return x
	}
	of := func(name string) reg.VecVirtual { return in(word(g.pointer(name), mid, 0)) }
	dx, dy := of("dx"), of("dy")
	sum, su, sv := g.vec(), g.vec(), g.vec()
	for _, x := range []reg.VecVirtual{sum, su, sv} {
		g.zero(x)
	}
	pull := func(weight, index reg.Register, weightDisp, disp int) {
		k := in(word(couple, weight, weightDisp))
		g.VADDPS(k, sum, sum)
		g.VADDPS(g.times(k, g.less(in(word(u, index, disp)), dx)), su, su)
		g.VADDPS(g.times(k, g.less(in(word(v, index, disp)), dy)), sv, sv)
	}
	pull(mid, mid, -4, -4)
	pull(mid, mid, 0, 4)
	pull(above, above, 0, 0)
	pull(mid, below, 0, 0)
	a12, du, dv := of("a12"), of("du"), of("dv")
	step := func(b, a string, s, other, old reg.VecVirtual) reg.VecVirtual { // old + factor * ((b + s - a12*other)/(a + sum) - old)
		to := g.less(g.over(g.less(g.plus(of(b), s), g.times(a12, other)), g.plus(of(a), sum)), old)
		return g.plus(old, g.times(factor, to))
	}
	nu := step("b1", "a11", su, dv, du)
	nv := step("b2", "a22", sv, nu, dv)
	kept.merge(nu, du)
	kept.merge(nv, dv)
	store(du, word(g.pointer("du"), mid, 0))
	store(dv, word(g.pointer("dv"), mid, 0))
	store(g.plus(dx, du), word(u, mid, 0))
	store(g.plus(dy, dv), word(v, mid, 0))
}
