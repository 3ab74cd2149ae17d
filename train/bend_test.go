package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/volume"
)

// TestSplineIsAPartitionOfUnity checks that equal knots move every pixel equally: a line is reproduced, too, as cubic
// B-splines do.
func TestSplineIsAPartitionOfUnity(t *testing.T) {
	for _, n := range []int{1, 2, 9, 100} {
		for at := range n {
			first, weights := splineAt(at, n)
			require.GreaterOrEqual(t, first, 0)
			require.LessOrEqual(t, first+3, bendKnots-1)
			sum, line := 0.0, 0.0
			for k, w := range weights {
				require.GreaterOrEqual(t, w, 0.0)
				sum += w
				line += w * float64(first+k)
			}
			require.InDelta(t, 1, sum, 1e-12)
			require.InDelta(t, 1+(float64(at)+0.5)/float64(n)*(bendKnots-3), line, 1e-12)
		}
	}
}

// TestBendKeepsImageAndLabelTogether deforms a bright disk and its label: they stay together, the outline changes,
// and no pixel moves farther than the limit.
func TestBendKeepsImageAndLabelTogether(t *testing.T) {
	const h, w, limit = 60, 80, 0.1
	image, labels := make([]uint8, h*w), make([]uint8, h*w)
	for at := range image {
		if math.Hypot(float64(at%w)-40, float64(at/w)-30) < 14 {
			image[at], labels[at] = 200, 1
		}
	}
	rng := rand.New(rand.NewPCG(8, 1))
	for range 10 {
		b := drawBend(rng, limit, h, w)
		for at := range b.DX {
			require.LessOrEqual(t, math.Abs(float64(b.DX[at])), limit*w)
			require.LessOrEqual(t, math.Abs(float64(b.DY[at])), limit*h)
		}
		i, l := bentGray(b, image), bentLabels(b, labels)
		differ, moved := 0, 0
		for p := range i {
			if (i[p] >= 100) != (l[p] == 1) {
				differ++
			}
			if l[p] != labels[p] {
				moved++
			}
		}
		require.LessOrEqual(t, differ, 20)
		require.Greater(t, moved, 30)
	}
	require.Equal(t, image, bentGray(nil, image), "no bend changes nothing")
	require.Equal(t, labels, bentLabels(nil, labels))
}

// TestBendActsOnTheKeptRegion checks that a clip's bend deforms what is left after cropping, which it fits in size.
func TestBendActsOnTheKeptRegion(t *testing.T) {
	const n = 40
	rng := rand.New(rand.NewPCG(2, 3))
	w := warp{h: n, w: n, jitter: plainJitter(), region: volume.Crop{Y0: 5, X0: 10, Y1: 25, X1: 30}}
	w.bend = drawBend(rng, 0.2, 20, 20)
	pix := testSlice(n, n)
	cut := volume.Cut(pix, n, w.region)
	require.Equal(t, bentGray(w.bend, cut), w.image(pix, 20, plainJitter()))
	require.Equal(t, bentLabels(w.bend, cut), w.labels(pix))
	require.NotEqual(t, cut, w.labels(pix))
}

// TestBendIsAFraction checks the range of the setting.
func TestBendIsAFraction(t *testing.T) {
	a := PaperAugment()
	a.Bend = 2
	require.ErrorContains(t, a.validate(), "bend")
	a.Bend = 0.1
	require.NoError(t, a.validate())
}
