package simd

import "math"

func addGELUGradientPlain(dst, x, y []float32) {
	for i := range dst {
		var g [1]float32
		geluGradientPlain(g[:], x[i:i+1], y[i:i+1])
		dst[i] += g[0]
	}
}

func addReLUGradientPlain(dst, x, y []float32) {
	for i, v := range x {
		if v > 0 {
			dst[i] += y[i]
		}
	}
}

func addMulPlain(dst, x, y []float32) {
	for i := range dst {
		dst[i] += x[i] * y[i]
	}
}

func addScaledPlain(dst, x, c []float32) {
	for i, v := range x {
		dst[i] += c[0] * v
	}
}

func affinePlain(dst, x, c []float32) {
	for i, v := range x {
		dst[i] = c[0]*v + c[1]
	}
}

func blendPlain(dst, x, y, c []float32) {
	for i := range dst {
		dst[i] = c[0]*x[i] + c[1]*y[i]
	}
}

// momentsPlain returns the mean of x, c[0] being 1/len(x), and 1/sqrt(variance + c[1]).
func momentsPlain(x, c []float32) (mean, rstd float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	for _, v := range x {
		rstd += (float64(v) - mean) * (float64(v) - mean)
	}
	return mean, 1 / math.Sqrt(rstd/float64(len(x))+float64(c[1]))
}

func layerNormPlain(rows int, y, x, gamma, beta, c []float32) {
	n := len(gamma)
	for r := range rows {
		in, out := x[r*n:][:n], y[r*n:][:n]
		mean, rstd := momentsPlain(in, c)
		for i, v := range in {
			out[i] = float32((float64(v)-mean)*rstd)*gamma[i] + beta[i]
		}
	}
}

func layerNormBackwardPlain(rows int, dx, dgamma, dbeta, x, dy, gamma, c []float32, add bool) {
	n := len(gamma)
	for r := range rows {
		in, d, out := x[r*n:][:n], dy[r*n:][:n], dx[r*n:][:n]
		mean, rstd := momentsPlain(in, c)
		var meanG, meanGX float64 // of g = dy*gamma and g*xh
		for i, v := range in {
			xh := (float64(v) - mean) * rstd
			dgamma[i] += d[i] * float32(xh)
			dbeta[i] += d[i]
			g := float64(d[i] * gamma[i])
			meanG += g / float64(n)
			meanGX += g * xh / float64(n)
		}
		for i, v := range in {
			xh := (float64(v) - mean) * rstd
			slope := float32((float64(d[i]*gamma[i]) - meanG - xh*meanGX) * rstd)
			if add {
				slope += out[i]
			}
			out[i] = slope
		}
	}
}

func maxPoolPlain(y, top, bottom []float32) {
	n := len(y)
	for i := range y {
		y[i] = max(top[i], top[n+i], bottom[i], bottom[n+i])
	}
}

func addMaxPoolGradientPlain(dtop, dbottom, top, bottom, dy []float32) {
	n := len(dy)
	for i, d := range dy {
		best, to := top[i], &dtop[i]
		if top[n+i] > best {
			best, to = top[n+i], &dtop[n+i]
		}
		if bottom[i] > best {
			best, to = bottom[i], &dbottom[i]
		}
		if bottom[n+i] > best {
			to = &dbottom[n+i]
		}
		*to += d
	}
}
