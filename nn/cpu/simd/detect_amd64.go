package simd

import "golang.org/x/sys/cpu"

// machine returns the kernels for a level; ok is false if this machine cannot run them.
func machine(level string) (k Kernels, ok bool) {
	switch level {
	case "plain":
		return Plain(), true
	case "avx2":
		return avx2(), cpu.X86.HasAVX2 && cpu.X86.HasFMA
	case "avx512":
		return avx512(), hasAVX512()
	case bf16Level:
		return avx512BF16(), hasAVX512() && cpu.X86.HasAVX512BF16 && cpu.X86.HasAVX512BW
	}
	return Kernels{}, false
}

func hasAVX512() bool { return cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasBMI2 }

func avx2() Kernels {
	return Kernels{
		Name: "AVX2", MR: 6, NR: 16, Fold: 1,
		tile: tileAVX2, tileInPlace: tileInPlaceAVX2, pack4: tailed(pack4AVX2, 8),
		copyA: copyAAVX2, copyB: copyBAVX2,
		add: addAVX2, mul: mulAVX2, relu: reluAVX2, gelu: geluAVX2, geluGradient: geluGradientAVX2, adamw: adamwAVX2, exp: expAVX2, sigmoid: sigmoidAVX2,
		softmax: softmaxAVX2, probability: probabilityAVX2, scoreGradient: scoreGradientAVX2, scaleLanes: scaleLanesAVX2,
		axial: axial{axial1AVX2, axial2AVX2, axial3AVX2, axial4AVX2, axial5AVX2, axial6AVX2},
		sums:  sums{addGELUGradientAVX2, addReLUGradientAVX2, addMulAVX2, addScaledAVX2, affineAVX2, blendAVX2},
		norms: norms{layerNormAVX2, layerNormBackwardAVX2}, addRows: addRowsAVX2, addRuns: addRunsAVX2, depthwise: depthwise{depthwiseAVX2, depthwiseGradientAVX2},
		rotations: rotations{rotateAVX2, rotateBackAVX2}, slopes: slopes{reluGradientAVX2, sigmoidGradientAVX2, addSigmoidGradientAVX2},
		pools: pools{maxPoolAVX2, addMaxPoolGradientAVX2}, maskLosses: maskLosses{maskLossAVX2, maskLossGradientAVX2},
		fields: fields{cutDualAVX2, cutPrimalAVX2, flowBrightnessAVX2, flowGradientsAVX2, flowSmoothnessAVX2, flowRelaxAVX2},
	}
}

func avx512() Kernels {
	return Kernels{
		Name: "AVX-512", MR: 12, NR: 32, Fold: 1,
		tile: tileAVX512, tileInPlace: tileInPlaceAVX512, pack4: tailed(pack4AVX512, 16),
		copyA: copyAAVX512, copyB: copyBAVX512,
		add: addAVX512, mul: mulAVX512, relu: reluAVX512, gelu: geluAVX512, geluGradient: geluGradientAVX512, adamw: adamwAVX512, exp: expAVX512, sigmoid: sigmoidAVX512,
		softmax: softmaxAVX512, probability: probabilityAVX512, scoreGradient: scoreGradientAVX512, scaleLanes: scaleLanesAVX512,
		axial: axial{axial1AVX512, axial2AVX512, axial3AVX512, axial4AVX512, axial5AVX512, axial6AVX512, axial7AVX512, axial8AVX512, axial9AVX512, axial10AVX512, axial11AVX512, axial12AVX512},
		sums:  sums{addGELUGradientAVX512, addReLUGradientAVX512, addMulAVX512, addScaledAVX512, affineAVX512, blendAVX512},
		norms: norms{layerNormAVX512, layerNormBackwardAVX512}, addRows: addRowsAVX512, addRuns: addRunsAVX512, depthwise: depthwise{depthwiseAVX512, depthwiseGradientAVX512},
		rotations: rotations{rotateAVX512, rotateBackAVX512}, slopes: slopes{reluGradientAVX512, sigmoidGradientAVX512, addSigmoidGradientAVX512},
		pools: pools{maxPoolAVX512, addMaxPoolGradientAVX512}, maskLosses: maskLosses{maskLossAVX512, maskLossGradientAVX512},
		fields: fields{cutDualAVX512, cutPrimalAVX512, flowBrightnessAVX512, flowGradientsAVX512, flowSmoothnessAVX512, flowRelaxAVX512},
	}
}

// avx512BF16 returns the kernels for AVX-512, with products in bfloat16.
func avx512BF16() Kernels {
	k := avx512()
	k.Name, k.Fold = "AVX-512 bf16", 2
	k.tile, k.tileInPlace = tileBF16, nil
	k.pairing = pairing{pair4: wholePairs, pairA: pairABF16, pairB: pairBBF16}
	k.axial = axial{axial1BF16, axial2BF16, axial3BF16, axial4BF16, axial5BF16, axial6BF16, axial7BF16, axial8BF16, axial9BF16, axial10BF16, axial11BF16, axial12BF16}
	return k
}

// wholePairs rounds a multiple of 16 pairs in assembly, and the rest in Go.
func wholePairs(n int, src []float32, ld int, dst []float32, step int) {
	whole := n - n%16
	if whole > 0 {
		pair4BF16(whole, src, ld, dst, step)
	}
	if whole < n {
		pair4Plain(n-whole, src[2*whole:], ld, dst[whole*step:], step)
	}
}

// tailed extends a pack4 that requires a multiple of lanes: it does the rest in Go.
func tailed(pack4 func(n int, src []float32, ld int, dst []float32, step int), lanes int) func(int, []float32, int, []float32, int) {
	return func(n int, src []float32, ld int, dst []float32, step int) {
		whole := n - n%lanes
		if whole > 0 {
			pack4(whole, src, ld, dst, step)
		}
		if whole < n {
			pack4Plain(n-whole, src[whole:], ld, dst[whole*step:], step)
		}
	}
}
