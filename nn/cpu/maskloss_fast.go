package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// maskChunk is how many pixels the fast loss takes at once: they stay in the nearest cache.
const maskChunk = 512

// bceChunk writes bce of up to maskChunk pixels to p and loss, its exponentials in vector instructions.
func (d *Device) bceChunk(x, t []float32, p, loss *[maskChunk]float32) {
	var e [maskChunk]float32
	for i, v := range x {
		e[i] = min(v, -v)
	}
	d.kernels.Exp(e[:len(x)], e[:len(x)]) // exp(-|x|)
	for i, v := range x {
		q := 1 / (1 + e[i])
		p[i] = q
		if v < 0 {
			p[i] = q * e[i]
		}
		loss[i] = max(v, 0) - v*t[i] + log1pUnit(e[i])
	}
}

// log1pUnit is log(1+e) for e in 0..1: 2*artanh(s) with s = e/(2+e) up to 1/3, by its series, exact to 1e-8.
func log1pUnit(e float32) float32 {
	s := e / (2 + e)
	q := s * s
	return 2 * s * (1 + q*(1./3+q*(1./5+q*(1./7+q*(1./9+q*(1./11+q*(1./13)))))))
}

// addMaskTermsFast is addMaskTerms for a run of pixels.
func (d *Device) addMaskTermsFast(sums []float64, x, t []float32, alpha float32) {
	s := (*[backend.MaskLossTerms]float64)(sums)
	var p, loss [maskChunk]float32
	for len(x) > 0 {
		n := min(maskChunk, len(x))
		d.bceChunk(x[:n], t[:n], &p, &loss)
		for i, truth := range t[:n] {
			miss := 1 - (p[i]*truth + (1-p[i])*(1-truth))
			s[0] += float64((alpha*truth + (1-alpha)*(1-truth)) * miss * miss * loss[i])
			s[1] += float64(p[i] * truth)
			s[2] += float64(p[i])
			s[3] += float64(truth)
			in, of := x[i] > 0, truth > 0.5
			if in && of {
				s[4]++
			}
			if in || of {
				s[5]++
			}
		}
		x, t = x[n:], t[n:]
	}
}

// maskLossBackwardFast adds the gradient of a run of pixels of one mask; g are its three derivatives by the sums.
func (d *Device) maskLossBackwardFast(x, t, dx []float32, g []float32, alpha float32) {
	var p, loss [maskChunk]float32
	for len(x) > 0 {
		n := min(maskChunk, len(x))
		d.bceChunk(x[:n], t[:n], &p, &loss)
		for i, truth := range t[:n] {
			slope := p[i] * (1 - p[i])
			miss := 1 - (p[i]*truth + (1-p[i])*(1-truth))
			focal := (alpha*truth + (1-alpha)*(1-truth)) * (miss*miss*(p[i]-truth) + 2*miss*(1-2*truth)*slope*loss[i])
			dx[i] += g[0]*focal + (g[1]*truth+g[2])*slope
		}
		x, t, dx = x[n:], t[n:], dx[n:]
	}
}
