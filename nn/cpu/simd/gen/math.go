package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Coefficients of polynomials, highest power first. Those of exp and exp2 are from expf and exp2f of the Cephes library (S.
// Moshier), for fractions in -1/2..1/2 (times ln 2 for exp). erfP/erfQ is the rational approximation in generic_fast_erf of the
// Eigen library, for |x| <= 4. slopeP/slopeQ was fitted to gelu' - 1/2 by least squares whose weights grow where the error is
// large; for |x| <= 5.7 the error is below 3e-7.
var (
	expPoly  = []float32{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1}
	exp2Poly = []float32{1.535336188319500e-4, 1.339887440266574e-3, 9.618437357674640e-3, 5.550332471162809e-2,
		2.402264791363012e-1, 6.931472028550421e-1}
	erfP = []float32{-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05,
		-7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02}
	erfQ = []float32{-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03,
		-1.42647390514189e-02}
	slopeP = []float32{1.9278890306395624e-07, 3.594550798879936e-05, 1.9322556909173727e-05, 1.4229513704776764e-02,
		-3.0991841107606888e-02, 7.978853583335876e-01}
	slopeQ = []float32{8.94794357009232e-06, 1.9204059208277613e-04, 3.5229718778282404e-03, 4.0980949997901917e-02,
		2.944990396499634e-01, 1}
)

// polynomial evaluates a polynomial at x by Horner's rule, in a new register.
func (g *gen) polynomial(name string, coef []float32, x reg.VecVirtual) reg.VecVirtual {
	p := g.vec()
	g.VMOVUPS(g.constant(name+"0", coef[0]), p)
	for i, c := range coef[1:] {
		g.VFMADD213PS(g.constant(fmt.Sprint(name, i+1), c), x, p)
	}
	return p
}

// clamp limits x to lo..hi. NaN stays NaN, because max and min then return their second source.
func (g *gen) clamp(x reg.VecVirtual, lo, hi operand.Mem) {
	limit := g.vec()
	g.VMOVUPS(lo, limit)
	g.VMAXPS(x, limit, x)
	g.VMOVUPS(hi, limit)
	g.VMINPS(x, limit, x)
}

// round sets n to the integer nearest to x.
func (g *gen) round(x, n reg.VecVirtual) {
	if g.lanes == 16 {
		g.VRNDSCALEPS(operand.U8(8), x, n)
		return
	}
	g.VROUNDPS(operand.U8(8), x, n)
}

// exp2 computes 2^x in place.
func (g *gen) exp2(x reg.VecVirtual) reg.VecVirtual {
	g.clamp(x, g.constant("exp2lo", -152), g.constant("exp2hi", 130))
	n := g.vec()
	g.round(x, n)
	g.VSUBPS(n, x, x)
	p := g.polynomial("exp2_", exp2Poly, x)
	g.VFMADD213PS(g.constant("one", 1), x, p)
	return g.ldexp(p, n)
}

// exp computes e^x in place, as 2^n * e^r with x = n*ln(2) + r. ln(2) is split into two parts, so that r is accurate.
func (g *gen) exp(x reg.VecVirtual) reg.VecVirtual {
	g.clamp(x, g.constant("explo", -105), g.constant("exphi", 90))
	n := g.vec()
	g.VMULPS(g.constant("log2e", math.Log2E), x, n)
	g.round(n, n)
	g.VFNMADD231PS(g.constant("ln2hi", 0.693359375), n, x)
	g.VFNMADD231PS(g.constant("ln2lo", -2.12194440e-4), n, x)
	p := g.polynomial("exp_", expPoly, x)
	g.VFMADD213PS(g.constant("one", 1), x, p)
	g.VFMADD213PS(g.constant("one", 1), x, p)
	return g.ldexp(p, n)
}

// ldexp computes p * 2^n. AVX2 multiplies by 2^(n/2) twice, so that denormal results are correct.
func (g *gen) ldexp(p, n reg.VecVirtual) reg.VecVirtual {
	if g.lanes == 16 {
		g.VSCALEFPS(n, p, p)
		return p
	}
	half, rest := g.vec(), g.vec()
	bias := g.integers("bias", 127)
	g.VCVTPS2DQ(n, rest)
	g.VPSRAD(operand.U8(1), rest, half)
	g.VPSUBD(half, rest, rest)
	for _, e := range []reg.VecVirtual{half, rest} {
		g.VPADDD(bias, e, e)
		g.VPSLLD(operand.U8(23), e, e)
		g.VMULPS(e, p, p)
	}
	return p
}

// integers returns a memory operand that holds the integer x in every lane.
func (g *gen) integers(name string, x uint32) operand.Mem {
	return g.constant(name, math.Float32frombits(x))
}

// sigmoid computes 1 / (1 + exp(-x)) in place.
func (g *gen) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	neg := g.vec()
	g.zero(neg)
	g.VSUBPS(x, neg, neg)
	e := g.exp(neg)
	one := g.vec()
	g.VMOVUPS(g.constant("one", 1), one)
	g.VADDPS(one, e, e)
	g.VDIVPS(e, one, e)
	return e
}

// gelu computes x * (1 + erf(x/sqrt(2))) / 2.
func (g *gen) gelu(x reg.VecVirtual) reg.VecVirtual {
	p := g.erf(x)
	g.VMULPS(g.constant("half", 0.5), x, x)
	g.VFMADD213PS(x, p, x)
	return x
}

// geluSlope computes gelu'(x) = (1 + erf(x/sqrt(2))) / 2 + x*phi(x), phi(x) = exp(-x*x/2) / sqrt(2 pi).
func (g *gen) geluSlope(x reg.VecVirtual) reg.VecVirtual {
	g.clamp(x, g.constant("slopelo", -5.7), g.constant("slopehi", 5.7))
	p := g.oddQuotient("slope", slopeP, slopeQ, x)
	g.VADDPS(g.constant("half", 0.5), p, p)
	return p
}

// erf computes erf(x/sqrt(2)). It limits the quotient to -1..1, which it can exceed by a rounding error.
func (g *gen) erf(x reg.VecVirtual) reg.VecVirtual {
	z := g.vec()
	g.VMULPS(g.constant("sqrt1_2", math.Sqrt2/2), x, z)
	g.clamp(z, g.constant("erflo", -4), g.constant("erfhi", 4))
	p := g.oddQuotient("erf", erfP, erfQ, z)
	g.clamp(p, g.constant("minus1", -1), g.constant("one", 1))
	return p
}

// oddQuotient computes x * P(x*x) / Q(x*x), in a new register.
func (g *gen) oddQuotient(name string, p, q []float32, x reg.VecVirtual) reg.VecVirtual {
	square := g.vec()
	g.VMULPS(x, x, square)
	up := g.polynomial(name+"p", p, square)
	down := g.polynomial(name+"q", q, square)
	g.VMULPS(x, up, up)
	g.VDIVPS(down, up, up)
	return up
}
