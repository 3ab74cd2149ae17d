package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// maxPools generates the pooling of 2 x 2 pixels: top and bottom hold two pixels each, with as many channels as y has.
func (g *gen) maxPools() {
	g.pixels("maxPool", "func(y, top, bottom []float32)", "is one pixel of the pooling; see Kernels.MaxPool.", []string{"y", "top", "bottom"},
		func(p block) {
			v := p.load4("top", "bottom")
			for _, x := range v[1:] {
				g.VMAXPS(x, v[0], v[0])
			}
			p.store(v[0], "y", false)
		})
	g.pixels("addMaxPoolGradient", "func(dtop, dbottom, top, bottom, y []float32)", "is its derivative; see Kernels.AddMaxPoolGradient.",
		[]string{"dtop", "dbottom", "top", "bottom", "y"}, func(p block) {
			v, rest := p.load4("top", "bottom"), p.load("y", false)
			larger := make([]func(x reg.VecVirtual, not bool), 3) // larger[i] masks by whether pixel i+1 exceeds all before it
			for i := range larger {
				larger[i] = g.greater(v[i+1], v[0])
				if i < len(larger)-1 {
					g.VMAXPS(v[i+1], v[0], v[0])
				}
			}
			for i := 2; i >= 0; i-- { // the last pixel that exceeds all before it is the maximum, and takes the gradient
				taken := g.vec()
				g.VMOVAPS(rest, taken)
				larger[i](taken, false)
				larger[i](rest, true)
				p.add(taken, pixelOf(i+1), (i+1)%2 == 1)
			}
			p.add(rest, pixelOf(0), false)
		})
}

// pixelOf names the slice that holds the gradient of pixel i of the four.
func pixelOf(i int) string {
	if i < 2 {
		return "dtop"
	}
	return "dbottom"
}

// greater compares a and b. It returns a function that clears the lanes of x where a > b is false or, with not, where it is true.
func (g *gen) greater(a, b reg.VecVirtual) func(x reg.VecVirtual, not bool) {
	const gt = operand.U8(30) // GT_OQ
	if g.lanes == 16 {
		k, opposite := g.K(), g.K()
		g.VCMPPS(gt, b, a, k)
		g.KNOTW(k, opposite)
		return func(x reg.VecVirtual, not bool) {
			if not {
				g.VMOVAPS_Z(x, opposite, x)
			} else {
				g.VMOVAPS_Z(x, k, x)
			}
		}
	}
	m := g.vec()
	g.VCMPPS(gt, b, a, m)
	return func(x reg.VecVirtual, not bool) {
		if not {
			g.VANDNPS(x, m, x)
		} else {
			g.VANDPS(m, x, x)
		}
	}
}

// block is a vector of channels of each pixel.
type block struct {
	*gen
	base map[string]reg.Register
	half reg.Register // bytes from a pixel to its right neighbor
	off  reg.Register
	mask *mask // nil for a whole vector
}

func (p block) mem(name string, right bool) operand.Mem {
	at := operand.Mem{Base: p.base[name], Index: p.off, Scale: 1}
	if right {
		next := p.GP64()
		p.LEAQ(operand.Mem{Base: p.base[name], Index: p.half, Scale: 1}, next)
		at.Base = next
	}
	return at
}

func (p block) load(name string, right bool) reg.VecVirtual {
	v := p.vec()
	if p.mask != nil {
		p.mask.load(p.mem(name, right), v)
	} else {
		p.VMOVUPS(p.mem(name, right), v)
	}
	return v
}

func (p block) load4(top, bottom string) []reg.VecVirtual {
	return []reg.VecVirtual{p.load(top, false), p.load(top, true), p.load(bottom, false), p.load(bottom, true)}
}

func (p block) store(v reg.VecVirtual, name string, right bool) {
	if p.mask != nil {
		p.mask.store(v, p.mem(name, right))
	} else {
		p.VMOVUPS(v, p.mem(name, right))
	}
}

func (p block) add(v reg.VecVirtual, name string, right bool) {
	sum := p.load(name, right)
	p.VADDPS(v, sum, sum)
	p.store(sum, name, right)
}

// pixels generates a function that runs body for the channels of y, a vector at a time.
func (g *gen) pixels(name, signature, doc string, slices []string, body func(p block)) {
	g.function(name, signature, doc)
	p := block{gen: g, base: map[string]reg.Register{}, half: g.length("y"), off: g.GP64()}
	for _, s := range slices {
		p.base[s] = g.pointer(s)
	}
	whole, rest := g.GP64(), g.GP64()
	g.MOVQ(p.half, whole)
	g.SHLQ(operand.U8(2), p.half)
	g.MOVQ(whole, rest)
	g.ANDQ(imm(g.lanes-1), rest)
	g.SUBQ(rest, whole)
	g.SHLQ(operand.U8(2), whole)
	g.XORQ(p.off, p.off)
	g.CMPQ(p.off, whole)
	g.JGE(operand.LabelRef("rest"))
	g.Label("whole")
	body(p)
	g.ADDQ(imm(g.bytes()), p.off)
	g.CMPQ(p.off, whole)
	g.JLT(operand.LabelRef("whole"))
	g.Label("rest")
	g.TESTQ(rest, rest)
	g.JZ(operand.LabelRef("done"))
	m := g.mask(rest)
	p.mask = &m
	body(p)
	g.Label("done")
	g.end()
}
