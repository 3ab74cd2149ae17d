package simd

// The size of the tile of the plain kernels.
const (
	plainRows    = 4
	plainColumns = 4
)

// Plain returns the kernels in Go. They run everywhere and are the specification of the others.
func Plain() Kernels {
	return Kernels{
		Name: "Go", MR: plainRows, NR: plainColumns, Fold: 1,
		tile: tilePlain, tileInPlace: tileInPlacePlain, pack4: pack4Plain,
		copyA: copyPlain(plainRows), copyB: copyPlain(plainColumns),
		add: addPlain, mul: mulPlain, relu: reluPlain, gelu: geluPlain, geluGradient: geluGradientPlain, adamw: adamwPlain, exp: expPlain, sigmoid: sigmoidPlain,
		softmax: softmaxPlain, probability: probabilityPlain, scoreGradient: scoreGradientPlain, scaleLanes: scaleLanesPlain,
		axial: axialPlain(axialPlacePlain),
		sums:  sums{addGELUGradientPlain, addReLUGradientPlain, addMulPlain, addScaledPlain, affinePlain, blendPlain},
		norms: norms{layerNormPlain, layerNormBackwardPlain}, addRows: addRowsPlain, addRuns: addRunsPlain, depthwise: depthwisePlain(plainColumns),
		rotations: rotations{rotatePlain, rotateBackPlain}, slopes: slopes{reluGradientPlain, sigmoidGradientPlain, addSigmoidGradientPlain},
		pools: pools{maxPoolPlain, addMaxPoolGradientPlain}, maskLosses: maskLosses{maskLossPlain, maskLossGradientPlain}, fields: plainFields(),
	}
}

func tilePlain(k int, a, b, c []float32, ldc int, from []float32, ldf int) {
	var s [plainRows][plainColumns]float32
	// One row of sums at a time: the compiler keeps four sums in registers, but not sixteen.
	for i := range s {
		var s0, s1, s2, s3 float32
		pa, pb := a[i:], b
		for n := k; ; n-- {
			x, y := pa[0], (*[plainColumns]float32)(pb)
			s0 += x * y[0]
			s1 += x * y[1]
			s2 += x * y[2]
			s3 += x * y[3]
			if n == 1 {
				break
			}
			pa, pb = pa[plainRows:], pb[plainColumns:]
		}
		s[i] = [plainColumns]float32{s0, s1, s2, s3}
	}
	for i := range s {
		row := c[i*ldc:][:plainColumns]
		for j, v := range s[i] {
			if from != nil {
				v += from[i*ldf+j]
			}
			row[j] = v
		}
	}
}

func tileInPlacePlain(k int, a []float32, row, step int, b []float32, ldb int, c []float32, ldc int, from []float32, ldf int) {
	for i := range plainRows {
		var s [plainColumns]float32
		for n := range k {
			x, y := a[i*row+n*step], (*[plainColumns]float32)(b[n*ldb:])
			for j := range s {
				s[j] += x * y[j]
			}
		}
		out := c[i*ldc:][:plainColumns]
		for j, v := range s {
			if from != nil {
				v += from[i*ldf+j]
			}
			out[j] = v
		}
	}
}

func pack4Plain(n int, src []float32, ld int, dst []float32, step int) {
	r0, r1, r2, r3 := src[:n], src[ld:][:n], src[2*ld:][:n], src[3*ld:][:n]
	for i := range r0 {
		d := dst[i*step:][:4]
		d[0], d[1], d[2], d[3] = r0[i], r1[i], r2[i], r3[i]
	}
}

func copyPlain(width int) func(n int, src []float32, ld int, dst []float32) {
	return func(n int, src []float32, ld int, dst []float32) {
		for i := range n {
			copy(dst[i*width:][:width], src[i*ld:])
		}
	}
}

func addPlain(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func mulPlain(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func reluPlain(dst, x []float32) {
	for i, v := range x {
		dst[i] = max(v, 0)
	}
}
