package phantom

import (
	"fmt"
	"math/rand/v2"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Case is a generated volume with labels.
type Case struct {
	Name    string
	H, W, D int
	Gray    []uint8    // [D,H,W]
	Labels  []uint8    // [D,H,W]; 0 is background
	Spacing [3]float64 // mm along x, y, z
}

// minVisible is the least fraction of a slice that the largest section of some object must cover.
const minVisible = 1.0 / 400

// Generate returns volume number index of a seed. It is safe for concurrent use.
func Generate(c Config, seed uint64, index int) *Case {
	rng := rand.New(rand.NewPCG(seed, uint64(index)))
	for { // most scenes have a visible object
		side := c.MinSide + rng.IntN(c.MaxSide-c.MinSide+1)
		v := drawScene(rng, c).volume(rng, side, side, c.MinDepth+rng.IntN(c.MaxDepth-c.MinDepth+1))
		if v.visible() {
			v.Name = fmt.Sprintf("generated %d", index)
			return v
		}
	}
}

// volume samples and renders a scene as d slices of h x w pixels.
func (s *scene) volume(rng *rand.Rand, h, w, d int) *Case {
	v := &Case{H: h, W: w, D: d, Labels: make([]uint8, d*h*w)}
	const side = 250.0 // mm
	v.Spacing = [3]float64{side / float64(w), side / float64(h), side * s.depth / float64(d)}
	bias, texture := newLattice(rng), newLattice(rng)
	gray, other, skip := make([]float64, h*w), make([]float64, h*w), make([]uint8, h*w)
	for i := 0; i < d; i++ {
		z := (float64(i) + 0.5) / float64(d) * s.depth
		if s.look.thick { // labels come from the middle of the slice, gray values from both halves
			quarter := 0.25 * s.depth / float64(d)
			s.paint(other, skip, h, w, z-quarter)
			s.paint(gray, skip, h, w, z+quarter)
			for p := range gray {
				other[p] = (other[p] + gray[p]) / 2
			}
			s.paint(gray, v.Labels[i*h*w:(i+1)*h*w], h, w, z)
			copy(gray, other)
		} else {
			s.paint(gray, v.Labels[i*h*w:(i+1)*h*w], h, w, z)
		}
		v.Gray = append(v.Gray, s.look.render(rng, gray, h, w, z, bias, texture)...)
	}
	return v
}

// visible reports whether some object is large enough on some slice.
func (v *Case) visible() bool {
	n := v.H * v.W
	for i := 0; i < v.D; i++ {
		var count [256]int
		for _, l := range v.Labels[i*n : (i+1)*n] {
			count[l]++
		}
		for _, k := range count[1:] {
			if float64(k) >= minVisible*float64(n) {
				return true
			}
		}
	}
	return false
}

// Volume returns the image as a volume.
func (v *Case) Volume() *volume.Volume {
	dim := [3]int{v.W, v.H, v.D}
	// x increases toward the patient's left and y toward the back, as on a radiologist's screen; z increases upward.
	geometry := volume.GeometryFromAffine(dim, volume.Affine{{-v.Spacing[0], 0, 0, 0}, {0, -v.Spacing[1], 0, 0}, {0, 0, v.Spacing[2], 0}, {0, 0, 0, 1}})
	out := &volume.Volume{Dim: dim, Data: make([]float32, len(v.Gray)), Geom: geometry, Path: v.Name}
	for i, g := range v.Gray {
		out.Data[i] = float32(g)
	}
	return out
}

// LabelMap returns the labels on the image's grid.
func (v *Case) LabelMap() *volume.LabelMap {
	out := volume.NewLabelMap(v.Volume())
	for i, l := range v.Labels {
		out.Data[i] = int32(l)
	}
	return out
}
