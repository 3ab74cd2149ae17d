package click

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/internal/masks"
)

const height, width = 60, 80

// bright is a disc that differs from the background by a value.
type bright struct {
	y, x, radius float64
	value        float32
}

// slice draws discs on a noisy background of 100, each over the earlier ones, and returns their masks.
func slice(discs ...bright) (values []float32, truths [][]bool) {
	rng := rand.New(rand.NewPCG(1, 9))
	values = make([]float32, height*width)
	truths = make([][]bool, len(discs))
	for k := range truths {
		truths[k] = make([]bool, len(values))
	}
	for i := range values {
		values[i] = 100 + 4*float32(rng.NormFloat64())
		for k, d := range discs {
			if math.Hypot(float64(i/width)-d.y, float64(i%width)-d.x) <= d.radius {
				values[i] += d.value
				truths[k][i] = true
			}
		}
	}
	return values, truths
}

// TestOneClickFindsADisc checks discs of several sizes, bright and dark, in several units of intensity, and that a click off their middle
// finds them, too.
func TestOneClickFindsADisc(t *testing.T) {
	for _, d := range []bright{{30, 40, 12, 60}, {20, 20, 6, -50}, {40, 60, 4, 80}} {
		values, truth := slice(d)
		for _, scale := range []float32{1, 0.001, 300} {
			scaled := make([]float32, len(values))
			for i, v := range values {
				scaled[i] = v*scale - 7
			}
			for _, at := range []Spot{{int(d.y), int(d.x)}, {int(d.y - d.radius/2), int(d.x)}} {
				found := Segment(scaled, height, width, Clicks{On: []Spot{at}}, nil)
				require.Greater(t, masks.Dice(found, truth[0]), 0.88, "%+v, unit %g, click at %v", d, scale, at)
			}
		}
	}
}

// TestClicksOffTheObjectDivide clicks on one of two overlapping discs of the same brightness and off the other.
func TestClicksOffTheObjectDivide(t *testing.T) {
	values, truth := slice(bright{30, 28, 11, 60}, bright{30, 49, 11, 0})
	for i, on := range truth[1] { // the discs touch, and are equally bright
		if on && !truth[0][i] {
			values[i] += 60
		}
	}
	both := Segment(values, height, width, Clicks{On: []Spot{{30, 28}}}, nil)
	require.Greater(t, masks.Area(both), 600, "without a click on the other, both discs are found")
	one := Segment(values, height, width, Clicks{On: []Spot{{30, 28}}, Off: []Spot{{30, 49}}}, nil)
	require.Greater(t, masks.Dice(one, truth[0]), 0.85)
	require.False(t, one[30*width+49])
	joined := Segment(values, height, width, Clicks{On: []Spot{{30, 24}, {30, 53}}}, nil)
	require.True(t, joined[30*width+24] && joined[30*width+53])
}

// TestSegmentStaysWithin checks the limit to a box.
func TestSegmentStaysWithin(t *testing.T) {
	values, _ := slice(bright{30, 40, 12, 60})
	within := make([]bool, len(values))
	for y := 20; y < 30; y++ {
		for x := 30; x < 50; x++ {
			within[y*width+x] = true
		}
	}
	found := Segment(values, height, width, Clicks{On: []Spot{{25, 40}}}, within)
	require.Positive(t, masks.Area(found))
	for i, on := range found {
		require.True(t, !on || within[i])
	}
}

// TestSegmentOfAnySlice checks slices without contrast and slices that are hardly larger than the click.
func TestSegmentOfAnySlice(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 9}, {7, 1}, {2, 3}, {40, 30}} {
		h, w := size[0], size[1]
		at := Spot{h / 2, w / 2}
		found := Segment(make([]float32, h*w), h, w, Clicks{On: []Spot{at}}, nil)
		require.Len(t, found, h*w)
		require.True(t, found[at.Y*w+at.X], "%v", size)
		if h*w > 1 {
			off := Segment(make([]float32, h*w), h, w, Clicks{On: []Spot{at}, Off: []Spot{{0, 0}}}, nil)
			require.False(t, off[0], "%v", size)
		}
	}
}

// TestCorrectReachesTheMask checks that clicks that correct a mask change it by discs that touch its border, and that
// clicks that agree with it change nothing.
func TestCorrectReachesTheMask(t *testing.T) {
	values, truth := slice(bright{30, 40, 12, 60})
	mask := truth[0]
	agreed := Correct(values, height, width, mask, Clicks{On: []Spot{{30, 40}}, Off: []Spot{{5, 5}}})
	require.Equal(t, mask, agreed)

	more := Correct(values, height, width, mask, Clicks{On: []Spot{{30, 57}}}) // 5 pixels from the mask
	for i, on := range more {
		near := math.Hypot(float64(i/width)-30, float64(i%width)-57) < 5
		require.Equal(t, mask[i] || near, on, "pixel %d", i)
	}
	less := Correct(values, height, width, mask, Clicks{Off: []Spot{{30, 47}}}) // the nearest pixel outside it is 1 row and 5 columns away
	for i, on := range less {
		near := math.Hypot(float64(i/width)-30, float64(i%width)-47) < math.Hypot(1, 5)
		require.Equal(t, mask[i] && !near, on, "pixel %d", i)
	}
	require.NotEqual(t, mask, less)
	require.Equal(t, truth[0], mask, "the mask itself is left alone")
}

// TestCorrectAddsAnotherPart clicks on a disc far from the mask.
func TestCorrectAddsAnotherPart(t *testing.T) {
	values, truth := slice(bright{20, 20, 6, 60}, bright{40, 60, 8, 60})
	found := Correct(values, height, width, truth[0], Clicks{On: []Spot{{40, 60}}})
	want := make([]bool, len(found))
	for i := range want {
		want[i] = truth[0][i] || truth[1][i]
	}
	require.Greater(t, masks.Dice(found, want), 0.88)
}

func BenchmarkSegment512(b *testing.B) {
	const side = 512
	values := make([]float32, side*side)
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range values {
		values[i] = float32(rng.NormFloat64())
		if math.Hypot(float64(i/side)-200, float64(i%side)-250) < 60 {
			values[i] += 8
		}
	}
	for range b.N {
		Segment(values, side, side, Clicks{On: []Spot{{200, 250}}}, nil)
	}
}
