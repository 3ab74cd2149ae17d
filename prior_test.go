package slmsam_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// refinerBias is the parameter that shifts the logits of all masks of a model with a prior.
const refinerBias = "prior.refiner.mask.bias"

// discVolume returns slices with a bright disc that moves and grows, and the disc's masks. The disc is missing from the
// slices given as away.
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

// freshPrior returns an untrained nano model with a prior: alone, or with the network.
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

// follow runs Segment and returns the masks of the first object by slice, nil where it is absent.
func follow(t *testing.T, m *slmsam.Model, s slmsam.Slices, prompts ...slmsam.Prompt) map[int][]bool {
	t.Helper()
	result, err := m.Segment(t.Context(), slmsam.Request{Slices: s, Prompts: prompts})
	require.NoError(t, err)
	found := map[int][]bool{}
	for _, f := range result.Objects[0].Slices {
		if f.Area > 0 {
			found[f.Slice] = slmsam.MaskOf(result.Labels.Slice(s.Axis, f.Slice), result.Objects[0].Label)
		}
	}
	return found
}

// overlapOf returns the DSC of a mask and the truth. A nil mask is empty.
func overlapOf(a, b []bool) float64 {
	if a == nil {
		a = make([]bool, len(b))
	}
	return masks.Dice(a, b)
}

// TestFreshModelIsItsPrior checks that an untrained model with a prior tracks an object as well as the prior does, with and
// without the network, and keeps the outline as it was drawn.
func TestFreshModelIsItsPrior(t *testing.T) {
	s, masks := discVolume(10)
	for _, alone := range []bool{false, true} {
		m := freshPrior(t, alone)
		found := follow(t, m, s, slmsam.Prompt{Slice: 4, Object: 7, Mask: masks[4]})
		for z, mask := range masks {
			require.Greater(t, overlapOf(found[z], mask), 0.93, "slice %d, alone %t", z, alone)
		}
		require.Equal(t, masks[4], found[4])
	}
}

// TestObjectComesBack removes the disc from two slices. It must be absent there and found again afterwards.
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

// TestPriorFindsWhatIsInABox checks that the prior alone finds the object in a box, and tracks it.
func TestPriorFindsWhatIsInABox(t *testing.T) {
	s, masks := discVolume(5)
	found := follow(t, freshPrior(t, true), s, slmsam.Prompt{Slice: 2, Object: 1,
		Points: []slmsam.Point{{X: 20, Y: 24, Label: slmsam.BoxTopLeft}, {X: 42, Y: 46, Label: slmsam.BoxBottomRight}}})
	for z, mask := range masks {
		require.Greater(t, overlapOf(found[z], mask), 0.95, "slice %d", z)
	}
}

// surePrior returns an untrained model with a prior and a network that finds something wherever somebody clicks, but not
// the disc.
func surePrior(t *testing.T) *slmsam.Model {
	t.Helper()
	m := freshPrior(t, false)
	golden.AddScoreBias(t, m, 100)
	return m
}

// TestPriorTakesClicks checks that what the network finds from a click is tracked from there.
func TestPriorTakesClicks(t *testing.T) {
	s, masks := discVolume(5)
	found := follow(t, surePrior(t), s,
		slmsam.Prompt{Slice: 2, Object: 1, Points: []slmsam.Point{{X: 32, Y: 35, Label: slmsam.Positive}}})
	for z := range masks {
		require.NotNil(t, found[z], "slice %d", z)
		require.Greater(t, overlapOf(found[z], found[2]), 0.95, "slice %d", z)
	}
}

