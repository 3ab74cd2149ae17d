package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// axial generates the scores of keys on a grid, with one function for each number of keys at a place, from 1 to tileRows; see
// Kernels.Axial. The scores of a place are accumulated in registers, like a register tile. Its coefficients are sums of two panels,
// which are added as they are loaded. In BF16, a step is two channels, whose sums are rounded to pairs.
func (g *gen) axial() {
	for keys := 1; keys <= g.tileRows(); keys++ {
		g.axialOf(keys)
	}
}

// axialOf generates the function for the given number of keys at a place.
func (g *gen) axialOf(keys int) {
	g.function(fmt.Sprintf("axial%d", keys), "func(n, k int, a []float32, next int, b, m, s []float32)",
		fmt.Sprintf("computes the scores of %d keys at each of n places; see Kernels.Axial.", keys))
	n, k, next := g.integer("n"), g.integer("k"), g.integer("next")
	a, b, m, s := g.pointer("a"), g.pointer("b"), g.pointer("m"), g.pointer("s")
	g.SHLQ(operand.U8(2), next)
	row := tileVectors * g.bytes()
	pa, pb, steps := g.GP64(), g.GP64(), g.GP64()

	acc := make([][]reg.VecVirtual, keys)
	for i := range acc {
		acc[i] = []reg.VecVirtual{g.vec(), g.vec()}
	}
	u, mv := []reg.VecVirtual{g.vec(), g.vec()}, g.vec()
	var order reg.VecVirtual
	if g.name == "BF16" {
		order = g.vec()
		g.VMOVUPS(g.interleaving(), order)
	}

	g.Label("place")
	g.MOVQ(a, pa)
	g.MOVQ(b, pb)
	g.MOVQ(k, steps)
	for i := range acc { // the constant part is row 0 of a and b
		for j := range u {
			if i == 0 {
				g.VMOVUPS(at(pa, j*g.bytes()), acc[0][j])
				g.VADDPS(at(pb, j*g.bytes()), acc[0][j], acc[0][j])
			} else {
				g.VMOVAPS(acc[0][j], acc[i][j])
			}
		}
	}
	g.Label("channel")
	for j := range u {
		if g.name == "BF16" {
			second := g.vec()
			g.axialSum(pa, pb, row+j*g.bytes(), u[j])
			g.axialSum(pa, pb, 2*row+j*g.bytes(), second)
			g.roundPairs(u[j], second, u[j])
			g.VPERMW(u[j], order, u[j])
		} else {
			g.axialSum(pa, pb, row+j*g.bytes(), u[j])
		}
	}
	g.ADDQ(imm(row*g.fold()), pa)
	g.ADDQ(imm(row*g.fold()), pb)
	for i := range acc {
		g.VBROADCASTSS(at(m, 4*i), mv)
		for j := range u {
			g.multiplyAdd(u[j], mv, acc[i][j])
		}
	}
	g.ADDQ(imm(4*keys), m)
	g.DECQ(steps)
	g.JNZ(operand.LabelRef("channel"))

	for i := range acc {
		for j := range u {
			g.VMOVUPS(acc[i][j], at(s, i*row+j*g.bytes()))
		}
	}
	g.ADDQ(imm(row*keys), s)
	g.ADDQ(next, a)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("place"))
	g.end()
}

// axialSum sets sum to the sum of the vectors at offset bytes from a and b.
func (g *gen) axialSum(a, b reg.Register, offset int, sum reg.VecVirtual) {
	g.VMOVUPS(at(a, offset), sum)
	g.VADDPS(at(b, offset), sum, sum)
}
