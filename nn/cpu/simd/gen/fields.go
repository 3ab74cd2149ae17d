package main

import (
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fields generates the inner loops of packages volume/flow and volume/carry. Like the plain functions, they round after every
// operation (no fused multiply-adds), so results are bit-identical.
func (g *gen) fields() {
	g.cutDual()
	g.cutPrimal()
	g.flowBrightness()
	g.flowGradients()
	g.flowSmoothness()
	g.flowRelax()
}

// times, plus, less, over and rootOf return a*b, a+b, a-b, a/b and sqrt(a) in a new register.
func (g *gen) times(a, b reg.VecVirtual) reg.VecVirtual {
	v := g.vec()
	g.VMULPS(a, b, v)
	return v
}

func (g *gen) plus(a, b reg.VecVirtual) reg.VecVirtual {
	v := g.vec()
	g.VADDPS(a, b, v)
	return v
}

func (g *gen) less(a, b reg.VecVirtual) reg.VecVirtual {
	v := g.vec()
	g.VSUBPS(b, a, v)
	return v
}

func (g *gen) over(a, b reg.VecVirtual) reg.VecVirtual {
	v := g.vec()
	g.VDIVPS(b, a, v)
	return v
}

func (g *gen) rootOf(a reg.VecVirtual) reg.VecVirtual {
	v := g.vec()
	g.VSQRTPS(a, v)
	return v
}

// where replaces the lanes of x with those of y where a > b.
func (g *gen) where(a, b reg.VecVirtual, x, y []reg.VecVirtual) {
	const greater = operand.U8(30) // GT_OQ
	if g.lanes == 16 {
		k := g.K()
		g.VCMPPS(greater, b, a, k)
		for i := range x {
			g.VMOVAPS(y[i], k, x[i])
		}
		return
	}
	m := g.vec()
	g.VCMPPS(greater, b, a, m)
	for i := range x {
		g.VBLENDVPS(m, y[i], x[i], x[i])
	}
}

// lanesOf gives access to a vector of each row, by name, and to the factors. Each call loads again, because AVX2 has few
// registers.
type lanesOf struct {
	in  func(name string) reg.VecVirtual
	c   func(i int) reg.VecVirtual
	out func(name string, v reg.VecVirtual)
}

// elements generates an elementwise function of rows of equal length and of the factors c. f must not read a row that it has
// written.
func (g *gen) elements(name, doc, rows string, f func(l lanesOf)) {
	names := strings.Fields(rows)
	g.function(name, "func("+strings.Join(append(slices.Clone(names), "c"), ", ")+" []float32)", doc)
	n, index := g.length(names[0]), g.GP64()
	const most = 9 // addresses that are kept in registers; others are loaded each time
	kept := map[string]reg.Register{}
	for _, name := range names[:min(most, len(names))] {
		kept[name] = g.pointer(name)
	}
	pointer := func(name string) reg.Register {
		if p := kept[name]; p != nil {
			return p
		}
		return g.pointer(name)
	}
	g.XORQ(index, index)
	g.along(n, func(load loading, store storing) {
		place := func(name string) operand.Mem { return operand.Mem{Base: pointer(name), Index: index, Scale: 4} }
		f(lanesOf{
			in: func(name string) reg.VecVirtual {
				v := g.vec()
				load(place(name), v)
				return v
			},
			c: func(i int) reg.VecVirtual {
				v := g.vec()
				g.VBROADCASTSS(at(pointer("c"), 4*i), v)
				return v
			},
			out: func(name string, v reg.VecVirtual) { store(v, place(name)) },
		})
	}, func() { g.ADDQ(imm(g.lanes), index) })
	g.end()
}

// cutDual generates (px, py) += c0 * gradient of u, then shortened to the weight.
func (g *gen) cutDual() {
	g.elements("cutDual", "is a dual step of a cut; see Kernels.CutDual.", "px py u right down weight", func(l lanesOf) {
		u, weight := l.in("u"), l.in("weight")
		a := g.plus(l.in("px"), g.times(l.c(0), g.less(l.in("right"), u)))
		b := g.plus(l.in("py"), g.times(l.c(0), g.less(l.in("down"), u)))
		n := g.plus(g.times(a, a), g.times(b, b))
		k := g.over(weight, g.rootOf(n))
		g.where(n, g.times(weight, weight), []reg.VecVirtual{a, b}, []reg.VecVirtual{g.times(a, k), g.times(b, k)})
		l.out("px", a)
		l.out("py", b)
	})
}

// cutPrimal generates the step of u along gain and the divergence of (px, py), and its extrapolation lead.
func (g *gen) cutPrimal() {
	g.elements("cutPrimal", "is a primal step of a cut; see Kernels.CutPrimal.", "u lead px py left up gain", func(l lanesOf) {
		u := l.in("u")
		d := g.less(g.less(g.plus(g.plus(l.in("px"), l.in("py")), l.in("gain")), l.in("left")), l.in("up"))
		now, zero := g.plus(u, g.times(l.c(0), d)), g.vec()
		g.zero(zero)
		g.VMAXPS(zero, now, now)
		g.VMINPS(g.constant("one", 1), now, now)
		l.out("lead", g.less(g.plus(now, now), u))
		l.out("u", now)
	})
}

// flowBrightness generates Kernels.FlowBrightness. c holds half the weight, what is added to norms, and epsilon squared.
func (g *gen) flowBrightness() {
	g.elements("flowBrightness", "sets up equations; see Kernels.FlowBrightness.", "a11 a12 a22 b1 b2 ix iy iz du dv", func(l lanesOf) {
		ix, iy, iz := l.in("ix"), l.in("iy"), l.in("iz")
		norm := g.plus(g.plus(g.times(ix, ix), g.times(iy, iy)), l.c(1))
		d := g.plus(g.plus(iz, g.times(ix, l.in("du"))), g.times(iy, l.in("dv")))
		w := g.over(g.over(l.c(0), g.rootOf(g.plus(g.over(g.times(d, d), norm), l.c(2)))), norm)
		wx, wy := g.times(w, ix), g.times(w, iy)
		l.out("a11", g.plus(g.times(wx, ix), l.c(1)))
		l.out("a12", g.times(wx, iy))
		l.out("a22", g.plus(g.times(wy, iy), l.c(1)))
		minus := g.vec()
		g.VMOVUPS(g.constant("minus1", -1), minus)
		l.out("b1", g.times(g.times(wx, iz), minus))
		l.out("b2", g.times(g.times(wy, iz), minus))
	})
}

// flowGradients generates Kernels.FlowGradients. c is as in flowBrightness.
func (g *gen) flowGradients() {
	g.elements("flowGradients", "adds to equations; see Kernels.FlowGradients.", "a11 a12 a22 b1 b2 xx xy yy xz yz du dv", func(l lanesOf) {
		xx, xy, yy := l.in("xx"), l.in("xy"), l.in("yy")
		one := g.vec()
		g.VMOVUPS(g.constant("one", 1), one)
		n1 := g.over(one, g.plus(g.plus(g.times(xx, xx), g.times(xy, xy)), l.c(1)))
		n2 := g.over(one, g.plus(g.plus(g.times(yy, yy), g.times(xy, xy)), l.c(1)))
		along := func(z string, x, y reg.VecVirtual) reg.VecVirtual { // the change of a gradient along the displacement
			return g.plus(g.plus(l.in(z), g.times(x, l.in("du"))), g.times(y, l.in("dv")))
		}
		dx, dy := along("xz", xx, xy), along("yz", xy, yy)
		misfit := g.plus(g.times(g.times(dx, dx), n1), g.times(g.times(dy, dy), n2))
		w := g.over(l.c(0), g.rootOf(g.plus(misfit, l.c(2))))
		both := func(a, b, d, e reg.VecVirtual) reg.VecVirtual { // w * (a*b*n1 + d*e*n2)
			return g.times(w, g.plus(g.times(g.times(a, b), n1), g.times(g.times(d, e), n2)))
		}
		l.out("a11", g.plus(l.in("a11"), both(xx, xx, xy, xy)))
		l.out("a12", g.plus(l.in("a12"), both(xx, xy, xy, yy)))
		l.out("a22", g.plus(l.in("a22"), both(xy, xy, yy, yy)))
		l.out("b1", g.less(l.in("b1"), both(xx, l.in("xz"), xy, l.in("yz"))))
		l.out("b2", g.less(l.in("b2"), both(xy, l.in("xz"), yy, l.in("yz"))))
	})
}

// flowSmoothness generates Kernels.FlowSmoothness. c holds half the weight, and epsilon squared.
func (g *gen) flowSmoothness() {
	g.elements("flowSmoothness", "weighs smoothness; see Kernels.FlowSmoothness.", "couple u uright udown v vright vdown", func(l lanesOf) {
		square := func(to, from string) reg.VecVirtual {
			d := g.less(l.in(to), l.in(from))
			return g.times(d, d)
		}
		sum := g.plus(g.plus(g.plus(square("uright", "u"), square("udown", "u")), square("vright", "v")), square("vdown", "v"))
		l.out("couple", g.over(l.c(0), g.rootOf(g.plus(sum, l.c(1)))))
	})
}
