package slmsam_test

import (
	"context"
	"math"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// discVolume is a volume with a bright disc that moves, grows, and is missing from some slices.
func discVolume(slices int, away ...int) (slmsam.Slices, [][]bool) {
	const side = 72
	v := &volume.Volume{Dim: [3]int{side, side, slices}, Data: make([]float32, side*side*slices)}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 2})
	masks := make([][]bool, slices)
	gone := map[int]bool{}
	for _, z := range away {
		gone[z] = true
	}
	for z := range slices {
		masks[z] = make([]bool, side*side)
		for i := range side * side {
			x, y := float64(i%side)-30-float64(z), float64(i/side)-34-0.5*float64(z)
			r := 10 + 0.3*float64(z)
			masks[z][i] = x*x+y*y < r*r && !gone[z]
			value := 100 + 30*math.Sin(float64(i%side)/5)*math.Cos(float64(i/side)/6)
			if masks[z][i] {
				value = 300
			}
			v.Data[z*side*side+i] = float32(value)
		}
	}
	return slmsam.Slices{Volume: v, Axis: 2, Window: volume.Window{Lo: 0, Hi: 4000}}, masks
}

// freshPrior is an untrained nano model with a prior.
func freshPrior(t *testing.T, alone bool) *slmsam.Model {
	t.Helper()
	c := slmsam.Nano()
	c.ImageSize, c.Crop, c.Prior, c.PriorAlone = 128, 3, true, alone
	dev := cpu.New(0)
	m, err := slmsam.New(dev, c)
	require.NoError(t, err)
	require.NoError(t, m.Initialize(1))
	return m
}

// follow runs Segment and returns the masks of an object by slice, nil where it is absent.
func follow(t *testing.T, m *slmsam.Model, s slmsam.Slices, prompts ...slmsam.Prompt) map[int][]bool {
	t.Helper()
	result, err := m.Segment(context.Background(), slmsam.Request{Slices: s, Prompts: prompts})
	require.NoError(t, err)
	found := map[int][]bool{}
	for _, f := range result.Objects[0].Slices {
		if f.Area > 0 {
			found[f.Slice] = slmsam.MaskOf(result.Labels.Slice(s.Axis, f.Slice), result.Objects[0].Label)
		}
	}
	return found
}

func overlapOf(a, b []bool) float64 {
	both, sum := 0, 0
	for i := range b {
		if a != nil && a[i] && b[i] {
			both++
		}
		if a != nil && a[i] {
			sum++
		}
		if b[i] {
			sum++
		}
	}
	return 2 * float64(both) / float64(sum)
}

// TestFreshModelIsItsPrior checks that an untrained model with a prior tracks an object as well as the prior does,
// with and without its network.
func TestFreshModelIsItsPrior(t *testing.T) {
	s, masks := discVolume(10)
	for _, alone := range []bool{false, true} {
		m := freshPrior(t, alone)
		found := follow(t, m, s, slmsam.Prompt{Slice: 4, Object: 7, Mask: masks[4]})
		for z, mask := range masks {
			require.Greater(t, overlapOf(found[z], mask), 0.93, "slice %d, alone %t", z, alone)
		}
		require.Equal(t, masks[4], found[4], "the outline stays as drawn")
	}
}

// TestObjectComesBack removes the disc for two slices: it must be absent there and found again afterwards.
func TestObjectComesBack(t *testing.T) {
	s, masks := discVolume(8, 3, 4)
	for _, alone := range []bool{false, true} {
		m := freshPrior(t, alone)
		found := follow(t, m, s, slmsam.Prompt{Slice: 0, Object: 1, Mask: masks[0]})
		for _, z := range []int{3, 4} {
			require.Nil(t, found[z], "slice %d, alone %t", z, alone)
		}
		require.Greater(t, overlapOf(found[5], masks[5]), 0.85, "alone %t", alone)
	}
}

// TestPriorTakesPoints checks that whatever is found from a box or a click is tracked without an error.
func TestPriorTakesPoints(t *testing.T) {
	s, _ := discVolume(5)
	box := []slmsam.Point{{X: 20, Y: 24, Label: slmsam.BoxTopLeft}, {X: 42, Y: 46, Label: slmsam.BoxBottomRight}}
	for _, alone := range []bool{false, true} {
		m := freshPrior(t, alone)
		for _, points := range [][]slmsam.Point{box, {{X: 30, Y: 34, Label: slmsam.Positive}}} {
			follow(t, m, s, slmsam.Prompt{Slice: 2, Object: 1, Points: points})
		}
	}
}

