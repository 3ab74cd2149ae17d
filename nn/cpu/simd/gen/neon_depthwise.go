package main

// The registers of a depthwise convolution: the sums of eight pixels, two vectors each; the seven weights of a row; and the current
// pixel. For the gradient, they are the sums of the weights, eight pixels of dY, and the current pixel.
const (
	neonSum    = 0
	neonWeight = neonSum + neonVectors*groupPixels
	neonInput  = neonWeight + neonVectors*taps
	neonPixel  = 16 * neonVectors // bytes

	neonGrad  = 0
	neonDelta = neonGrad + neonVectors*taps
)

// vectors loads ("VLD1") or stores ("VST1") n vectors at R(from), and advances it.
func (n *neon) vectors(name string, from, first, count int) {
	for i := 0; i < count; i += neonVectors {
		list := "[V%d.S4, V%d.S4]"
		if name == "VST1" {
			n.line("VST1.P "+list+", %d(R%d)", first+i, first+i+1, neonPixel, from)
		} else {
			n.line("VLD1.P %d(R%d), "+list, neonPixel, from, first+i, first+i+1)
		}
	}
}

// pass loads the pixels of a row at R(row), one after the other, and multiplies each by all operands that belong to it:
// sum(i, k) += pixel i+k * other(i, k).
func (n *neon) pass(row int, sum, other func(i, k int) int) {
	for j := range groupPixels + taps - 1 {
		n.vectors("VLD1", row, neonInput, neonVectors)
		for k := max(0, j-groupPixels+1); k <= min(j, taps-1); k++ {
			for v := range neonVectors {
				n.line("VFMLA V%d.S4, V%d.S4, V%d.S4", neonInput+v, other(j-k, k)+v, sum(j-k, k)+v)
			}
		}
	}
}

func (n *neon) depthwiseRow() {
	n.function("depthwise", "func(groups, rows int, x []float32, ldx int, weight, y []float32, ldy int, from []float32, ldf int)",
		"convolves a row; see Kernels.Depthwise.", 136)
	n.line("MOVD groups+0(FP), R0")
	n.line("MOVD x_base+16(FP), R2")
	n.line("MOVD ldx+40(FP), R3")
	n.line("MOVD y_base+72(FP), R5")
	n.line("MOVD ldy+96(FP), R6")
	n.line("MOVD from_base+104(FP), R7")
	n.line("MOVD ldf+128(FP), R8")
	for _, r := range []int{3, 6, 8} {
		n.line("LSL $2, R%d, R%d", r, r)
	}
	n.label("group")
	n.line("CBZ R7, zero")
	for i := range groupPixels {
		n.line("VLD1 (R7), [V%d.S4, V%d.S4]", neonSum+neonVectors*i, neonSum+neonVectors*i+1)
		n.line("ADD R8, R7, R7")
	}
	n.line("B begun")
	n.label("zero")
	for i := range neonVectors * groupPixels {
		n.line("VEOR V%d.B16, V%d.B16, V%d.B16", neonSum+i, neonSum+i, neonSum+i)
	}
	n.label("begun")
	n.line("MOVD rows+8(FP), R1")
	n.line("MOVD weight_base+48(FP), R4")
	n.line("MOVD R2, R9")
	n.label("row")
	n.vectors("VLD1", 4, neonWeight, neonVectors*taps)
	n.line("MOVD R9, R10")
	n.pass(10, func(i, _ int) int { return neonSum + neonVectors*i }, func(_, k int) int { return neonWeight + neonVectors*k })
	n.line("ADD R3, R9, R9")
	n.line("SUBS $1, R1, R1")
	n.line("BNE row")
	for i := range groupPixels {
		n.line("VST1 [V%d.S4, V%d.S4], (R5)", neonSum+neonVectors*i, neonSum+neonVectors*i+1)
		n.line("ADD R6, R5, R5")
	}
	n.line("ADD $%d, R2, R2", groupPixels*neonPixel)
	n.line("SUBS $1, R0, R0")
	n.line("BNE group")
	n.line("RET")
}

func (n *neon) depthwiseGradient() {
	n.function("depthwiseGradient", "func(groups, rows int, dweight, x []float32, ldx int, dy []float32, ldy int)",
		"adds to the gradient of a row of weights; see Kernels.DepthwiseGradient.", 104)
	n.line("MOVD rows+8(FP), R1")
	n.line("MOVD dweight_base+16(FP), R2")
	n.line("MOVD x_base+40(FP), R3")
	n.line("MOVD ldx+64(FP), R4")
	n.line("MOVD dy_base+72(FP), R5")
	n.line("MOVD ldy+96(FP), R6")
	n.line("LSL $2, R4, R4")
	n.line("LSL $2, R6, R6")
	n.line("MOVD R2, R10")
	n.vectors("VLD1", 10, neonGrad, neonVectors*taps)
	n.label("row")
	n.line("MOVD groups+0(FP), R0")
	n.line("MOVD R3, R7")
	n.line("MOVD R5, R8")
	n.label("group")
	n.vectors("VLD1", 8, neonDelta, neonVectors*groupPixels)
	n.line("MOVD R7, R9")
	n.pass(9, func(_, k int) int { return neonGrad + neonVectors*k }, func(i, _ int) int { return neonDelta + neonVectors*i })
	n.line("ADD $%d, R7, R7", groupPixels*neonPixel)
	n.line("SUBS $1, R0, R0")
	n.line("BNE group")
	n.line("ADD R4, R3, R3")
	n.line("ADD R6, R5, R5")
	n.line("SUBS $1, R1, R1")
	n.line("BNE row")
	n.vectors("VST1", 2, neonGrad, neonVectors*taps)
	n.line("RET")
}
