package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// softmax generates the functions of panels of transposed scores, [keys][queries], which are as wide as the register tile.
func (g *gen) softmax() {
	g.onlineSoftmax()
	g.probability()
	g.scoreGradient()
	g.scaleLanes()
}

// onlineSoftmax generates a step of the online softmax (Milakov and Gimelshein, arXiv 1805.02867), in base 2.
func (g *gen) onlineSoftmax() {
	g.function("softmax", "func(n int, s, max, sum, alpha []float32)",
		"is one step of the online softmax of a panel; see Kernels.Softmax.")
	n, s := g.integer("n"), g.pointer("s")
	maxP, sumP, alphaP := g.pointer("max"), g.pointer("sum"), g.pointer("alpha")

	m := g.loadPanel(maxP)
	count, p := g.GP64(), g.GP64()
	g.MOVQ(n, count)
	g.MOVQ(s, p)
	g.Label("maximum")
	for j := range m {
		v := g.vec()
		g.VMOVUPS(at(p, j*g.bytes()), v)
		g.VMAXPS(v, m[j], m[j])
	}
	g.ADDQ(imm(tileVectors*g.bytes()), p)
	g.DECQ(count)
	g.JNZ(operand.LabelRef("maximum"))

	sum := make([]reg.VecVirtual, len(m)) // of this step alone: adding many small terms to a large sum would lose digits
	for j := range m {
		sum[j] = g.vec()
		g.zero(sum[j])
		a := g.vec()
		g.VMOVUPS(at(maxP, j*g.bytes()), a)
		g.VMOVUPS(m[j], at(maxP, j*g.bytes()))
		g.VSUBPS(m[j], a, a)
		a = g.exp2(a)
		g.VMOVUPS(a, at(alphaP, j*g.bytes()))
		g.VMULPS(at(sumP, j*g.bytes()), a, a)
		g.VMOVUPS(a, at(sumP, j*g.bytes()))
	}

	g.Label("exponential")
	for j := range m {
		v := g.vec()
		g.VMOVUPS(at(s, j*g.bytes()), v)
		g.VSUBPS(m[j], v, v)
		v = g.exp2(v)
		g.VMOVUPS(v, at(s, j*g.bytes()))
		g.VADDPS(v, sum[j], sum[j])
	}
	g.ADDQ(imm(tileVectors*g.bytes()), s)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("exponential"))
	for j := range sum {
		g.VADDPS(at(sumP, j*g.bytes()), sum[j], sum[j])
		g.VMOVUPS(sum[j], at(sumP, j*g.bytes()))
	}
	g.end()
}

// probability generates P = 2^(S - lse), in place.
func (g *gen) probability() {
	g.function("probability", "func(n int, s, lse []float32)",
		"recomputes the probabilities of a panel; see Kernels.Probability.")
	n, s := g.integer("n"), g.pointer("s")
	lse := g.loadPanel(g.pointer("lse"))
	g.Label("loop")
	for j := range lse {
		v := g.vec()
		g.VMOVUPS(at(s, j*g.bytes()), v)
		g.VSUBPS(lse[j], v, v)
		g.VMOVUPS(g.exp2(v), at(s, j*g.bytes()))
	}
	g.ADDQ(imm(tileVectors*g.bytes()), s)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// scoreGradient generates dS = P * (dP - delta), in place of dP.
func (g *gen) scoreGradient() {
	g.function("scoreGradient", "func(n int, p, dp, delta []float32)",
		"turns dP of a panel into dS; see Kernels.ScoreGradient.")
	n, p, dp := g.integer("n"), g.pointer("p"), g.pointer("dp")
	delta := g.loadPanel(g.pointer("delta"))
	g.Label("loop")
	for j := range delta {
		v := g.vec()
		g.VMOVUPS(at(dp, j*g.bytes()), v)
		g.VSUBPS(delta[j], v, v)
		g.VMULPS(at(p, j*g.bytes()), v, v)
		g.VMOVUPS(v, at(dp, j*g.bytes()))
	}
	for _, q := range []reg.Register{p, dp} {
		g.ADDQ(imm(tileVectors*g.bytes()), q)
	}
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// scaleLanes generates o[i] *= alpha for every row of a panel.
func (g *gen) scaleLanes() {
	g.function("scaleLanes", "func(n int, o, alpha []float32)",
		"multiplies every row of a panel by alpha; see Kernels.ScaleLanes.")
	n, o := g.integer("n"), g.pointer("o")
	alpha := g.loadPanel(g.pointer("alpha"))
	g.Label("loop")
	for j := range alpha {
		v := g.vec()
		g.VMULPS(at(o, j*g.bytes()), alpha[j], v)
		g.VMOVUPS(v, at(o, j*g.bytes()))
	}
	g.ADDQ(imm(tileVectors*g.bytes()), o)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// loadPanel loads the vectors of one row of a panel.
func (g *gen) loadPanel(p reg.Register) []reg.VecVirtual {
	v := make([]reg.VecVirtual, tileVectors)
	for j := range v {
		v[j] = g.vec()
		g.VMOVUPS(at(p, j*g.bytes()), v[j])
	}
	return v
}
