package phantom

import (
	"math"
	"math/rand/v2"
)

// shape is a solid given by an implicit function. Coordinates are relative to the slice's side: x and y run from 0 to
// 1, z from 0 to the volume's depth.
type shape interface {
	// slice computes the section at z; false if the shape does not reach z.
	slice(z float64) (section, bool)
}

// section is a shape cut at one z.
type section interface {
	box() (x0, y0, x1, y1 float64)
	inside(x, y float64) bool
}

// wave is a smooth periodic function of z: offset + amplitude*sin(2 pi (frequency z + phase)).
type wave struct{ offset, amplitude, frequency, phase float64 }

func (w wave) at(z float64) float64 {
	return w.offset + w.amplitude*math.Sin(2*math.Pi*(w.frequency*z+w.phase))
}

// randomWave draws a wave with up to the given amplitude and about the given frequency.
func randomWave(rng *rand.Rand, offset, amplitude, frequency float64) wave {
	return wave{offset, amplitude * rng.Float64(), frequency * (0.5 + rng.Float64()), rng.Float64()}
}

// harmonics is the number of angular waves that deform an outline.
const harmonics = 4

// blob is a deformed ellipsoid, used for organs: its center drifts and its outline changes slowly with z. Both ends
// may be cut off flat.
type blob struct {
	x, y         wave    // center
	rx, ry       float64 // radii at mid-height
	z, rz        float64 // middle and half height
	angle, twist float64 // of the axes, and its change with z, in radians
	power        float64 // 2 gives an ellipse; higher values are boxier
	deform       [harmonics]wave
	cut0, cut1   float64 // it exists for cut0 <= z < cut1
}

// randomBlob draws a blob with radius r around x, y and half height rz around z.
func randomBlob(rng *rand.Rand, x, y, r, z, rz float64) *blob {
	aspect := math.Exp(0.5 * (rng.Float64()*2 - 1))
	b := &blob{x: randomWave(rng, x, 0.5*r, 1), y: randomWave(rng, y, 0.5*r, 1), rx: r * aspect, ry: r / aspect, z: z, rz: rz,
		angle: rng.Float64() * math.Pi, twist: rng.NormFloat64(), power: 1.7 + 1.5*rng.Float64(), cut0: math.Inf(-1), cut1: math.Inf(1)}
	for k := range b.deform {
		b.deform[k] = randomWave(rng, 0, 0.35/float64(k+1), 2)
	}
	return b
}

// outline is a blob's section: an ellipse's axes and, for every direction, a radius in units of them.
type outline struct {
	x, y, rx, ry, cos, sin float64
	squared                [directions]float64 // radius^2 by direction
	least, most            float64             // of squared
}

const (
	directions = 256 // in the table of an outline
	minEdge    = 0.2 // keeps a deformed outline from collapsing onto its center
)

// slice tabulates the outline |u|^p + |v|^p = edge^p, where edge is deformed by harmonics of the angle.
func (b *blob) slice(z float64) (section, bool) {
	t := (z - b.z) / b.rz
	if t <= -1 || t >= 1 || z < b.cut0 || z >= b.cut1 {
		return nil, false
	}
	shrink := math.Pow(1-math.Pow(math.Abs(t), b.power), 1/b.power)
	s, c := math.Sincos(b.angle + b.twist*(z-b.z))
	o := &outline{x: b.x.at(z), y: b.y.at(z), rx: b.rx * shrink, ry: b.ry * shrink, cos: c, sin: s, least: math.Inf(1)}
	if o.rx <= 0 || o.ry <= 0 {
		return nil, false
	}
	for i := range o.squared {
		angle, edge := (float64(i)/directions*2-1)*math.Pi, 1.0
		for k, w := range b.deform {
			edge += w.at(z) * math.Sin(float64(k+2)*angle+2*math.Pi*(w.phase+0.5*z))
		}
		v, u := math.Sincos(angle)
		r := max(edge, minEdge) / math.Pow(math.Pow(math.Abs(u), b.power)+math.Pow(math.Abs(v), b.power), 1/b.power)
		o.squared[i] = r * r
		o.least, o.most = min(o.least, r*r), max(o.most, r*r)
	}
	return o, true
}

func (o *outline) box() (x0, y0, x1, y1 float64) {
	reach := math.Sqrt(o.most) * max(o.rx, o.ry)
	return o.x - reach, o.y - reach, o.x + reach, o.y + reach
}

func (o *outline) inside(x, y float64) bool {
	dx, dy := x-o.x, y-o.y
	u, v := (dx*o.cos+dy*o.sin)/o.rx, (dy*o.cos-dx*o.sin)/o.ry
	n := u*u + v*v
	if n < o.least || n >= o.most {
		return n < o.least
	}
	turn := (math.Atan2(v, u)/math.Pi + 1) / 2
	return n < o.squared[int(turn*directions)&(directions-1)]
}

// tube is a vessel along z: its center wanders, its radius varies, and it may split into two branches.
type tube struct {
	x, y       wave
	r          wave    // radius
	z0, z1     float64 // ends
	split      float64 // z at which it splits into two branches
	dx, dy     float64 // offset of each branch per unit of z past the split
	stretchedX float64 // stretches the section along x and shrinks it along y
}

// randomTube draws a tube of radius r around x, y from z0 to z1.
func randomTube(rng *rand.Rand, x, y, r, z0, z1 float64) *tube {
	t := &tube{x: randomWave(rng, x, 0.06, 0.8), y: randomWave(rng, y, 0.06, 0.8), r: randomWave(rng, r, 0.35*r, 1.5),
		z0: z0, z1: z1, split: math.Inf(1), stretchedX: 0.7 + 0.6*rng.Float64()}
	if rng.Float64() < 0.4 {
		t.split = z0 + rng.Float64()*(z1-z0)
		angle := rng.Float64() * 2 * math.Pi
		t.dx, t.dy = 0.5*math.Cos(angle), 0.5*math.Sin(angle)
	}
	return t
}

// disks is a tube's section: one or two ellipses.
type disks struct {
	x, y   [2]float64
	n      int
	rx, ry float64
}

func (t *tube) slice(z float64) (section, bool) {
	if z < t.z0 || z >= t.z1 {
		return nil, false
	}
	d := &disks{n: 1, rx: t.r.at(z) * t.stretchedX, ry: t.r.at(z) / t.stretchedX}
	d.x[0], d.y[0] = t.x.at(z), t.y.at(z)
	if z > t.split {
		d.n = 2
		away := z - t.split
		d.rx, d.ry = 0.75*d.rx, 0.75*d.ry
		d.x[1], d.y[1] = d.x[0]+t.dx*away, d.y[0]+t.dy*away
		d.x[0], d.y[0] = d.x[0]-t.dx*away, d.y[0]-t.dy*away
	}
	return d, d.rx > 0 && d.ry > 0
}

func (d *disks) box() (x0, y0, x1, y1 float64) {
	x0, y0, x1, y1 = d.x[0]-d.rx, d.y[0]-d.ry, d.x[0]+d.rx, d.y[0]+d.ry
	for i := 1; i < d.n; i++ {
		x0, x1 = math.Min(x0, d.x[i]-d.rx), math.Max(x1, d.x[i]+d.rx)
		y0, y1 = math.Min(y0, d.y[i]-d.ry), math.Max(y1, d.y[i]+d.ry)
	}
	return x0, y0, x1, y1
}

func (d *disks) inside(x, y float64) bool {
	for i := 0; i < d.n; i++ {
		u, v := (x-d.x[i])/d.rx, (y-d.y[i])/d.ry
		if u*u+v*v < 1 {
			return true
		}
	}
	return false
}
