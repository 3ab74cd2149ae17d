package phantom

import "math/rand/v2"

// Config says how large and how hard the volumes are.
type Config struct {
	MinSide, MaxSide int     // 64, 256: in-plane pixels, drawn anew for every volume
	MinDepth         int     // 8: slices
	MaxDepth         int     // 16
	MaxObjects       int     // 4: labelled structures
	LookAlikes       float64 // 0.6: probability that an object has an unlabelled twin of its intensity near by
	MinContrast      float64 // 0.05: least difference to the surroundings, of the grey range
}

// Default is what the built-in model was trained on.
func Default() Config {
	return Config{MinSide: 64, MaxSide: 224, MinDepth: 8, MaxDepth: 16, MaxObjects: 4, LookAlikes: 0.6, MinContrast: 0.05}
}

// part is a structure of a scene. Later parts cover earlier ones.
type part struct {
	shape shape
	label uint8   // 0 is not labelled
	grey  float64 // 0..1
}

// scene is a body with its parts.
type scene struct {
	parts []part
	depth float64 // of the volume, in sides
	air   float64 // grey outside the body
	look  look
}

// drawScene makes a scene: the body, tissue that nobody asks for, the objects, and twins of the objects.
func drawScene(rng *rand.Rand, c Config) *scene {
	s := &scene{depth: 0.15 + 0.6*rng.Float64(), look: drawLook(rng)}
	body := 0.3 + 0.4*rng.Float64()
	s.air = 0.05 * rng.Float64()
	if rng.Float64() < 0.3 { // cropped to the inside of a body
		s.air = body
	} else {
		s.add(part{shape: randomBlob(rng, 0.5, 0.5, 0.42+0.1*rng.Float64(), s.depth/2, 50), grey: body})
	}
	for range 3 + rng.IntN(6) {
		s.add(part{shape: s.solid(rng, 0.03+0.12*rng.Float64()), grey: s.greyNear(rng, body, 0.02)})
	}
	n := 1 + rng.IntN(c.MaxObjects)
	for label := uint8(1); int(label) <= n; label++ {
		s.object(rng, c, label, body)
	}
	return s
}

func (s *scene) add(p part) { s.parts = append(s.parts, p) }

// object adds a labelled structure, perhaps with a wall or a core of its own label's neighbour, and a twin.
func (s *scene) object(rng *rand.Rand, c Config, label uint8, body float64) {
	grey := s.greyNear(rng, body, c.MinContrast)
	r := 0.04 + 0.16*rng.Float64()*rng.Float64()
	kind := rng.Float64()
	switch {
	case kind < 0.25:
		s.add(part{s.vessel(rng, 0.4*r+0.015), label, grey})
	case kind < 0.4: // a wall round a lumen, as the heart's or the gut's
		x, y, z := s.place(rng)
		outer := randomBlob(rng, x, y, r, z, s.height(rng))
		s.ends(rng, outer)
		inner := *outer
		inner.rx, inner.ry, inner.rz = 0.65*outer.rx, 0.65*outer.ry, 0.9*outer.rz
		s.add(part{outer, label, grey})
		s.add(part{&inner, 0, s.greyNear(rng, grey, 0.1)})
	case kind < 0.55: // two lobes
		x, y, z := s.place(rng)
		for range 2 {
			lobe := randomBlob(rng, x+0.6*r*rng.NormFloat64(), y+0.6*r*rng.NormFloat64(), 0.7*r, z, s.height(rng))
			s.add(part{lobe, label, grey})
		}
	default:
		x, y, z := s.place(rng)
		b := randomBlob(rng, x, y, r, z, s.height(rng))
		s.ends(rng, b)
		s.add(part{b, label, grey})
	}
	if rng.Float64() < c.LookAlikes {
		s.add(part{s.solid(rng, r), 0, grey + 0.01*rng.NormFloat64()})
	}
}

// solid is a structure somewhere in the body.
func (s *scene) solid(rng *rand.Rand, r float64) shape {
	if rng.Float64() < 0.3 {
		return s.vessel(rng, 0.4*r+0.01)
	}
	x, y, z := s.place(rng)
	return randomBlob(rng, x, y, r, z, s.height(rng))
}

// vessel runs through the whole volume or ends inside.
func (s *scene) vessel(rng *rand.Rand, r float64) shape {
	x, y, _ := s.place(rng)
	z0, z1 := -1.0, 10.0
	if rng.Float64() < 0.5 {
		z0 = rng.Float64() * s.depth
		z1 = z0 + (0.3+rng.Float64())*s.depth
	}
	return randomTube(rng, x, y, r, z0, z1)
}

func (s *scene) place(rng *rand.Rand) (x, y, z float64) {
	return 0.2 + 0.6*rng.Float64(), 0.2 + 0.6*rng.Float64(), (1.4*rng.Float64() - 0.2) * s.depth
}

// height is the half height of a structure: some end inside the volume, some do not.
func (s *scene) height(rng *rand.Rand) float64 { return s.depth * (0.2 + 1.2*rng.Float64()) }

// ends cuts a structure off flat, as a label does that stops at a landmark.
func (s *scene) ends(rng *rand.Rand, b *blob) {
	if rng.Float64() < 0.3 {
		b.cut0 = rng.Float64() * s.depth * 0.6
	}
	if rng.Float64() < 0.3 {
		b.cut1 = s.depth * (0.4 + 0.6*rng.Float64())
	}
}

// greyNear draws a grey value at least contrast away from another, mostly not far.
func (s *scene) greyNear(rng *rand.Rand, from, contrast float64) float64 {
	d := contrast + 0.25*rng.ExpFloat64()*rng.Float64()
	if rng.Float64() < 0.5 {
		d = -d
	}
	if g := from + d; g > 0.02 && g < 1 {
		return g
	}
	return from - d
}
