package main

import "math"

// The functions of panels of transposed scores, [keys][queries], for NEON. V2 and V3 hold a row of the panel.

// scaleLanes generates o[i] *= alpha for every row of a panel.
func (n *neon) scaleLanes() {
	n.function("scaleLanes", "func(n int, o, alpha []float32)", "multiplies every row of a panel by alpha; see Kernels.ScaleLanes.", 56)
	n.line("MOVD n+0(FP), R0")
	n.line("MOVD o_base+8(FP), R1")
	n.line("MOVD alpha_base+32(FP), R2")
	n.line("VLD1 (R2), [V0.S4, V1.S4]")
	n.rows(func() {
		n.op("FMUL", fmul, 2, 2, 0)
		n.op("FMUL", fmul, 3, 3, 1)
	})
	n.line("RET")
}

// probability generates P = 2^(S - lse), in place.
func (n *neon) probability() {
	n.function("probability", "func(n int, s, lse []float32)", "recomputes the probabilities of a panel; see Kernels.Probability.", 56)
	n.line("MOVD n+0(FP), R0")
	n.line("MOVD s_base+8(FP), R1")
	n.line("MOVD lse_base+32(FP), R2")
	n.line("VLD1 (R2), [V0.S4, V1.S4]")
	n.exp2Constants()
	n.rows(func() {
		for j := range neonVectors {
			n.op("FSUB", fsub, 2+j, 2+j, j)
			n.exp2(2 + j)
		}
	})
	n.line("RET")
}

// rows generates a loop over the R0 rows of the panel at R1. f changes V2 and V3.
func (n *neon) rows(f func()) {
	n.label("row")
	n.line("VLD1 (R1), [V2.S4, V3.S4]")
	f()
	n.line("VST1.P [V2.S4, V3.S4], 32(R1)")
	n.line("SUBS $1, R0, R0")
	n.line("BNE row")
}

// softmax generates one step of the online softmax, base 2: V0 and V1 are the maximum, V4 and V5 the sum of this step.
func (n *neon) softmax() {
	n.function("softmax", "func(n int, s, max, sum, alpha []float32)", "is one step of the online softmax of a panel; see Kernels.Softmax.", 104)
	n.line("MOVD n+0(FP), R0")
	n.line("MOVD s_base+8(FP), R1")
	n.line("MOVD max_base+32(FP), R2")
	n.line("MOVD sum_base+56(FP), R3")
	n.line("MOVD alpha_base+80(FP), R4")
	n.exp2Constants()
	n.line("VLD1 (R2), [V4.S4, V5.S4]")
	n.line("VORR V4.B16, V4.B16, V0.B16")
	n.line("VORR V5.B16, V5.B16, V1.B16")
	n.line("MOVD R0, R5")
	n.line("MOVD R1, R6")
	n.label("maximum")
	n.line("VLD1.P 32(R6), [V2.S4, V3.S4]")
	n.op("FMAX", fmax, 0, 0, 2)
	n.op("FMAX", fmax, 1, 1, 3)
	n.line("SUBS $1, R5, R5")
	n.line("BNE maximum")
	n.line("VST1 [V0.S4, V1.S4], (R2)")
	n.line("VLD1 (R3), [V2.S4, V3.S4]")
	for j := range neonVectors {
		n.op("FSUB", fsub, 4+j, 4+j, j)
		n.exp2(4 + j)
		n.op("FMUL", fmul, 2+j, 2+j, 4+j)
	}
	n.line("VST1 [V4.S4, V5.S4], (R4)")
	n.line("VST1 [V2.S4, V3.S4], (R3)")
	n.line("VEOR V4.B16, V4.B16, V4.B16")
	n.line("VEOR V5.B16, V5.B16, V5.B16")
	n.rows(func() {
		for j := range neonVectors {
			n.op("FSUB", fsub, 2+j, 2+j, j)
			n.exp2(2 + j)
			n.op("FADD", fadd, 4+j, 4+j, 2+j)
		}
	})
	n.line("VLD1 (R3), [V2.S4, V3.S4]")
	n.op("FADD", fadd, 2, 2, 4)
	n.op("FADD", fadd, 3, 3, 5)
	n.line("VST1 [V2.S4, V3.S4], (R3)")
	n.line("RET")
}

// The constants of exp2 live in V16 to V25.
const (
	exp2Low, exp2High, exp2Bias, exp2One, exp2First = 16, 17, 18, 19, 20
)

func (n *neon) exp2Constants() {
	load := func(v int, bits uint32) {
		n.line("MOVW $%#08x, R7", bits)
		n.line("VDUP R7, V%d.S4", v)
	}
	load(exp2Low, math.Float32bits(-152))
	load(exp2High, math.Float32bits(130))
	load(exp2Bias, 127)
	load(exp2One, math.Float32bits(1))
	for i, c := range exp2Poly {
		load(exp2First+i, math.Float32bits(c))
	}
}

// exp2 sets Vx to 2^Vx by way of V26 to V29; NaN stays NaN. The power is multiplied in two halves, so that denormal results
// come out right.
func (n *neon) exp2(x int) {
	const whole, half, p, q = 26, 27, 28, 29
	n.op("FMAX", fmax, x, x, exp2Low)
	n.op("FMIN", fmin, x, x, exp2High)
	n.unary("FRINTN", frintn, p, x)
	n.unary("FCVTNS", fcvtns, whole, x)
	n.op("FSUB", fsub, x, x, p)
	n.line("VORR V%d.B16, V%d.B16, V%d.B16", exp2First, exp2First, p)
	for i := 1; i <= len(exp2Poly); i++ { // Horner's rule, the last coefficient being 1
		c := exp2First + i
		if i == len(exp2Poly) {
			c = exp2One
		}
		n.line("VORR V%d.B16, V%d.B16, V%d.B16", c, c, q)
		n.op("FMLA", fmla, q, p, x)
		n.line("VORR V%d.B16, V%d.B16, V%d.B16", q, q, p)
	}
	n.unary("SSHR #1", sshr1, half, whole)
	n.op("SUB", isub, whole, whole, half)
	for _, e := range []int{half, whole} {
		n.op("ADD", iadd, e, e, exp2Bias)
		n.unary("SHL #23", shl23, e, e)
		n.op("FMUL", fmul, p, p, e)
	}
	n.line("VORR V%d.B16, V%d.B16, V%d.B16", p, p, x)
}
