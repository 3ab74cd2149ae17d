package train

import (
	"github.com/seed-6f79f512/slmsam/train/phantom"
)

// generatedVolumes is how many volumes the generator makes before they repeat.
const generatedVolumes = 1 << 14

// mixed draws generated volumes with probability share and those of a source otherwise, by their weights.
type mixed struct {
	real  Source
	share float64
	seed  uint64
}

// Len implements Source: the real volumes come first.
func (m mixed) Len() int { return m.real.Len() + generatedVolumes }

// Weight implements Weighted.
func (m mixed) Weight(i int) float64 {
	if i >= m.real.Len() {
		return m.share / generatedVolumes
	}
	total := 0.0
	for j := range m.real.Len() {
		total += weightOf(m.real, j)
	}
	return (1 - m.share) * weightOf(m.real, i) / total
}

func weightOf(s Source, i int) float64 {
	if w, ok := s.(Weighted); ok {
		return w.Weight(i)
	}
	return 1
}

// Case implements Source.
func (m mixed) Case(i int) (*Case, error) {
	if i < m.real.Len() {
		return m.real.Case(i)
	}
	return generatedCase(phantom.Generate(phantom.Default(), m.seed, i-m.real.Len())), nil
}

// generatedCase is a phantom as slices; labels that no pixel shows are left out.
func generatedCase(v *phantom.Case) *Case {
	c := &Case{Name: v.Name, H: v.H, W: v.W}
	var index [256]uint8
	for _, l := range v.Labels {
		if l != 0 && index[l] == 0 {
			c.Objects = append(c.Objects, int32(l))
			index[l] = uint8(len(c.Objects))
		}
	}
	n := v.H * v.W
	for z := 0; z < v.D; z++ {
		labels := make([]uint8, n)
		for p, l := range v.Labels[z*n : (z+1)*n] {
			labels[p] = index[l]
		}
		c.Images = append(c.Images, v.Gray[z*n:(z+1)*n])
		c.Labels = append(c.Labels, labels)
	}
	return c
}
