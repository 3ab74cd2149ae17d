package report

import (
	"image/color"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestStatedColorsAndNamesAreUsed checks where the names and colors of objects come from, and which wins.
func TestStatedColorsAndNamesAreUsed(t *testing.T) {
	s := study()
	red := color.RGBA{250, 10, 20, 255}
	s.Labels.Legend = map[int32]volume.Label{1: {Name: "liver", Color: red}, 4: {Name: "spleen"}}
	s.Objects[1].Name = "spleen, corrected"
	require.Equal(t, "liver", s.name(s.Objects[0]))
	require.Equal(t, "spleen, corrected", s.name(s.Objects[1]))
	require.Equal(t, "label 9", s.name(Object{Label: 9}))
	require.Equal(t, []color.RGBA{red, Color(0)}, s.colors([][]int{{0, 0}, {0, 0}}))
	s.Objects[0].Color = Color(0)
	require.Equal(t, []color.RGBA{Color(0), Color(1)}, s.colors([][]int{{0, 0}, {0, 0}}))
	require.Greater(t, countIn(montageOf(t, s), montageOf(t, s).Bounds(), Color(0)), 1000)
}

// TestNeighborsHaveDifferentColors checks that objects close to each other never get the same color.
func TestNeighborsHaveDifferentColors(t *testing.T) {
	s := study()
	const n = 20
	s.Objects = make([]Object, n)
	near := make([][]int, n)
	for i := range near { // a chain in which each is close to the six before and after it
		near[i] = make([]int, n)
		for j := range near[i] {
			if i != j && abs(i-j) <= 6 {
				near[i][j] = 3
			}
		}
	}
	got := s.colors(near)
	for i := range got {
		for j := range got {
			if near[i][j] > 0 {
				require.NotEqual(t, got[i], got[j], "%d and %d", i, j)
			}
		}
	}
}

// TestDarkStatedColorsAreLightened checks that stated colors are visible on black, and opaque.
func TestDarkStatedColorsAreLightened(t *testing.T) {
	require.Equal(t, color.RGBA{60, 60, 60, 255}, visible(color.RGBA{0, 0, 0, 255}))
	require.Equal(t, color.RGBA{255, 200, 0, 255}, visible(color.RGBA{255, 200, 0, 128}))
}
