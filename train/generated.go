package train

import (
	"fmt"
	"math/rand/v2"

	"github.com/seed-6f79f512/slmsam/train/phantom"
)

// Generated is a Source of synthetic volumes (package phantom); the same seed gives the same volumes.
type Generated struct {
	Config phantom.Config
	Seed   uint64
	Count  int // volumes before they repeat
	Reuse  int // consecutive indices that share a volume

	recent recentCases
}

// NewGenerated returns count default phantoms. Each serves several clips in a row, because making a volume takes
// longer than cutting a clip from it.
func NewGenerated(seed uint64, count int) *Generated {
	return &Generated{Config: phantom.Default(), Seed: seed, Count: count, Reuse: 12}
}

// Len implements Source.
func (s *Generated) Len() int { return s.Count * s.Reuse }

// Case implements Source.
func (s *Generated) Case(i int) (*Case, error) {
	n := i / s.Reuse
	return s.recent.get(n, func() (*Case, error) { return caseOf(phantom.Generate(s.Config, s.Seed, n)) })
}

// caseOf converts a generated volume; labels that appear on no slice are dropped.
func caseOf(p *phantom.Case) (*Case, error) {
	c := &Case{Name: p.Name, H: p.H, W: p.W}
	var index [256]uint8
	var seen [256]bool
	for _, l := range p.Labels {
		seen[l] = true
	}
	for l := 1; l < 256; l++ {
		if seen[l] {
			c.Objects = append(c.Objects, int32(l))
			index[l] = uint8(len(c.Objects))
		}
	}
	n := p.H * p.W
	for z := range p.D {
		labels := make([]uint8, n)
		for i, l := range p.Labels[z*n : (z+1)*n] {
			labels[i] = index[l]
		}
		c.Images, c.Labels = append(c.Images, p.Gray[z*n:(z+1)*n]), append(c.Labels, labels)
	}
	return c, c.Check()
}

// Mixed is a Source that takes each clip from Second with probability Share, and otherwise from First.
type Mixed struct {
	First, Second Source
	Share         float64
}

// unmixed returns the source that other clips were mixed into.
func unmixed(s Source) Source {
	for m, ok := s.(Mixed); ok; m, ok = s.(Mixed) {
		s = m.First
	}
	return s
}

// Volumes returns how many volumes a source has, not counting those that were mixed in.
func Volumes(s Source) int { return unmixed(s).Len() }

// Len implements Source.
func (m Mixed) Len() int { return m.First.Len() + m.Second.Len() }

// Case implements Source.
func (m Mixed) Case(i int) (*Case, error) {
	if i < m.First.Len() {
		return m.First.Case(i)
	}
	return m.Second.Case(i - m.First.Len())
}

// choose implements chooser.
func (m Mixed) choose(n int, rng *rand.Rand) int {
	if rng.Float64() < m.Share {
		return m.First.Len() + n%m.Second.Len()
	}
	if first, ok := m.First.(chooser); ok {
		return first.choose(n, rng)
	}
	return drawCase(m.First, rng)
}

// drawCase returns the index of a random case, by weight if the source is Weighted.
func drawCase(s Source, rng *rand.Rand) int {
	if w, ok := s.(Weighted); ok {
		return byWeight(w, rng)
	}
	return rng.IntN(s.Len())
}

// chooser is a Source that decides for itself which volume clip n comes from.
type chooser interface {
	choose(n int, rng *rand.Rand) int
}

// fingerprint identifies the generated volumes.
func (s *Generated) fingerprint() string {
	return fmt.Sprintf("generated %+v %d %d %d", s.Config, s.Seed, s.Count, s.Reuse)
}
