package phantom

import (
	"math"
	"math/rand/v2"
)

// Config controls how large and how hard the volumes are.
type Config struct {
	MinSide, MaxSide int     // 64, 256: in-plane size in pixels, drawn for every volume
	MinDepth         int     // 16: slices, so that a clip of 8 fits on at least one side of any slice
	MaxDepth         int     // 24: slices
	MaxObjects       int     // 4: labeled structures
	LookAlikes       float64 // 0.6: probability that an object has an unlabeled twin of its intensity nearby
	MinContrast      float64 // 0.05: least difference from the surroundings, as a fraction of the gray range
	Flat             float64 // 0.25: fraction of volumes with the low contrast of CT shown over its whole range
}

// Default is the configuration that the built-in model was trained on.
func Default() Config {
	return Config{MinSide: 64, MaxSide: 224, MinDepth: 16, MaxDepth: 24, MaxObjects: 4, LookAlikes: 0.6, MinContrast: 0.05, Flat: 0.25}
}

// part is a structure of a scene. Later parts cover earlier ones.
type part struct {
	shape shape
	label uint8   // 0 means unlabeled
	gray  float64 // 0..1
}

// scene is a body with its parts.
type scene struct {
	parts []part
	depth float64 // of the volume, relative to the slice's side
	air   float64 // gray value outside the body
	look  look

	contrast, spread float64 // least and typical difference between neighboring tissues
	bone             bool    // some structures are far brighter than the rest
}

// drawScene draws a scene: the body, unlabeled tissue, the objects, and look-alikes of the objects.
func drawScene(rng *rand.Rand, c Config) *scene {
	s := &scene{depth: 0.15 + 0.6*rng.Float64(), contrast: c.MinContrast, spread: 0.25, look: drawLook(rng)}
	body := 0.3 + 0.4*rng.Float64()
	s.air = 0.05 * rng.Float64()
	if rng.Float64() < c.Flat { // CT over its whole range: soft tissues differ by only a few gray levels
		body, s.air = 0.32+0.04*rng.Float64(), 0
		s.contrast, s.spread = 0.008+0.02*rng.Float64(), 0.03
		s.look = look{noise: 0.001 + 0.014*rng.Float64(), blur: 0.8 * rng.Float64(), thick: s.look.thick, gamma: 1}
		s.bone = true
	}
	if rng.Float64() < 0.3 { // only the inside of the body is shown
		s.air = body
	} else {
		trunk := randomBlob(rng, 0.5, 0.5, 0.42+0.1*rng.Float64(), s.depth/2, 50)
		trunk.twist, trunk.x.amplitude, trunk.y.amplitude = 0, 0.02, 0.02
		for k := range trunk.deform {
			trunk.deform[k].amplitude /= 4
		}
		s.add(part{shape: trunk, gray: body})
	}
	for range 3 + rng.IntN(6) {
		gray := s.grayNear(rng, body, s.contrast/2)
		if s.bone && rng.Float64() < 0.3 {
			gray = 0.5 + 0.4*rng.Float64()
		}
		s.add(part{shape: s.solid(rng, 0.03+0.12*rng.Float64()), gray: gray})
	}
	n := 1 + rng.IntN(c.MaxObjects)
	for label := uint8(1); int(label) <= n; label++ {
		s.object(rng, c, label, body)
	}
	return s
}

// add adds a part, which covers earlier ones.
func (s *scene) add(p part) { s.parts = append(s.parts, p) }