// TestPriorFollowsEachObjectByItself checks that two objects outlined on the same slice are found as if each were the only
// one, although both are seen on whole slices.
func TestPriorFollowsEachObjectByItself(t *testing.T) {
	s, masks := discVolume(5)
	square := make([]bool, len(masks[0]))
	for p := range square {
		if x, y := p%72, p/72; x >= 54 && x < 66 && y >= 6 && y < 18 {
			square[p] = true
			for z := range masks {
				s.Volume.Data[z*len(square)+p] = 280
			}
		}
	}
	found := func(prompts ...slmsam.Prompt) map[int][]int32 {
		result, err := freshPrior(t, true).Segment(t.Context(), slmsam.Request{Slices: s, Prompts: prompts,
			Options: slmsam.Options{Crop: slmsam.WholeSlice}})
		require.NoError(t, err)
		areas := map[int][]int32{}
		for _, o := range result.Objects {
			for i, l := range result.Labels.Data {
				if l == int32(o.Label) {
					areas[o.Label] = append(areas[o.Label], int32(i))
				}
			}
		}
		return areas
	}
	disc, other := slmsam.Prompt{Slice: 2, Object: 1, Mask: masks[2]}, slmsam.Prompt{Slice: 2, Object: 2, Mask: square}
	together := found(disc, other)
	require.Equal(t, found(disc)[1], together[1])
	require.Equal(t, found(other)[2], together[2])
	require.Greater(t, len(together[1]), 5*300)
	require.InDelta(t, 5*12*12, len(together[2]), 5*12)
}

// TestPriorBetweenTwoOutlines checks that an object is found in the gap between two outlines.
func TestPriorBetweenTwoOutlines(t *testing.T) {
	s, masks := discVolume(9)
	found := follow(t, freshPrior(t, true), s, slmsam.Prompt{Slice: 0, Object: 1, Mask: masks[0]}, slmsam.Prompt{Slice: 8, Object: 1, Mask: masks[8]})
	for z := range masks {
		require.Greater(t, overlapOf(found[z], masks[z]), 0.93, "slice %d", z)
	}
}

// TestPriorIsCorrectedByClicks checks that a click on a tracked slice takes effect there and that tracking continues from
// it, while the slices nearer to the outline stay as they were.
func TestPriorIsCorrectedByClicks(t *testing.T) {
	s, masks := discVolume(6)
	found := follow(t, surePrior(t), s, slmsam.Prompt{Slice: 0, Object: 1, Mask: masks[0]},
		slmsam.Prompt{Slice: 3, Object: 1, Points: []slmsam.Point{{X: 33, Y: 35, Label: slmsam.Positive}}})
	for z := range 3 {
		require.Greater(t, overlapOf(found[z], masks[z]), 0.93, "slice %d", z)
	}
	for z := 3; z < 6; z++ {
		require.Less(t, overlapOf(found[z], masks[z]), 0.3, "slice %d", z)
		require.Greater(t, overlapOf(found[z], found[3]), 0.7, "slice %d", z)
	}
}

// TestLocalWindow checks that the window spans an object and its surroundings, without outliers.
func TestLocalWindow(t *testing.T) {
	const side = 40
	mask := make([]bool, side*side) // 4 x 4 pixels in the middle
	for i := range mask {
		mask[i] = i/side >= 18 && i/side < 22 && i%side >= 18 && i%side < 22
	}
	window := func(inside, outside func(i int) float32, outliers ...int) volume.Window {
		values := make([]float32, side*side)
		for i := range values {
			if values[i] = outside(i); mask[i] {
				values[i] = inside(i)
			}
		}
		for _, at := range outliers {
			values[at] = 3000
		}
		return slmsam.LocalWindow(values, mask, side, side)
	}
	flat := func(v float32) func(int) float32 { return func(int) float32 { return v } }
	mixed := func(i int) float32 { return float32(130 + i%2*20) }
	far, near := 0, 11*side+11 // the surroundings reach 8 pixels from the object
	require.Equal(t, volume.Window{Lo: 140, Hi: 141}, window(flat(140), flat(140)), "no contrast")
	require.Equal(t, volume.Window{Lo: 100, Hi: 140}, window(flat(140), flat(100), far))
	require.Equal(t, volume.Window{Lo: 100, Hi: 150}, window(mixed, flat(100), far, near))
	require.Equal(t, volume.Window{Lo: 60, Hi: 150}, window(mixed, flat(0)), "8 standard deviations below the object's mean")
}

