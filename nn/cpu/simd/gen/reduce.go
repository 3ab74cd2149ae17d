package main

import (
	"strconv"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// addRows generates sums over rows, dst[c] += sum_i x[i*ldx+c], column by column: each column is read and written once, whatever
// the number of rows. Four vectors of columns at a time hide the latency of the sums; then two, one, and the last columns under
// a mask.
func (g *gen) addRows() {
	g.function("addRows", "func(rows int, dst, x []float32, ldx int)", "adds rows of x to dst; see Kernels.AddRows.")
	n, dst, rows, x, ldx := g.length("dst"), g.pointer("dst"), g.integer("rows"), g.pointer("x"), g.integer("ldx")
	g.SHLQ(operand.U8(2), ldx)
	// columns adds up width vectors, the last of them under m.
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
