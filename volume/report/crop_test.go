package report

import (
	"image"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestCropsHaveOneSizeUnlessTheObjectIsFarLarger checks that all crops of an object have the same size, except on a
// slice where it is far larger, and where crops are on slices without it.
func TestCropsHaveOneSizeUnlessTheObjectIsFarLarger(t *testing.T) {
	boxes := make([]image.Rectangle, 20)
	for z := 2; z < 18; z++ {
		boxes[z] = image.Rect(100, 100, 140, 130)
	}
	boxes[10] = image.Rect(60, 60, 180, 180) // far too large
	boxes[14] = image.Rectangle{}
	c := newCrops(boxes, 256, 256, 1, 1)
	require.Equal(t, image.Rect(90, 85, 150, 145), c.at(5))
	require.Equal(t, image.Rect(90, 85, 150, 145), c.at(14), "absent here, so where its neighbors are")
	require.Equal(t, image.Rect(90, 85, 150, 145), c.at(0), "absent here, so where it is on the nearest slice")
	require.True(t, boxes[10].In(c.at(10)))
	require.Equal(t, c.at(10).Dx(), c.at(10).Dy())
	require.Equal(t, image.Rect(0, 0, 256, 256), newCrops(make([]image.Rectangle, 3), 256, 256, 1, 1).at(1), "absent everywhere, so the whole slice")
}

// TestCropsAreSquareInMillimetersAndStayOnTheSlice checks crops of pixels that are not square, and of a slice that
// is narrower than the crop.
func TestCropsAreSquareInMillimetersAndStayOnTheSlice(t *testing.T) {
	boxes := []image.Rectangle{image.Rect(0, 0, 60, 12)}
	c := newCrops(boxes, 100, 400, 1, 5)
	require.Equal(t, image.Rect(0, 0, 90, 18), c.at(0))
	tall := newCrops([]image.Rectangle{image.Rect(0, 0, 10, 100)}, 100, 20, 1, 1)
	require.Equal(t, image.Rect(-40, 0, 60, 100), tall.at(0), "the crop contains the whole width")
}

// TestCutFillsWithZeroBeyondTheSlice checks the part of a crop that is outside the slice.
func TestCutFillsWithZeroBeyondTheSlice(t *testing.T) {
	require.Equal(t, []int{0, 0, 0, 0, 1, 2}, cut([]int{1, 2, 3, 4}, 2, 2, image.Rect(-1, -1, 2, 1)))
}

// TestWindowSuitsTheObject checks the windows chosen for soft tissue, lung and bone in CT, for MR with an outlier,
// and for a flat image.
func TestWindowSuitsTheObject(t *testing.T) {
	var all, inside []float32
	for i := range 1000 {
		all = append(all, -1000, 60+float32(i%20), 1200) // air, tissue, bone
		inside = append(inside, 60+float32(i%20))
	}
	require.Equal(t, volume.Window{Lo: 69 - softReach, Hi: 69 + softReach}, robustWindow(all, inside, true))
	require.Equal(t, volume.Window{Lo: -1000, Hi: 1200}, robustWindow(all, inside, false))
	require.Equal(t, volume.Window{Lo: -1000, Hi: airHi}, robustWindow(all, []float32{-900, -850, -800}, true), "lung")
	require.Equal(t, volume.Window{Lo: -1000, Hi: 1200}, robustWindow(all, []float32{0, 50, 200, 700, 900}, true), "bone")

	var mr []float32
	for i := range 1000 {
		mr = append(mr, float32(100+i%100))
	}
	mr[500] = 30000 // one bright voxel must not darken the rest
	require.InDelta(t, 198+windowRoom*97, robustWindow(mr, nil, false).Hi, 2)
	flat := robustWindow([]float32{5, 5, 5}, nil, false)
	require.Less(t, flat.Lo, flat.Hi)
}

// TestEvenlyKeepsTheEnds checks an even choice from a list.
func TestEvenlyKeepsTheEnds(t *testing.T) {
	all := []int{3, 4, 5, 6, 7, 8, 9}
	require.Equal(t, []int{3, 6, 9}, evenly(all, 3))
	require.Equal(t, all, evenly(all, 10))
	require.Equal(t, []int{6}, evenly(all, 1))
	require.Empty(t, evenly(all, 0))
}
