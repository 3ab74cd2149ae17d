package simd

import "math"

func addRowsPlain(rows int, dst, x []float32, ldx int) {
	for i := range rows {
		for c, v := range x[i*ldx:][:len(dst)] {
			dst[c] += v
		}
	}
}

func addRunsPlain(n, width int, dst []float32, ldd int, src []float32, lds int) {
	for i := range n {
		to := dst[i*ldd:][:width]
		addPlain(to, to, src[i*lds:])
	}
}

func rotatePlain(dst, x, angles []float32) {
	for i := 0; i < len(dst); i += 2 {
		x0, x1, cos, sin := x[i], x[i+1], angles[i], angles[i+1]
		dst[i], dst[i+1] = x0*cos-x1*sin, x1*cos+x0*sin
	}
}

func rotateBackPlain(dst, x, angles []float32) {
	for i := 0; i < len(dst); i += 2 {
		x0, x1, cos, sin := x[i], x[i+1], angles[i], angles[i+1]
		dst[i], dst[i+1] = x0*cos+x1*sin, x1*cos-x0*sin
	}
}

func reluGradientPlain(dst, x, y []float32) {
	for i, v := range x {
		if v > 0 {
			dst[i] = y[i]
		} else {
			dst[i] = 0
		}
	}
}

// sigmoidSlope is sigmoid'(x) = p * (1-p), p = sigmoid(x).
func sigmoidSlope(x float32) float32 {
	p := 1 / (1 + math.Exp(-float64(x)))
	return float32(p * (1 - p))
}

func sigmoidGradientPlain(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = y[i] * sigmoidSlope(v)
	}
}

func addSigmoidGradientPlain(dst, x, y []float32) {
	for i, v := range x {
		dst[i] += y[i] * sigmoidSlope(v)
	}
}