// TestPriorFollowsEachObjectByItself tracks two objects outlined on the same slice independently.
func TestPriorFollowsEachObjectByItself(t *testing.T) {
	s, masks := discVolume(5)
	m := freshPrior(t, true)
	result, err := m.Segment(context.Background(), slmsam.Request{Slices: s, Options: slmsam.Options{Crop: slmsam.WholeSlice},
		Prompts: []slmsam.Prompt{{Slice: 2, Object: 1, Mask: masks[2]}, {Slice: 2, Object: 2, Mask: masks[0]}}})
	require.NoError(t, err)
	require.Len(t, result.Objects, 2)
	for _, o := range result.Objects {
		require.Len(t, o.Slices, 5)
	}
}

// TestPriorBetweenTwoOutlines checks that slices between two outlines are found from both sides.
func TestPriorBetweenTwoOutlines(t *testing.T) {
	s, masks := discVolume(9)
	found := follow(t, freshPrior(t, true), s, slmsam.Prompt{Slice: 0, Object: 1, Mask: masks[0]}, slmsam.Prompt{Slice: 8, Object: 1, Mask: masks[8]})
	for z := range masks {
		require.Greater(t, overlapOf(found[z], masks[z]), 0.93, "slice %d", z)
	}
}

// TestPriorIsCorrectedByPoints checks that a click on a tracked slice takes effect and that tracking continues from it.
func TestPriorIsCorrectedByPoints(t *testing.T) {
	s, masks := discVolume(6)
	for _, alone := range []bool{false, true} {
		follow(t, freshPrior(t, alone), s, slmsam.Prompt{Slice: 0, Object: 1, Mask: masks[0]},
			slmsam.Prompt{Slice: 3, Object: 1, Points: []slmsam.Point{{X: 33, Y: 35, Label: slmsam.Positive}}})
	}
}

func TestLocalWindow(t *testing.T) {
	values, mask := make([]float32, 40*40), make([]bool, 40*40)
	for i := range values {
		values[i] = float32(100 + i%2)
		if y, x := i/40, i%40; y >= 18 && y < 22 && x >= 18 && x < 22 {
			values[i], mask[i] = 140, true
		}
	}
	values[0] = 3000 // an outlier far from the object
	require.Equal(t, volume.Window{Lo: 140, Hi: 141}, slmsam.LocalWindow(make140(), mask, 40, 40), "no contrast")
	w := slmsam.LocalWindow(values, mask, 40, 40)
	require.GreaterOrEqual(t, w.Lo, 100.0)
	require.LessOrEqual(t, w.Hi, 140.0+1)
}

func make140() []float32 {
	out := make([]float32, 40*40)
	for i := range out {
		out[i] = 140
	}
	return out
}

func TestPriorAloneNeedsPrior(t *testing.T) {
	c := slmsam.Nano()
	c.PriorAlone = true
	require.ErrorContains(t, c.Validate(), "prior_alone needs prior")
}

// TestWildCorrectionsAreNotBelieved checks that a refiner which finds the object everywhere does not lead the prior
// astray, and that one which moves borders slightly has no effect on a slice identical to the last.
func TestWildCorrectionsAreNotBelieved(t *testing.T) {
	bias := func(to float32) *slmsam.Model {
		m := freshPrior(t, true)
		for _, p := range m.Params.All() {
			if p.Name == "prior.refiner.mask.bias" {
				p.Set([]float32{to})
			}
		}
		return m
	}
	moving, masks := discVolume(10)
	found := follow(t, bias(100), moving, slmsam.Prompt{Slice: 4, Object: 7, Mask: masks[4]})
	for z, mask := range masks {
		require.Greater(t, overlapOf(found[z], mask), 0.93, "slice %d", z)
	}
	trusted := bias(100)
	trusted.Config.PriorTrusted = true
	found = follow(t, trusted, moving, slmsam.Prompt{Slice: 4, Object: 7, Mask: masks[4]})
	require.Less(t, overlapOf(found[5], masks[5]), 0.6, "unless the model is trusted")

	still, _ := discVolume(6)
	n := len(masks[0])
	for z := 1; z < 6; z++ {
		copy(still.Volume.Data[z*n:(z+1)*n], still.Volume.Data[:n])
	}
	at := slmsam.Prompt{Slice: 0, Object: 7, Mask: masks[0]}
	require.Equal(t, follow(t, bias(0), still, at), follow(t, bias(1), still, at))
	require.NotEqual(t, follow(t, bias(0), moving, slmsam.Prompt{Slice: 4, Object: 7, Mask: masks[4]}),
		follow(t, bias(1), moving, slmsam.Prompt{Slice: 4, Object: 7, Mask: masks[4]}))
}
