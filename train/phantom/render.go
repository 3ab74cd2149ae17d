package phantom

import (
	"math"
	"math/rand/v2"
)

// look is how a scanner renders a scene.
type look struct {
	bias    float64 // strength of the bias field
	texture float64 // standard deviation of tissue texture
	noise   float64 // standard deviation of noise
	rician  bool    // noise as in MR magnitude images
	blur    float64 // standard deviation in pixels
	thick   bool    // partial volume: a slice is the mean of its two halves
	gamma   float64 // exponent of the tone curve
}

// drawLook draws a random look.
func drawLook(rng *rand.Rand) look {
	return look{bias: 0.3 * rng.Float64() * rng.Float64(), texture: 0.04 * rng.Float64(), noise: 0.05 * rng.Float64() * rng.Float64(),
		rician: rng.Float64() < 0.5, blur: 1.2 * rng.Float64(), thick: rng.Float64() < 0.3, gamma: math.Exp(0.4 * rng.NormFloat64())}
}

// paint fills in the gray values and labels of the section at z, both [h,w].
func (s *scene) paint(gray []float64, labels []uint8, h, w int, z float64) {
	for i := range gray {
		gray[i], labels[i] = s.air, 0
	}
	for _, p := range s.parts {
		cut, ok := p.shape.slice(z)
		if !ok {
			continue
		}
		x0, y0, x1, y1 := cut.box()
		for y := max(int(y0*float64(h)), 0); y < min(int(y1*float64(h))+2, h); y++ {
			for x := max(int(x0*float64(w)), 0); x < min(int(x1*float64(w))+2, w); x++ {
				if cut.inside((float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h)) {
					gray[y*w+x], labels[y*w+x] = p.gray, p.label
				}
			}
		}
	}
}

// render converts one slice's gray values from 0..1 to 8 bits.
func (l look) render(rng *rand.Rand, gray []float64, h, w int, z float64, bias, texture lattice) []uint8 {
	blur(gray, h, w, l.blur)
	curve := l.curve()
	out := make([]uint8, len(gray))
	for y := 0; y < h; y++ {
		for x := 0; x < w; x++ {
			i, u, v := y*w+x, float64(x)/float64(w), float64(y)/float64(h)
			g := gray[i] + l.texture*texture.at(12*u, 12*v, 12*z)*math.Min(1, 4*gray[i])
			g *= 1 + l.bias*bias.at(2*u, 2*v, 2*z)
			g += l.noise * rng.NormFloat64()
			if l.rician {
				g = math.Hypot(g, l.noise*rng.NormFloat64())
			}
			out[i] = curve[int(min(max(g, 0), 1)*(curveSteps-1))]
		}
	}
	return out
}

// curveSteps is the resolution of the tone curve's table.
const curveSteps = 4096

// curve tabulates gamma from gray values 0..1 to 8 bits.
func (l look) curve() *[curveSteps]uint8 {
	var c [curveSteps]uint8
	for i := range c {
		c[i] = uint8(255*math.Pow(float64(i)/(curveSteps-1), l.gamma) + 0.5)
	}
	return &c
}

// blur smooths an image in place with a Gaussian of standard deviation sigma, repeating the borders.
func blur(v []float64, h, w int, sigma float64) {
	if sigma < 0.3 {
		return
	}
	radius := int(3*sigma + 0.5)
	kernel, sum := make([]float64, 2*radius+1), 0.0
	for k := range kernel {
		d := float64(k-radius) / sigma
		kernel[k] = math.Exp(-d * d / 2)
		sum += kernel[k]
	}
	line := make([]float64, max(h, w))
	pass := func(at, step, n int) {
		for i := 0; i < n; i++ {
			acc := 0.0
			for k, c := range kernel {
				acc += c * v[at+step*min(max(i+k-radius, 0), n-1)]
			}
			line[i] = acc / sum
		}
		for i := 0; i < n; i++ {
			v[at+step*i] = line[i]
		}
	}
	for y := 0; y < h; y++ {
		pass(y*w, 1, w)
	}
	for x := 0; x < w; x++ {
		pass(x, w, h)
	}
}

// lattice is smooth noise: random values at integer coordinates, interpolated, and repeating with period.
type lattice []float64

// period is the size of a lattice, a power of two.
const period = 16

// newLattice draws a lattice of standard normal values.
func newLattice(rng *rand.Rand) lattice {
	l := make(lattice, period*period*period)
	for i := range l {
		l[i] = rng.NormFloat64()
	}
	return l
}

// at interpolates the lattice trilinearly.
func (l lattice) at(x, y, z float64) float64 {
	xi, yi, zi := math.Floor(x), math.Floor(y), math.Floor(z)
	fx, fy, fz := x-xi, y-yi, z-zi
	sum := 0.0
	for c := 0; c < 8; c++ {
		dx, dy, dz := c&1, c>>1&1, c>>2
		i := ((int(zi)+dz)&(period-1)*period+(int(yi)+dy)&(period-1))*period + (int(xi)+dx)&(period-1)
		sum += l[i] * weight(fx, dx) * weight(fy, dy) * weight(fz, dz)
	}
	return sum
}

// weight is the linear interpolation weight of the lower (d = 0) or upper neighbor.
func weight(f float64, d int) float64 {
	if d == 0 {
		return 1 - f
	}
	return f
}
