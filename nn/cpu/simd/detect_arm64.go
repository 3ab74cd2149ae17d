package simd

// machine returns the kernels for a level; ok is false if this machine cannot run them. Every arm64 has NEON.
func machine(level string) (k Kernels, ok bool) {
	switch level {
	case "plain":
		return Plain(), true
	case "neon":
		return neon(), true
	}
	return Kernels{}, false
}

// neon returns the kernels for NEON: products, depthwise convolutions, softmax and sums. The others are in Go.
func neon() Kernels {
	k := Plain()
	k.Name, k.MR, k.NR = "NEON", 12, 8
	k.tile, k.tileInPlace = tileNEON, tileInPlaceNEON
	k.copyA, k.copyB = copyPlain(k.MR), copyPlain(k.NR)
	k.depthwise = depthwise{depthwiseNEON, depthwiseGradientNEON}
	k.add, k.mul = wholeTwo(addNEON, addPlain), wholeTwo(mulNEON, mulPlain)
	k.relu = func(dst, x []float32) {
		whole := len(dst) &^ 3
		if whole > 0 {
			reluNEON(dst[:whole], x)
		}
		reluPlain(dst[whole:], x[whole:])
	}
	k.softmax, k.probability, k.scaleLanes = softmaxNEON, probabilityNEON, scaleLanesNEON
	k.axial = nil // the plain ones only work with the plain tile
	return k
}

// wholeTwo extends a function that requires a multiple of 4 elements: it does the rest in Go.
func wholeTwo(vector, plain func(dst, x, y []float32)) func(dst, x, y []float32) {
	return func(dst, x, y []float32) {
		whole := len(dst) &^ 3
		if whole > 0 {
			vector(dst[:whole], x, y)
		}
		plain(dst[whole:], x[whole:], y[whole:])
	}
}
