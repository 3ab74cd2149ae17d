package main

import (
	"strconv"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// addRuns generates dst[i*ldd+c] += src[i*lds+c] for i < n, c < width. The runs are so short that a call for each would be slow.
func (g *gen) addRuns() {
	g.function("addRuns", "func(n, width int, dst []float32, ldd int, src []float32, lds int)", "adds runs of words; see Kernels.AddRuns.")
	n, width, dst, ldd, src, lds := g.integer("n"), g.integer("width"), g.pointer("dst"), g.integer("ldd"), g.pointer("src"), g.integer("lds")
	rest := g.copied(width)
	g.ANDQ(imm(g.lanes-1), rest)
	m := g.mask(rest)
	index := g.GP64()
	place := func(p reg.Register) operand.Mem { return operand.Mem{Base: p, Index: index, Scale: 4} }
	g.Label("run")
	left := g.copied(width)
	g.XORQ(index, index)
	g.CMPQ(left, imm(g.lanes))
	g.JLT(operand.LabelRef("tail"))
	g.Label("loop")
	v := g.vec()
	g.VMOVUPS(place(src), v)
	g.VADDPS(place(dst), v, v)
	g.VMOVUPS(v, place(dst))
	g.ADDQ(imm(g.lanes), index)
	g.SUBQ(imm(g.lanes), left)
	g.CMPQ(left, imm(g.lanes))
	g.JGE(operand.LabelRef("loop"))
	g.Label("tail")
	g.TESTQ(left, left)
	g.JZ(operand.LabelRef("next"))
	v, to := g.vec(), g.vec()
	m.load(place(src), v)
	m.load(place(dst), to)
	g.VADDPS(to, v, v)
	m.store(v, place(dst))
	g.Label("next")
	g.LEAQ(operand.Mem{Base: dst, Index: ldd, Scale: 4}, dst)
	g.LEAQ(operand.Mem{Base: src, Index: lds, Scale: 4}, src)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("run"))
	g.end()
}

// addRows generates sums over rows, dst[c] += sum_i x[i*ldx+c]. It goes column by column, so that each word of dst is read and
// written once. Four vectors of columns at a time hide the latency of additions; then come two, one, and the last columns under a
// mask.
func (g *gen) addRows() {
	g.function("addRows", "func(rows int, dst, x []float32, ldx int)", "adds rows of x to dst; see Kernels.AddRows.")
	n, dst, rows, x, ldx := g.length("dst"), g.pointer("dst"), g.integer("rows"), g.pointer("x"), g.integer("ldx")
	g.SHLQ(operand.U8(2), ldx)
	// columns sums width vectors of columns, under the mask m if it is not nil.
	columns := func(label string, width int, m *mask) {
		sums := make([]reg.VecVirtual, width)
		load := func(base reg.Register, j int) reg.VecVirtual {
			v := g.vec()
			if m != nil {
				m.load(at(base, j*g.bytes()), v)
			} else {
				g.VMOVUPS(at(base, j*g.bytes()), v)
			}
			return v
		}
		for j := range sums {
			sums[j] = load(dst, j)
		}
		p, left := g.copied(x), g.copied(rows)
		g.Label(label + "row")
		for j := range sums {
			g.VADDPS(load(p, j), sums[j], sums[j])
		}
		g.ADDQ(ldx, p)
		g.DECQ(left)
		g.JNZ(operand.LabelRef(label + "row"))
		for j := range sums {
			if m != nil {
				m.store(sums[j], at(dst, j*g.bytes()))
			} else {
				g.VMOVUPS(sums[j], at(dst, j*g.bytes()))
			}
		}
	}
	for _, width := range []int{4, 2, 1} {
		label := "columns" + strconv.Itoa(width)
		g.Label(label)
		g.CMPQ(n, imm(width*g.lanes))
		g.JLT(operand.LabelRef(label + "done"))
		columns(label, width, nil)
		g.ADDQ(imm(width*g.bytes()), dst)
		g.ADDQ(imm(width*g.bytes()), x)
		g.SUBQ(imm(width*g.lanes), n)
		g.JMP(operand.LabelRef(label))
		g.Label(label + "done")
	}
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	m := g.mask(n)
	columns("rest", 1, &m)
	g.Label("done")
	g.end()
}
