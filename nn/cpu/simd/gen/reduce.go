package main

import (
	"strconv"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// reductions generates sums over rows, column by column: each column is read and written once, whatever the number of rows.
func (g *gen) reductions() {
	g.reduction("addRows", "func(rows int, dst, x []float32, ldx int)", "adds rows of x to dst; see Kernels.AddRows.", []string{"x"},
		func(sum reg.VecVirtual, v []reg.VecVirtual) { g.VADDPS(v[0], sum, sum) })
	g.reduction("addMulRows", "func(rows int, dst, x []float32, ldx int, y []float32, ldy int)",
		"adds products of rows of x and y to dst; see Kernels.AddMulRows.", []string{"x", "y"},
		func(sum reg.VecVirtual, v []reg.VecVirtual) { g.VFMADD231PS(v[0], v[1], sum) })
}

// reduction generates dst[c] += sum_i f(x[i*ldx+c], y[i*ldy+c]): four vectors of columns at a time, which hides the latency of
// the sums, then two, one, and the last columns under a mask.
func (g *gen) reduction(name, signature, doc string, inputs []string, f func(sum reg.VecVirtual, v []reg.VecVirtual)) {
	g.function(name, signature, doc)
	n, dst, rows := g.length("dst"), g.pointer("dst"), g.integer("rows")
	var src, ld []reg.Register
	for _, in := range inputs {
		stride := g.integer("ld" + in)
		g.SHLQ(operand.U8(2), stride)
		src, ld = append(src, g.pointer(in)), append(ld, stride)
	}
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
		p, left := make([]reg.Register, len(src)), g.GP64()
		for i := range p {
			p[i] = g.GP64()
			g.MOVQ(src[i], p[i])
		}
		g.MOVQ(rows, left)
		g.Label(label + "row")
		for j := range sums {
			v := make([]reg.VecVirtual, len(p))
			for i := range p {
				v[i] = load(p[i], j)
			}
			f(sums[j], v)
		}
		for i := range p {
			g.ADDQ(ld[i], p[i])
		}
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
		for i := range src {
			g.ADDQ(imm(width*g.bytes()), src[i])
		}
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
