package carry

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/stretchr/testify/require"
)

const side = 96

// scene returns a slice with a bright disc on a noisy dark background, and the disc's mask.
func scene(x, y, radius float64, seed uint64) (gray []uint8, mask []bool) {
	rng := rand.New(rand.NewPCG(seed, 7))
	for i := range side * side {
		dx, dy := float64(i%side)-x, float64(i/side)-y
		in := dx*dx+dy*dy < radius*radius
		v := 90 + 25*math.Sin(float64(i%side)/7)*math.Cos(float64(i/side)/9) + 6*rng.NormFloat64()
		if in {
			v += 70
		}
		gray, mask = append(gray, uint8(v)), append(mask, in)
	}
	return gray, mask
}

// TestFollowsADiscThatMovesAndGrows carries an outline through eight slices, with little loss.
func TestFollowsADiscThatMovesAndGrows(t *testing.T) {
	gray, mask := scene(40, 44, 14, 0)
	c := New(gray, mask, side, 1)
	for k := 1; k <= 8; k++ {
		gray, truth := scene(40+1.5*float64(k), 44+float64(k), 14+0.5*float64(k), uint64(k))
		p := c.Propose(gray, nil)
		require.Greater(t, masks.Dice(masks.Positive(p.Field()), truth), 0.95, "slice %d", k)
		c = c.Accept(p, p.Field())
	}
}

// TestAStillSliceChangesNothing carries an outline through ten copies of the same slice, and checks that it hardly
// changes.
func TestAStillSliceChangesNothing(t *testing.T) {
	gray, mask := scene(48, 48, 15, 0)
	c := New(gray, mask, side, 1)
	for range 10 {
		p := c.Propose(gray, nil)
		c = c.Accept(p, p.Field())
	}
	require.Greater(t, masks.Dice(masks.Positive(c.field), mask), 0.97)
}

// TestEvidenceSpeaksAgainstAnEmptySlice checks that several signs are lower on a slice without the object.
func TestEvidenceSpeaksAgainstAnEmptySlice(t *testing.T) {
	gray, mask := scene(48, 48, 15, 0)
	c := New(gray, mask, side, 1)
	there, _ := scene(49, 48, 15, 1)
	gone, _ := scene(49, 48, 0, 2)
	with, without := c.Propose(there, nil).Evidence, c.Propose(gone, nil).Evidence
	const fit, like, inside, contrast = 0, 5, 11, 14
	for _, sign := range []int{fit, like, inside, contrast} {
		require.Greater(t, with[sign], without[sign], "sign %d", sign)
	}
}

// TestComesBackAfterAbsence checks that a carrier finds an object again after two slices without it.
func TestComesBackAfterAbsence(t *testing.T) {
	gray, mask := scene(48, 48, 15, 0)
	c := New(gray, mask, side, 1)
	for k := range 2 {
		gone, _ := scene(48, 48, 0, uint64(k+1))
		c.Propose(gone, nil)
		c = c.Skip()
	}
	back, truth := scene(48, 48, 15, 9)
	require.Greater(t, masks.Dice(masks.Positive(c.Propose(back, nil).Field()), truth), 0.9)
}

// TestEmptyAndFullMasks checks that outlines that are empty, or cover the whole slice, give finite numbers.
func TestEmptyAndFullMasks(t *testing.T) {
	gray, _ := scene(48, 48, 15, 0)
	for _, on := range []bool{false, true} {
		mask := make([]bool, side*side)
		for i := range mask {
			mask[i] = on
		}
		p := New(gray, mask, side, 1).Propose(gray, nil)
		for _, values := range [][]float32{p.Flow, p.Likely, p.Logits, p.Evidence[:]} {
			for _, v := range values {
				require.False(t, math.IsNaN(float64(v)) || math.IsInf(float64(v), 0))
			}
		}
	}
}

// TestSignedDistance checks distances to a mask of one pixel, computed by hand.
func TestSignedDistance(t *testing.T) {
	mask := make([]bool, 25)
	mask[12] = true
	d := SignedDistance(mask, 5)
	require.InDelta(t, 0.5, d[12], 1e-6)
	require.InDelta(t, -0.5, d[13], 1e-6)
	require.InDelta(t, 0.5-math.Sqrt(8), d[0], 1e-6)
	require.Equal(t, float32(-5), SignedDistance(make([]bool, 25), 5)[3], "without an outline, minus the side")
}

// TestCutFindsTheSquare checks that the cut finds a square in a noisy gain, in which no single pixel is worth its border.
func TestCutFindsTheSquare(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	gain, truth, gray := make([]float32, side*side), make([]bool, side*side), make([]uint8, side*side)
	for i := range gain {
		y, x := i/side, i%side
		truth[i] = y >= 30 && y < 60 && x >= 30 && x < 60
		gain[i] = -0.5
		if truth[i] {
			gain[i], gray[i] = 0.5, 200
		}
		gain[i] += float32(0.8 * rng.NormFloat64())
	}
	found := masks.Positive(offset(cut(gain, gray, box{10, 10, 90, 90}, side, 2), -0.5))
	require.Greater(t, masks.Dice(found, truth), 0.97)
}

// TestSeparation checks the probability that a pixel inside is likelier than one outside, for perfect and for no
// separation.
func TestSeparation(t *testing.T) {
	mask := []bool{true, true, false, false}
	require.Equal(t, 1.0, separation([]float32{3, 4, 1, 2}, mask, box{0, 0, 2, 2}, 2))
	require.Equal(t, 0.5, separation([]float32{1, 1, 1, 1}, mask, box{0, 0, 2, 2}, 2))
}

// BenchmarkPropose measures a proposal on a slice of 96 x 96 pixels.
func BenchmarkPropose(b *testing.B) {
	gray, mask := scene(40, 44, 14, 0)
	next, _ := scene(41, 44, 14, 1)
	c := New(gray, mask, side, 1)
	for b.Loop() {
		c.Propose(next, nil)
	}
}

// TestBoxed checks that a box around a disc gives the disc, and an empty box nothing.
func TestBoxed(t *testing.T) {
	gray, truth := scene(48, 44, 16, 0)
	boxed := make([]bool, side*side)
	for i := range boxed {
		y, x := i/side, i%side
		boxed[i] = y >= 25 && y <= 63 && x >= 30 && x <= 66
	}
	require.Greater(t, masks.Dice(Boxed(gray, boxed, nil, side), truth), 0.95)
	require.Zero(t, masks.Area(Boxed(gray, make([]bool, side*side), nil, side)))
}
