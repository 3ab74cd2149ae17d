package train

import (
	"math/rand/v2"

	"github.com/seed-6f79f512/slmsam/decoder"
)

// Box corners are moved by normal noise with a standard deviation of a tenth of the side, at most 20 pixels (SAM 2,
// appendix D.2).
const (
	boxNoise      = 0.1
	boxNoiseBound = 20
)

// negativeShare is the probability that a point after the first lies outside the object.
const negativeShare = 0.5

// points draws prompts for the b objects of a clip's first frame, the same number for each; nil if masks are the
// prompts.
func (s *Sampler) points(f Frame, b int, rng *rand.Rand) [][]decoder.Point {
	p := s.recipe.Prompts
	x := rng.Float64() * (p.Mask + p.Points + p.Box)
	if x < p.Mask {
		return nil
	}
	n := s.size * s.size
	count := 1 + rng.IntN(p.MaxPoints)
	out := make([][]decoder.Point, b)
	for i := range out {
		mask := f.Masks[i*n : (i+1)*n]
		if x < p.Mask+p.Points {
			out[i] = clicks(mask, s.size, count, rng)
		} else {
			out[i] = boxOf(mask, s.size, rng)
		}
	}
	return out
}

// clicks draws points: the first on the mask, the others on or off it.
func clicks(mask []bool, size, count int, rng *rand.Rand) []decoder.Point {
	var places [2][]int // pixels off and on the mask
	for p, on := range mask {
		k := 0
		if on {
			k = 1
		}
		places[k] = append(places[k], p)
	}
	var out []decoder.Point
	for i := range count {
		label, from := decoder.Positive, places[1]
		if i > 0 && rng.Float64() < negativeShare && len(places[0]) > 0 {
			label, from = decoder.Negative, places[0]
		}
		p := from[rng.IntN(len(from))]
		out = append(out, decoder.Point{X: float64(p % size), Y: float64(p / size), Label: label})
	}
	return out
}

// boxOf returns two opposite corners of a mask's bounding box, slightly jittered.
func boxOf(mask []bool, size int, rng *rand.Rand) []decoder.Point {
	x0, y0, x1, y1 := size, size, 0, 0
	for p, on := range mask {
		if on {
			x, y := p%size, p/size
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
		}
	}
	move := func(at, side int) float64 {
		d := min(max(rng.NormFloat64()*boxNoise*float64(side), -boxNoiseBound), boxNoiseBound)
		return min(max(float64(at)+d, 0), float64(size-1))
	}
	w, h := x1-x0+1, y1-y0+1
	return []decoder.Point{
		{X: move(x0, w), Y: move(y0, h), Label: decoder.BoxTopLeft},
		{X: move(x1, w), Y: move(y1, h), Label: decoder.BoxBottomRight},
	}
}
