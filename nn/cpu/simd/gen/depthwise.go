package main

import (
	"strconv"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	taps        = 7 // in a row of a depthwise kernel
	groupPixels = 8 // pixels that are computed at once
)

// depthwise generates the inner loops of the 7 x 7 depthwise convolution, and of the gradient of its weights, for rows of NR
// channels. The sums of eight pixels (or of a row of seven weights) stay in registers, and each word of x is loaded once for up
// to seven multiply-adds. AVX-512 computes both vectors of a pixel at once, AVX2 one after the other.
func (g *gen) depthwise() {
	g.depthwiseRow()
	g.depthwiseGradient()
}

// together is the number of vectors of a pixel that are computed at once.
func (g *gen) together() int { return g.lanes / 8 }

// block returns n x together vectors.
func (g *gen) block(n int) [][]reg.VecVirtual {
	b := make([][]reg.VecVirtual, n)
	for i := range b {
		for range g.together() {
			b[i] = append(b[i], g.vec())
		}
	}
	return b
}

// word is the operand of vector v of pixel i, counted from base.
func (g *gen) word(base reg.Register, i, v int) operand.Mem {
	return at(base, (i*tileVectors+v)*g.bytes())
}

// passes generates body for each group of vectors that are computed at once.
func (g *gen) passes(body func(label string, first int)) {
	for first := 0; first < tileVectors; first += g.together() {
		body("vectors"+strconv.Itoa(first), first)
	}
}

// depthwiseRow generates Kernels.Depthwise.
func (g *gen) depthwiseRow() {
	g.function("depthwise", "func(groups, rows int, x []float32, ldx int, weight, y []float32, ldy int, from []float32, ldf int)",
		"convolves a row; see Kernels.Depthwise.")
	g.passes(func(label string, first int) {
		groups, x, y, ldy := g.integer("groups"), g.pointer("x"), g.pointer("y"), g.integer("ldy")
		from, ldf := g.pointer("from"), g.integer("ldf")
		g.SHLQ(operand.U8(2), ldy)
		g.SHLQ(operand.U8(2), ldf)
		acc, w := g.block(groupPixels), g.block(taps)

		g.Label(label)
		g.TESTQ(from, from)
		g.JZ(operand.LabelRef(label + "zero"))
		for i := range acc {
			for v := range acc[i] {
				g.VMOVUPS(g.word(from, 0, first+v), acc[i][v])
			}
			g.ADDQ(ldf, from)
		}
		g.JMP(operand.LabelRef(label + "begun"))
		g.Label(label + "zero")
		for i := range acc {
			for v := range acc[i] {
				g.zero(acc[i][v])
			}
		}
		g.Label(label + "begun")

		ldx, rows, weight, row := g.integer("ldx"), g.integer("rows"), g.pointer("weight"), g.copied(x)
		g.SHLQ(operand.U8(2), ldx)
		g.Label(label + "row")
		for k := range w {
			for v := range w[k] {
				g.VMOVUPS(g.word(weight, k, first+v), w[k][v])
			}
		}
		for j := range groupPixels + taps - 1 {
			for v := range g.together() {
				in := g.vec()
				g.VMOVUPS(g.word(row, j, first+v), in)
				for k := max(0, j-groupPixels+1); k <= min(j, taps-1); k++ {
					g.VFMADD231PS(in, w[k][v], acc[j-k][v])
				}
			}
		}
		g.ADDQ(ldx, row)
		g.ADDQ(imm(taps*tileVectors*g.bytes()), weight)
		g.DECQ(rows)
		g.JNZ(operand.LabelRef(label + "row"))

		for i := range acc {
			for v := range acc[i] {
				g.VMOVUPS(acc[i][v], g.word(y, 0, first+v))
			}
			g.ADDQ(ldy, y)
		}
		g.ADDQ(imm(groupPixels*tileVectors*g.bytes()), x)
		g.DECQ(groups)
		g.JNZ(operand.LabelRef(label))
	})
	g.end()
}

// depthwiseGradient generates Kernels.DepthwiseGradient.
func (g *gen) depthwiseGradient() {
	g.function("depthwiseGradient", "func(groups, rows int, dweight, x []float32, ldx int, dy []float32, ldy int)",
		"adds to the gradient of a row of weights; see Kernels.DepthwiseGradient.")
	g.passes(func(label string, first int) {
		rows, dweight, x, dy := g.integer("rows"), g.pointer("dweight"), g.pointer("x"), g.pointer("dy")
		ldx, ldy := g.integer("ldx"), g.integer("ldy")
		g.SHLQ(operand.U8(2), ldx)
		g.SHLQ(operand.U8(2), ldy)
		acc, d := g.block(taps), g.block(groupPixels)
		for k := range acc {
			for v := range acc[k] {
				g.VMOVUPS(g.word(dweight, k, first+v), acc[k][v])
			}
		}
		g.Label(label + "row")
		px, pd, groups := g.copied(x), g.copied(dy), g.integer("groups")
		g.Label(label)
		for i := range d {
			for v := range d[i] {
				g.VMOVUPS(g.word(pd, i, first+v), d[i][v])
			}
		}
		for j := range groupPixels + taps - 1 {
			for v := range g.together() {
				in := g.vec()
				g.VMOVUPS(g.word(px, j, first+v), in)
				for k := max(0, j-groupPixels+1); k <= min(j, taps-1); k++ {
					g.VFMADD231PS(in, d[j-k][v], acc[k][v])
				}
			}
		}
		g.ADDQ(imm(groupPixels*tileVectors*g.bytes()), px)
		g.ADDQ(imm(groupPixels*tileVectors*g.bytes()), pd)
		g.DECQ(groups)
		g.JNZ(operand.LabelRef(label))
		g.ADDQ(ldx, x)
		g.ADDQ(ldy, dy)
		g.DECQ(rows)
		g.JNZ(operand.LabelRef(label + "row"))
		for k := range acc {
			for v := range acc[k] {
				g.VMOVUPS(acc[k][v], g.word(dweight, k, first+v))
			}
		}
	})
	g.end()
}
