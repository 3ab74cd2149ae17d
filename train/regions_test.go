package train

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// ball returns a case with a bright ball in noise.
func ball(side, slices int, radius float64) *Case {
	c := &Case{Name: "ball", H: side, W: side, Spacing: [3]float64{1, 1, 1}}
	rng := rand.New(rand.NewPCG(1, 2))
	for z := range slices {
		gray := make([]uint8, side*side)
		for i := range gray {
			x, y, dz := float64(i%side-side/2), float64(i/side-side/2), float64(z-slices/2)
			gray[i] = uint8(40 + rng.IntN(9))
			if x*x+y*y+dz*dz < radius*radius {
				gray[i] += 120
			}
		}
		c.Images, c.Labels = append(c.Images, gray), append(c.Labels, make([]uint8, side*side))
	}
	return c
}

// TestRegionsFollowEdges checks that the only bright ball in a volume is a region.
func TestRegionsFollowEdges(t *testing.T) {
	s := NewRegions(Cases{ball(64, 24, 10)}, 7, 4)
	for n := range 4 {
		c, err := s.Case(n * s.Reuse)
		require.NoError(t, err)
		best := 0.0
		for o := range c.Objects {
			both, sum := 0, 0
			for z, labels := range c.Labels {
				for i, l := range labels {
					bright, found := c.Images[z][i] > 100, int(l) == o+1
					if bright && found {
						both++
					}
					if bright {
						sum++
					}
					if found {
						sum++
					}
				}
			}
			best = max(best, 2*float64(both)/float64(sum))
		}
		require.Greater(t, best, 0.95, "piece %d", n)
	}
}

// TestRegionsAreTheSameAgain checks that a piece depends only on the seed and its number.
func TestRegionsAreTheSameAgain(t *testing.T) {
	for _, n := range []int{0, 5} {
		first, err := NewRegions(Cases{ball(48, 16, 8)}, 3, 10).piece(n)
		require.NoError(t, err)
		again, err := NewRegions(Cases{ball(48, 16, 8)}, 3, 10).piece(n)
		require.NoError(t, err)
		require.NotEmpty(t, first.Objects)
		require.Equal(t, first.Labels, again.Labels)
	}
}

// TestLabelsStandInForRegions checks that volumes without regions, of noise or very short, are used with their labels instead.
func TestLabelsStandInForRegions(t *testing.T) {
	for _, c := range []*Case{ball(32, 8, 0), ball(64, 4, 10)} {
		got, err := NewRegions(Cases{c}, 3, 10).Case(0)
		require.NoError(t, err)
		require.Same(t, c, got)
	}
}
