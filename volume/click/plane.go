package click

import (
	"math"
	"slices"
)

// plane is a smoothed slice, with values from 0 to about 255.
type plane struct {
	h, w int
	pix  []float32 // [h,w]
	unit float64   // the usual difference between neighbors around the clicks
}

// Settings of planes.
const (
	rare      = 0.005 // fraction of intensities beyond either end of the range that becomes 0 to 255
	smoothing = 2     // passes of a 3 x 3 binomial filter
	nearby    = 0.08  // how far around clicks differences between neighbors count, as a fraction of the longer side
	leastUnit = 0.3   // the least unit, for slices without noise
)

// newPlane scales and smooths a slice [h,w]; noise is measured around the clicks.
func newPlane(values []float32, h, w int, clicks []Spot) *plane {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	n := int(rare * float64(len(sorted)))
	lo, hi := float64(sorted[n]), float64(sorted[len(sorted)-1-n])
	if hi <= lo {
		lo, hi = float64(sorted[0]), float64(sorted[len(sorted)-1])
	}
	scale := 0.0
	if hi > lo {
		scale = 255 / (hi - lo)
	}
	p := &plane{h: h, w: w, pix: make([]float32, h*w)}
	for i, v := range values {
		p.pix[i] = float32(min(max((float64(v)-lo)*scale, 0), 255))
	}
	for range smoothing {
		p.filter(0, 1)
		p.filter(1, 0)
	}
	p.unit = p.usualStep(clicks)
	return p
}

// at is the value at y, x, or at the border pixel closest to it.
func (p *plane) at(y, x int) float64 {
	return float64(p.pix[min(max(y, 0), p.h-1)*p.w+min(max(x, 0), p.w-1)])
}

// filter weighs each pixel and its neighbors dy, dx away on both sides by 2, 1 and 1.
func (p *plane) filter(dy, dx int) {
	out := make([]float32, len(p.pix))
	for y := range p.h {
		for x := range p.w {
			out[y*p.w+x] = float32((p.at(y-dy, x-dx) + 2*p.at(y, x) + p.at(y+dy, x+dx)) / 4)
		}
	}
	p.pix = out
}

// usualStep is the median difference between unequal neighbors around the clicks.
func (p *plane) usualStep(clicks []Spot) float64 {
	y0, y1, x0, x1 := p.h, 0, p.w, 0
	reach := int(nearby * float64(max(p.h, p.w)))
	for _, s := range clicks {
		y0, y1 = min(y0, s.Y-reach), max(y1, s.Y+reach)
		x0, x1 = min(x0, s.X-reach), max(x1, s.X+reach)
	}
	var steps []float64
	for y := max(y0, 0); y < min(y1, p.h); y++ {
		for x := max(x0, 1); x < min(x1, p.w); x++ {
			if d := math.Abs(p.at(y, x) - p.at(y, x-1)); d > 0 {
				steps = append(steps, d)
			}
		}
	}
	if len(steps) == 0 {
		return leastUnit
	}
	slices.Sort(steps)
	return max(steps[len(steps)/2], leastUnit)
}
