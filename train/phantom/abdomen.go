package phantom

import (
	"math"
	"math/rand/v2"
)

// Labels of the Abdomen phantom.
const (
	Liver = iota + 1
	Kidney
	Vessel
)

// Abdomen is the phantom of slmsam demo: 40 slices of 192 x 192 with a liver, a kidney, and a vessel that begin and
// end inside the volume, plus an unlabeled second kidney, spleen, and spine.
func Abdomen(seed uint64) *Case {
	rng := rand.New(rand.NewPCG(seed, 0))
	const depth = 0.8
	organ := func(x, y, rx, ry, z, rz, angle float64) *blob {
		b := randomBlob(rng, x, y, 1, z, rz)
		b.rx, b.ry, b.angle, b.twist, b.power = rx, ry, angle, 0.2, 2
		b.x.amplitude, b.y.amplitude = 0.01, 0.01
		for k := range b.deform {
			b.deform[k].amplitude *= 0.4
		}
		return b
	}
	s := &scene{depth: depth, air: 0.02, look: look{bias: 0.05, texture: 0.025, noise: 0.02, blur: 0.7, gamma: 1}}
	body := organ(0.5, 0.52, 0.45, 0.36, depth/2, 50, 0)
	fat := *body
	fat.rx, fat.ry = 0.42, 0.33
	for _, p := range []part{
		{body, 0, 0.28}, {&fat, 0, 0.42},
		{organ(0.5, 0.72, 0.06, 0.07, depth/2, 50, 0), 0, 0.95}, // spine
		{organ(0.78, 0.5, 0.07, 0.12, 0.3, 0.35, 0.4), 0, 0.55}, // spleen
		{organ(0.3, 0.45, 0.17, 0.14, 0.3, 0.33, 0.3), Liver, 0.57},
		{organ(0.66, 0.66, 0.06, 0.08, 0.5, 0.25, -0.4), 0, 0.66}, // the other kidney
		{organ(0.33, 0.66, 0.06, 0.08, 0.47, 0.25, 0.4), Kidney, 0.66},
		{&tube{x: wave{0.55, 0.02, 1, 0}, y: wave{0.58, 0.02, 0.7, 0.3}, r: wave{0.03, 0.004, 1, 0}, z0: 0.06, z1: 0.74,
			split: math.Inf(1), stretchedX: 1}, Vessel, 0.72},
	} {
		s.add(p)
	}
	v := s.volume(rng, 192, 192, 40)
	v.Name = "abdomen"
	v.Spacing = [3]float64{1.8, 1.8, 5}
	return v
}
