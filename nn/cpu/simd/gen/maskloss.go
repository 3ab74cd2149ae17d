package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// log1pSeries holds the coefficients of 2*artanh(s)/s as a polynomial in s*s, highest power first. With s = e/(2+e), which is at
// most 1/3, 2*artanh(s) is log(1+e).
var log1pSeries = []float32{2. / 13, 2. / 11, 2. / 9, 2. / 7, 2. / 5, 2. / 3, 2}

// maskLosses generates the sums of the mask losses, and their gradient, for whole vectors of pixels.
func (g *gen) maskLosses() {
	g.maskLoss()
	g.maskLossGradient()
}

// pixelLoss holds what both need for a vector of pixels.
type pixelLoss struct {
	x, t, p, loss, miss, weight reg.VecVirtual // weight is alpha_t
	tail                        reg.VecVirtual // p if x <= 0, otherwise 1-p
}

// pixelLoss loads a vector of logits x and truth t; c holds 1-alpha and 2*alpha-1.
func (g *gen) pixelLoss(x, t, c reg.Register) pixelLoss {
	one := g.vec()
	g.VMOVUPS(g.constant("one", 1), one)
	l := pixelLoss{x: g.vec(), t: g.vec(), p: g.vec(), loss: g.vec(), miss: g.vec(), weight: g.vec(), tail: g.vec()}
	g.VMOVUPS(at(x, 0), l.x)
	g.VMOVUPS(at(t, 0), l.t)

	zero, e := g.vec(), g.vec()
	g.zero(zero)
	g.VSUBPS(l.x, zero, e)
	g.VMINPS(l.x, e, e)
	e = g.exp(e) // exp(-|x|)
	g.VADDPS(one, e, l.p)
	g.VDIVPS(l.p, one, l.p) // 1/(1+e), the probability for x >= 0
	negative := g.vec()
	g.VMULPS(e, l.p, negative)
	g.VMOVAPS(negative, l.tail)
	nonnegative := g.greater(l.x, zero)
	nonnegative(l.p, false)
	nonnegative(negative, true)
	g.VADDPS(negative, l.p, l.p) // at 0 both are 1/2

	s, q := g.vec(), g.vec()
	g.VADDPS(g.constant("two", 2), e, s)
	g.VDIVPS(s, e, s)
	g.VMULPS(s, s, q)
	series := g.polynomial("log1p", log1pSeries, q)
	g.VMULPS(series, s, s)
	g.VMAXPS(zero, l.x, l.loss)
	g.VFNMADD231PS(l.t, l.x, l.loss)
	g.VADDPS(s, l.loss, l.loss) // max(x,0) - x*t + log(1+e)

	g.VMULPS(l.t, l.p, l.miss) // p + t - 2*p*t
	g.VMULPS(g.constant("minus2", -2), l.miss, l.miss)
	g.VADDPS(l.p, l.miss, l.miss)
	g.VADDPS(l.t, l.miss, l.miss)

	slope := g.vec()
	g.VBROADCASTSS(at(c, 0), l.weight)
	g.VBROADCASTSS(at(c, 4), slope)
	g.VFMADD231PS(l.t, slope, l.weight)
	return l
}

// eachPixels generates a loop of body over the vectors of the slices at the pointers; n is a multiple of the lanes.
func (g *gen) eachPixels(n reg.Register, pointers []reg.Register, body func()) {
	g.Label("pixels")
	body()
	for _, p := range pointers {
		g.ADDQ(imm(g.bytes()), p)
	}
	g.SUBQ(imm(g.lanes), n)
	g.JNZ(operand.LabelRef("pixels"))
	g.end()
}

// maskLoss generates additions to eight vectors of sums: focal, r*t, r, t, intersection, union, in, in*t. Here, in is 1 if x > 0,
// and r = p - in, which is near 0 for confident pixels of either kind, so that the sums of a good mask are accurate.
func (g *gen) maskLoss() {
	g.function("maskLoss", "func(sums, x, t, c []float32)", "adds up the mask losses; see Kernels.MaskLoss.")
	n, sums, x, t, c := g.length("x"), g.pointer("sums"), g.pointer("x"), g.pointer("t"), g.pointer("c")
	add := func(i int, v reg.VecVirtual) {
		g.VADDPS(at(sums, i*g.bytes()), v, v)
		g.VMOVUPS(v, at(sums, i*g.bytes()))
	}
	g.eachPixels(n, []reg.Register{x, t}, func() {
		l := g.pixelLoss(x, t, c)
		v := g.vec()
		g.VMULPS(l.miss, l.miss, v)
		g.VMULPS(l.weight, v, v)
		g.VMULPS(l.loss, v, v)
		add(0, v)
		zero, half, in, of := g.vec(), g.vec(), g.vec(), g.vec()
		g.zero(zero)
		g.VMOVUPS(g.constant("half", 0.5), half)
		g.VMOVUPS(g.constant("one", 1), in)
		g.VMOVUPS(g.constant("one", 1), of)
		g.greater(l.x, zero)(in, false)
		g.greater(l.t, half)(of, false)
		r := g.vec() // tail * (1 - 2*in)
		g.VMULPS(g.constant("minus2", -2), in, r)
		g.VMULPS(l.tail, r, r)
		g.VADDPS(l.tail, r, r)
		rt := g.vec()
		g.VMULPS(l.t, r, rt)
		add(1, rt)
		add(2, r)
		inside := g.vec()
		g.VMULPS(l.t, in, inside)
		add(7, inside)
		inside = g.vec()
		g.VMOVAPS(in, inside)
		add(6, inside)
		add(3, l.t)
		both := g.vec()
		g.VMINPS(of, in, both)
		add(4, both)
		g.VMAXPS(of, in, in)
		add(5, in)
	})
}

// maskLossGradient generates the gradient. c also holds the derivatives of the loss with respect to the sums focal, p*t and p.
func (g *gen) maskLossGradient() {
	g.function("maskLossGradient", "func(dx, x, t, c []float32)", "differentiates maskLoss; see Kernels.AddMaskLossGradient.")
	n, dx, x, t, c := g.length("x"), g.pointer("dx"), g.pointer("x"), g.pointer("t"), g.pointer("c")
	g.eachPixels(n, []reg.Register{dx, x, t}, func() {
		l := g.pixelLoss(x, t, c)
		slope := g.vec() // p - p*p
		g.VMOVAPS(l.p, slope)
		g.VFNMADD231PS(l.p, l.p, slope)
		focal, rest := g.vec(), g.vec()
		g.VSUBPS(l.t, l.p, focal)
		g.VMULPS(l.miss, focal, focal)
		g.VMOVUPS(g.constant("one", 1), rest)
		g.VFMADD231PS(g.constant("minus2", -2), l.t, rest) // 1 - 2t
		g.VMULPS(slope, rest, rest)
		g.VMULPS(l.loss, rest, rest)
		g.VFMADD231PS(g.constant("two", 2), rest, focal) // (miss*(p-t) + 2*(1-2t)*slope*loss) * miss * weight
		g.VMULPS(l.miss, focal, focal)
		g.VMULPS(l.weight, focal, focal)
		factor, dice := g.vec(), g.vec()
		g.VBROADCASTSS(at(c, 12), factor)
		g.VBROADCASTSS(at(c, 16), dice)
		g.VFMADD231PS(l.t, factor, dice)
		g.VMULPS(slope, dice, dice)
		g.VBROADCASTSS(at(c, 8), factor)
		g.VFMADD231PS(factor, focal, dice)
		g.VADDPS(at(dx, 0), dice, dice)
		g.VMOVUPS(dice, at(dx, 0))
	})
}
