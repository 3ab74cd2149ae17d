package masks

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// mask reads a picture of a mask, a row each.
func mask(rows ...string) (m []bool, w int) {
	for _, row := range rows {
		for _, c := range row {
			m = append(m, c == '#')
		}
	}
	return m, len(rows[0])
}

// TestFilledFillsHolesOnly checks that background touching the border, also only diagonally from inside, is kept open or filled as 4-connected
// background is.
func TestFilledFillsHolesOnly(t *testing.T) {
	m, w := mask(
		"####...",
		"#..#.#.",
		"####.#.",
		"...####")
	want, _ := mask(
		"####...",
		"####.#.",
		"####.#.",
		"...####")
	require.Equal(t, want, Filled(m, w))
	require.Equal(t, want, Filled(want, w))
}

// TestComponent checks that a component ends at the slice's sides and at corners.
func TestComponent(t *testing.T) {
	m, w := mask(
		"##...#",
		"#....#",
		"..##..")
	want, _ := mask(
		"##....",
		"#.....",
		"......")
	require.Equal(t, want, Component(m, w, 0))
	require.Equal(t, make([]bool, len(m)), Component(m, w, 2), "a start outside the mask")
}
