package slmsam_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// barVolume returns slices with a bright bar that has no edge between its halves, and masks of the left and right half.
func barVolume(slices int) (s slmsam.Slices, left, right []bool) {
	const side = 72
	v := &volume.Volume{Dim: [3]int{side, side, slices}, Data: make([]float32, side*side*slices)}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 2})
	left, right = make([]bool, side*side), make([]bool, side*side)
	for i := range v.Data {
		p := i % (side * side)
		x, y := p%side, p/side
		v.Data[i] = float32(100 + (7*x+11*y+13*(i/(side*side)))%17)
		if y >= 28 && y < 44 && x >= 16 && x < 56 {
			v.Data[i] += 200
			left[p], right[p] = x < 36, x >= 36
		}
	}
	return slmsam.Slices{Volume: v, Axis: 2, Window: volume.Window{Lo: 0, Hi: 400}}, left, right
}

// TestObjectsLeaveEachOtherAlone lets an object grow into a second one. Where the second is outlined, the first gives up
// its pixels there, and it continues without them, even on slices where the second is known to be absent.
func TestObjectsLeaveEachOtherAlone(t *testing.T) {
	m := freshPrior(t, true)
	golden.Param(t, m, refinerBias).Set([]float32{1.5}) // masks grow from slice to slice
	s, left, right := barVolume(8)
	takenOnSlice4 := func(prompts ...slmsam.Prompt) (pixels int) {
		r := slmsam.Request{Slices: s, Prompts: prompts, Present: map[int][]slmsam.Span{1: {{First: 0, End: 8}}},
			Absent: map[int][]slmsam.Span{2: {{First: 4, End: 8}}}}
		result, err := m.Segment(t.Context(), r)
		require.NoError(t, err)
		for i, label := range result.Labels.Slice(s.Axis, 4) {
			if label == 1 && right[i] {
				pixels++
			}
		}
		return pixels
	}
	one, other := slmsam.Prompt{Slice: 0, Object: 1, Mask: left}, slmsam.Prompt{Slice: 3, Object: 2, Mask: right}
	require.Greater(t, takenOnSlice4(one), 80, "alone, it grows into the other half")
	require.Less(t, takenOnSlice4(one, other), 10)
}

// TestPriorInTheOfficialOrder checks that with a single outline, the official order finds what the default order finds.
func TestPriorInTheOfficialOrder(t *testing.T) {
	m := freshPrior(t, true)
	s, masks := discVolume(8)
	found := map[slmsam.Order][]int32{}
	for _, order := range []slmsam.Order{slmsam.Blended, slmsam.Official} {
		result, err := m.Segment(t.Context(), slmsam.Request{Slices: s, Options: slmsam.Options{Order: order},
			Prompts: []slmsam.Prompt{{Slice: 3, Object: 1, Mask: masks[3]}}})
		require.NoError(t, err)
		for _, f := range result.Objects[0].Slices {
			require.Positive(t, f.Area, "slice %d", f.Slice)
		}
		found[order] = result.Labels.Data
	}
	require.Equal(t, found[slmsam.Blended], found[slmsam.Official])
}