// object adds a labeled structure, preceded by look-alikes that it covers and that continue where it ends.
func (s *scene) object(rng *rand.Rand, c Config, label uint8, body float64) {
	gray := s.grayNear(rng, body, s.contrast)
	r := 0.04 + 0.2*rng.Float64()*rng.Float64()
	x, y, z := s.place(rng)
	if rng.Float64() < c.LookAlikes {
		s.twin(rng, x, y, r, z, gray)
	}
	kind := rng.Float64()
	switch {
	case kind < 0.25:
		s.add(part{s.vessel(rng, 0.4*r+0.015), label, gray})
	case kind < 0.4: // a wall around a lumen, like the heart's or the gut's
		outer := randomBlob(rng, x, y, r, z, s.height(rng))
		s.ends(rng, outer, gray)
		inner := *outer
		inner.rx, inner.ry, inner.rz = 0.65*outer.rx, 0.65*outer.ry, 0.9*outer.rz
		s.add(part{outer, label, gray})
		s.add(part{&inner, 0, s.grayNear(rng, gray, 2*s.contrast)})
	case kind < 0.55: // two lobes
		for range 2 {
			lobe := randomBlob(rng, x+0.6*r*rng.NormFloat64(), y+0.6*r*rng.NormFloat64(), 0.7*r, z, s.height(rng))
			s.add(part{lobe, label, gray})
		}
	default:
		b := randomBlob(rng, x, y, r, z, s.height(rng))
		s.ends(rng, b, gray)
		s.add(part{b, label, gray})
	}
}

// twin adds an unlabeled structure of nearly the same gray value beside a position, over a different range of slices.
func (s *scene) twin(rng *rand.Rand, x, y, r, z, gray float64) {
	angle, away := rng.Float64()*2*math.Pi, r*(1.1+0.9*rng.Float64())
	x, y = x+away*math.Cos(angle), y+away*math.Sin(angle)
	z += s.depth * 0.4 * rng.NormFloat64()
	s.add(part{randomBlob(rng, x, y, r*(0.6+0.6*rng.Float64()), z, s.height(rng)), 0, gray + 0.1*s.contrast*rng.NormFloat64()})
}

// solid draws a structure somewhere in the body.
func (s *scene) solid(rng *rand.Rand, r float64) shape {
	if rng.Float64() < 0.3 {
		return s.vessel(rng, 0.4*r+0.01)
	}
	x, y, z := s.place(rng)
	return randomBlob(rng, x, y, r, z, s.height(rng))
}

// vessel draws a tube that runs through the whole volume or ends inside it.
func (s *scene) vessel(rng *rand.Rand, r float64) shape {
	x, y, _ := s.place(rng)
	z0, z1 := -1.0, 10.0
	if rng.Float64() < 0.5 {
		z0 = rng.Float64() * s.depth
		z1 = z0 + (0.3+rng.Float64())*s.depth
	}
	return randomTube(rng, x, y, r, z0, z1)
}

// place draws a position in the body, which fills the middle of the slice.
func (s *scene) place(rng *rand.Rand) (x, y, z float64) {
	angle, away := rng.Float64()*2*math.Pi, 0.33*math.Sqrt(rng.Float64())
	return 0.5 + away*math.Cos(angle), 0.5 + away*math.Sin(angle), (1.4*rng.Float64() - 0.2) * s.depth
}

// height draws the half height of a structure: some end inside the volume, some do not.
func (s *scene) height(rng *rand.Rand) float64 { return s.depth * (0.2 + 1.2*rng.Float64()) }

// ends cuts a structure off flat, like a label that stops at a landmark; often, unlabeled tissue of nearly the same
// gray value continues beyond the cut.
func (s *scene) ends(rng *rand.Rand, b *blob, gray float64) {
	whole := *b
	if rng.Float64() < 0.3 {
		b.cut0 = rng.Float64() * s.depth * 0.6
	}
	if rng.Float64() < 0.3 {
		b.cut1 = s.depth * (0.4 + 0.6*rng.Float64())
	}
	if cut := b.cut0 > whole.cut0 || b.cut1 < whole.cut1; cut && rng.Float64() < 0.5 {
		whole.rx, whole.ry = 0.8*whole.rx, 0.8*whole.ry
		s.add(part{&whole, 0, s.grayNear(rng, gray, s.contrast/2)})
	}
}

// grayNear draws a gray value that differs from another by at least contrast, usually not by much more.
func (s *scene) grayNear(rng *rand.Rand, from, contrast float64) float64 {
	d := contrast + s.spread*rng.ExpFloat64()*rng.Float64()
	if rng.Float64() < 0.5 {
		d = -d
	}
	if g := from + d; g > 0.02 && g < 1 {
		return g
	}
	return from - d
}
