package main

import "github.com/mmcloughlin/avo/reg"

// adamw generates one step of the optimizer; c holds the factors in the order of simd.AdamWFactors.
func (g *gen) adamw() {
	g.function("adamw", "func(param, grad, m, v, c []float32)", "is a step of AdamW; see Kernels.AdamW.")
	n := g.length("param")
	var p []reg.Register // param, grad, m, v
	for _, name := range []string{"param", "grad", "m", "v"} {
		p = append(p, g.pointer(name))
	}
	factors := g.pointer("c")
	c := make([]reg.VecVirtual, 9)
	for i := range c {
		c[i] = g.vec()
		if g.lanes == 16 { // AVX2 has too few registers to keep them
			g.VBROADCASTSS(at(factors, 4*i), c[i])
		}
	}
	factor := func(i int) reg.VecVirtual {
		if g.lanes == 16 {
			return c[i]
		}
		x := g.vec()
		g.VBROADCASTSS(at(factors, 4*i), x)
		return x
	}
	step := func(load loading, store storing) {
		x := make([]reg.VecVirtual, 4)
		for i := range x {
			x[i] = g.vec()
			load(at(p[i], 0), x[i])
		}
		param, grad, m, v := x[0], x[1], x[2], x[3]
		g.VMULPS(factor(0), grad, grad)
		g.VMULPS(factor(1), m, m)
		g.VFMADD231PS(factor(2), grad, m)
		store(m, at(p[2], 0))
		g.VMULPS(grad, grad, grad)
		g.VMULPS(factor(3), v, v)
		g.VFMADD231PS(factor(4), grad, v)
		store(v, at(p[3], 0))
		g.VMULPS(factor(5), v, v)
		g.VSQRTPS(v, v)
		g.VADDPS(factor(6), v, v)
		g.VMULPS(factor(8), m, m)
		g.VDIVPS(v, m, m)
		g.VMULPS(factor(7), param, param)
		g.VSUBPS(m, param, param)
		store(param, at(p[0], 0))
	}
	g.along(n, step, func() {
		for _, q := range p {
			g.ADDQ(imm(g.bytes()), q)
		}
	})
	g.end()
}
