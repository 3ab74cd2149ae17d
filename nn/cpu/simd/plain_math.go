package simd

import "math"

func geluPlain(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(float64(v) * 0.5 * (1 + math.Erf(float64(v)*math.Sqrt2/2)))
	}
}

func geluGradientPlain(dst, x, y []float32) {
	for i, f := range x {
		v := float64(f)
		slope := 0.5*(1+math.Erf(v*math.Sqrt2/2)) + v*math.Exp(-0.5*v*v)/math.Sqrt(2*math.Pi)
		dst[i] = float32(float64(y[i]) * slope)
	}
}

func adamwPlain(param, grad, m, v, c []float32) {
	for i := range param {
		g := c[0] * grad[i]
		m[i] = c[1]*m[i] + c[2]*g
		v[i] = c[3]*v[i] + c[4]*g*g
		root := float32(math.Sqrt(float64(c[5] * v[i])))
		param[i] = c[7]*param[i] - c[8]*m[i]/(root+c[6])
	}
}

func expPlain(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(math.Exp(float64(v)))
	}
}

func sigmoidPlain(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
}

// exp2 returns 2^x. It is several times faster than math.Exp2.
func exp2(x float32) float32 { return float32(math.Exp(float64(x) * math.Ln2)) }

func softmaxPlain(n int, s, largest, sum, alpha []float32) {
	w := len(alpha)
	for j := range w {
		m := largest[j]
		for i := range n {
			m = max(m, s[i*w+j])
		}
		alpha[j] = exp2(largest[j] - m)
		var total float32 // of this step alone: adding many small terms to a large sum would lose digits
		for i := range n {
			p := exp2(s[i*w+j] - m)
			s[i*w+j] = p
			total += p
		}
		largest[j], sum[j] = m, sum[j]*alpha[j]+total
	}
}

func probabilityPlain(n int, s, lse []float32) {
	for i := range n {
		row := s[i*len(lse):][:len(lse)]
		for j, v := range row {
			row[j] = exp2(v - lse[j])
		}
	}
}

func scoreGradientPlain(n int, p, dp, delta []float32) {
	for i := range n {
		row, prob := dp[i*len(delta):][:len(delta)], p[i*len(delta):]
		for j, d := range delta {
			row[j] = prob[j] * (row[j] - d)
		}
	}
}

func scaleLanesPlain(n int, o, alpha []float32) {
	for i := range n {
		row := o[i*len(alpha):][:len(alpha)]
		for j, a := range alpha {
			row[j] *= a
		}
	}
}
