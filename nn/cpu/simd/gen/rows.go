package main

import (
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows generates elementwise functions of one or two rows.
func (g *gen) rows() {
	g.row("add", 2, "sets dst = x + y.", func(v []reg.VecVirtual) reg.VecVirtual {
		g.VADDPS(v[1], v[0], v[0])
		return v[0]
	})
	g.row("mul", 2, "sets dst = x * y.", func(v []reg.VecVirtual) reg.VecVirtual {
		g.VMULPS(v[1], v[0], v[0])
		return v[0]
	})
	g.row("relu", 1, "sets dst = max(x, 0); NaN stays NaN.", func(v []reg.VecVirtual) reg.VecVirtual {
		zero := g.vec()
		g.zero(zero)
		g.VMAXPS(v[0], zero, v[0])
		return v[0]
	})
	g.row("exp", 1, "sets dst = exp(x).", func(v []reg.VecVirtual) reg.VecVirtual { return g.exp(v[0]) })
	g.row("sigmoid", 1, "sets dst = 1 / (1 + exp(-x)).", func(v []reg.VecVirtual) reg.VecVirtual { return g.sigmoid(v[0]) })
	g.row("geluGradient", 2, "sets dst = y * gelu'(x).", func(v []reg.VecVirtual) reg.VecVirtual {
		g.VMULPS(v[1], g.geluSlope(v[0]), v[0])
		return v[0]
	})
	g.row("reluGradient", 2, "sets dst = y where x > 0, 0 elsewhere.", func(v []reg.VecVirtual) reg.VecVirtual {
		return g.wherePositive(v[0], v[1])
	})
	g.row("sigmoidGradient", 2, "sets dst = y * sigmoid'(x).", func(v []reg.VecVirtual) reg.VecVirtual {
		g.VMULPS(v[1], g.sigmoidSlope(v[0]), v[1])
		return v[1]
	})
	g.sum("addSigmoidGradient", "adds y * sigmoid'(x) to dst.", func(v []reg.VecVirtual) reg.VecVirtual {
		slope := g.sigmoidSlope(v[0])
		g.VFMADD231PS(slope, v[1], v[2])
		return v[2]
	})
	g.row("rotate", 2, "turns the pairs of x by the angles of y; see Kernels.Rotate.", func(v []reg.VecVirtual) reg.VecVirtual {
		cos, turned := g.turn(v[0], v[1])
		g.VFMADDSUB213PS(turned, v[0], cos)
		return cos
	})
	g.row("rotateBack", 2, "turns the pairs of x back by the angles of y; see Kernels.RotateBack.", func(v []reg.VecVirtual) reg.VecVirtual {
		cos, turned := g.turn(v[0], v[1])
		g.VFMSUBADD213PS(turned, v[0], cos)
		return cos
	})
	g.sum("addGELUGradient", "adds y * gelu'(x) to dst.", func(v []reg.VecVirtual) reg.VecVirtual {
		slope := g.geluSlope(v[0])
		g.VFMADD231PS(slope, v[1], v[2])
		return v[2]
	})
	g.sum("addReLUGradient", "adds y to dst where x > 0.", func(v []reg.VecVirtual) reg.VecVirtual {
		g.VADDPS(g.wherePositive(v[0], v[1]), v[2], v[2])
		return v[2]
	})
	g.sum("addMul", "adds x * y to dst.", func(v []reg.VecVirtual) reg.VecVirtual {
		g.VFMADD231PS(v[0], v[1], v[2])
		return v[2]
	})
	g.scaled("addScaled", "func(dst, x, c []float32)", "adds c[0] * x to dst.", []string{"x", "dst"}, func(c, v []reg.VecVirtual) reg.VecVirtual {
		g.VFMADD231PS(c[0], v[0], v[1])
		return v[1]
	})
	g.scaled("affine", "func(dst, x, c []float32)", "sets dst = c[0]*x + c[1].", []string{"x"}, func(c, v []reg.VecVirtual) reg.VecVirtual {
		g.VFMADD213PS(c[1], c[0], v[0])
		return v[0]
	})
	g.scaled("blend", "func(dst, x, y, c []float32)", "sets dst = c[0]*x + c[1]*y.", []string{"x", "y"}, func(c, v []reg.VecVirtual) reg.VecVirtual {
		g.VMULPS(c[0], v[0], v[0])
		g.VFMADD231PS(c[1], v[1], v[0])
		return v[0]
	})
	g.row("gelu", 1, "sets dst = x * (1 + erf(x/sqrt(2))) / 2.", func(v []reg.VecVirtual) reg.VecVirtual { return g.gelu(v[0]) })
}

// wherePositive clears the lanes of y where x > 0 is false.
func (g *gen) wherePositive(x, y reg.VecVirtual) reg.VecVirtual {
	const greater = operand.U8(30) // GT_OQ
	zero := g.vec()
	g.zero(zero)
	if g.lanes == 16 {
		k := g.K()
		g.VCMPPS(greater, zero, x, k)
		g.VMOVAPS_Z(y, k, y)
		return y
	}
	g.VCMPPS(greater, zero, x, x)
	g.VANDPS(x, y, y)
	return y
}

// turn returns, for pairs (x0, x1) and (cos, sin): (cos, cos) and (x1*sin, x0*sin).
func (g *gen) turn(x, angles reg.VecVirtual) (cos, turned reg.VecVirtual) {
	cos, turned = g.vec(), g.vec()
	sin := g.vec()
	g.VMOVSLDUP(angles, cos)
	g.VMOVSHDUP(angles, sin)
	g.VPERMILPS(operand.U8(0xb1), x, turned)
	g.VMULPS(sin, turned, turned)
	return cos, turned
}

// sigmoidSlope returns p * (1 - p) = p - p*p, p = sigmoid(x).
func (g *gen) sigmoidSlope(x reg.VecVirtual) reg.VecVirtual {
	p, slope := g.sigmoid(x), g.vec()
	g.VMOVAPS(p, slope)
	g.VFNMADD231PS(p, p, slope)
	return slope
}

// row generates dst = f(x) or f(x, y) for slices of len(dst) elements.
func (g *gen) row(name string, inputs int, doc string, f func([]reg.VecVirtual) reg.VecVirtual) {
	signature, from := "func(dst, x []float32)", []string{"x"}
	if inputs == 2 {
		signature, from = "func(dst, x, y []float32)", []string{"x", "y"}
	}
	g.scaled(name, signature, doc, from, func(_, v []reg.VecVirtual) reg.VecVirtual { return f(v) })
}

// sum generates dst = f(x, y, dst).
func (g *gen) sum(name, doc string, f func([]reg.VecVirtual) reg.VecVirtual) {
	g.scaled(name, "func(dst, x, y []float32)", doc, []string{"x", "y", "dst"}, func(_, v []reg.VecVirtual) reg.VecVirtual { return f(v) })
}

// maxFactors is the largest number of factors of a function of rows.
const maxFactors = 2

// scaled generates dst = f(c, inputs). If the signature has the factors c, each is in every lane of a vector.
func (g *gen) scaled(name, signature, doc string, inputs []string, f func(c, v []reg.VecVirtual) reg.VecVirtual) {
	g.function(name, signature, doc)
	n, dst := g.length("dst"), g.pointer("dst")
	var src, step []reg.Register
	for _, in := range inputs {
		if in == "dst" {
			src = append(src, dst)
			continue
		}
		src = append(src, g.pointer(in))
		step = append(step, src[len(src)-1])
	}
	step = append(step, dst)
	var c []reg.VecVirtual
	if strings.Contains(signature, ", c ") {
		at0 := g.pointer("c")
		for i := range maxFactors {
			c = append(c, g.vec())
			g.VBROADCASTSS(at(at0, 4*i), c[i])
		}
	}
	v := make([]reg.VecVirtual, len(src))
	g.along(n, func(load loading, store storing) {
		for i := range v {
			v[i] = g.vec()
			load(at(src[i], 0), v[i])
		}
		store(f(c, v), at(dst, 0))
	}, func() {
		for _, p := range step {
			g.ADDQ(imm(g.bytes()), p)
		}
	})
	g.end()
}

// loading and storing are how a step accesses memory: whole vectors or, at the end, the remaining lanes.
type (
	loading = func(from operand.Mem, to reg.VecVirtual)
	storing = func(v reg.VecVirtual, to operand.Mem)
)

// along generates a loop over n elements: step handles a vector at a time, and the remaining lanes under a mask; next advances the
// pointers. It changes n.
func (g *gen) along(n reg.Register, step func(load loading, store storing), next func()) {
	g.CMPQ(n, imm(g.lanes))
	g.JLT(operand.LabelRef("tail"))
	g.Label("loop")
	step(func(from operand.Mem, to reg.VecVirtual) { g.VMOVUPS(from, to) }, func(v reg.VecVirtual, to operand.Mem) { g.VMOVUPS(v, to) })
	next()
	g.SUBQ(imm(g.lanes), n)
	g.CMPQ(n, imm(g.lanes))
	g.JGE(operand.LabelRef("loop"))

	g.Label("tail")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	m := g.mask(n)
	step(m.load, m.store)
	g.Label("done")
}

// mask selects the first lanes of a vector.
type mask struct {
	g   *gen
	k   reg.Register // AVX-512
	vec reg.VecVirtual
}

// mask selects the first n lanes, 0 < n < lanes. It changes n.
func (g *gen) mask(n reg.Register) mask {
	if g.lanes == 16 {
		ones, k := g.GP32(), g.K()
		g.MOVL(operand.U32(0xffff), ones)
		bits := g.GP32()
		g.BZHIL(n.(reg.GPVirtual).As32(), ones, bits)
		g.KMOVW(bits, k)
		return mask{g: g, k: k}
	}
	table, v := g.GP64(), g.vec()
	g.LEAQ(g.maskTable(), table)
	g.NEGQ(n)
	g.VMOVUPS(operand.Mem{Base: table, Disp: 32, Index: n, Scale: 4}, v)
	return mask{g: g, vec: v}
}

// maskTable returns 8 words of ones followed by 8 of zeros. Loaded from word 8-n on, it selects n lanes.
func (g *gen) maskTable() operand.Mem {
	if m, ok := g.constants["lanes"]; ok {
		return m
	}
	m := g.StaticGlobal("lanes")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := 0; i < 16; i++ {
		word := operand.U32(0)
		if i < 8 {
			word = 0xffffffff
		}
		g.AddDatum(4*i, word)
	}
	g.constants["lanes"] = m
	return m
}

func (m mask) load(from operand.Mem, to reg.VecVirtual) {
	if m.k != nil {
		m.g.VMOVUPS_Z(from, m.k, to)
		return
	}
	m.g.VMASKMOVPS(from, m.vec, to)
}

// clear clears the lanes of v that are not selected.
func (m mask) clear(v reg.VecVirtual) {
	if m.k != nil {
		m.g.VMOVAPS_Z(v, m.k, v)
		return
	}
	m.g.VANDPS(m.vec, v, v)
}

func (m mask) store(v reg.VecVirtual, to operand.Mem) {
	if m.k != nil {
		m.g.VMOVUPS(v, m.k, to)
		return
	}
	m.g.VMASKMOVPS(v, m.vec, to)
}