// TestPriorSettingsNeedPrior checks that a configuration cannot have what a prior needs without a prior.
func TestPriorSettingsNeedPrior(t *testing.T) {
	c := slmsam.Nano()
	c.PriorAlone = true
	require.ErrorContains(t, c.Validate(), "prior_alone needs prior")
	c.PriorAlone, c.PresenceApart = false, true
	require.ErrorContains(t, c.Validate(), "presence_apart needs prior")
	c.Prior = true
	require.NoError(t, c.Validate())
}

// biased returns an untrained model of the prior alone whose refiner adds a constant to the logits.
func biased(t *testing.T, bias float32) *slmsam.Model {
	t.Helper()
	m := freshPrior(t, true)
	golden.Param(t, m, refinerBias).Set([]float32{bias})
	return m
}

// TestWildCorrectionsAreNotBelieved checks that a refiner that finds the object everywhere does not lead the prior astray,
// unless the configuration says that it is to be trusted.
func TestWildCorrectionsAreNotBelieved(t *testing.T) {
	s, masks := discVolume(10)
	outline := slmsam.Prompt{Slice: 4, Object: 7, Mask: masks[4]}
	found := follow(t, biased(t, 100), s, outline)
	for z, mask := range masks {
		require.Greater(t, overlapOf(found[z], mask), 0.93, "slice %d", z)
	}
	trusted := biased(t, 100)
	trusted.Config.PriorTrusted = true
	found = follow(t, trusted, s, outline)
	require.Less(t, overlapOf(found[5], masks[5]), 0.6)
}

// TestStillSlicesAreNotCorrected checks that a refiner that moves borders slightly has no effect on slices that are identical
// to the outlined one, but does have one where the object moves.
func TestStillSlicesAreNotCorrected(t *testing.T) {
	moving, masks := discVolume(6)
	still, _ := discVolume(6)
	n := len(masks[0])
	for z := 1; z < 6; z++ {
		copy(still.Volume.Data[z*n:(z+1)*n], still.Volume.Data[:n])
	}
	outline := slmsam.Prompt{Slice: 0, Object: 7, Mask: masks[0]}
	require.Equal(t, follow(t, biased(t, 0), still, outline), follow(t, biased(t, 1), still, outline))
	require.NotEqual(t, follow(t, biased(t, 0), moving, outline), follow(t, biased(t, 1), moving, outline))
}

// TestPresenceSetApart gives presence in the built-in model a contracting path of its own, and checks that it finds the same, also
// after it was saved, and that the copies can then differ.
func TestPresenceSetApart(t *testing.T) {
	f, err := slmsam.FindWeights("nano")
	require.NoError(t, err)
	c, err := slmsam.ConfigOf(f)
	require.NoError(t, err)
	shared, _, err := slmsam.FromFile(cpu.New(0), f, &c)
	require.NoError(t, err)
	c.PresenceApart = true
	apart, _, err := slmsam.FromFile(cpu.New(0), f, &c)
	require.NoError(t, err)
	require.Greater(t, apart.Parameters(), shared.Parameters())
	path := filepath.Join(t.TempDir(), "apart.safetensors")
	golden.WriteModel(t, apart, path)
	saved, _, err := slmsam.Load(cpu.New(0), path, nil)
	require.NoError(t, err)
	require.Equal(t, parameters(t, apart), parameters(t, saved))

	s, masks := discVolume(10, 7, 8, 9)
	prompt := slmsam.Prompt{Slice: 3, Object: 1, Mask: masks[3]}
	want := follow(t, shared, s, prompt)
	require.NotEmpty(t, want)
	require.Less(t, len(want), 10)
	require.Equal(t, want, follow(t, apart, s, prompt))
	weight := golden.Param(t, saved, "prior.refiner.presence.down.3.norm.weight")
	reversed, err := weight.Get()
	require.NoError(t, err)
	for i := range reversed {
		reversed[i] *= -3
	}
	weight.Set(reversed)
	require.NotEqual(t, want, follow(t, saved, s, prompt))
}
