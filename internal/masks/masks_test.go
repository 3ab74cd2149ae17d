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

// TestFilledFillsHolesOnly checks that a hole is filled, and that background with a way to the border is not.
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

// TestDice checks the overlap of masks, and that two empty ones have none.
func TestDice(t *testing.T) {
	a, _ := mask("##..")
	b, _ := mask(".##.")
	require.InDelta(t, 0.5, Dice(a, b), 1e-12)
	require.InDelta(t, 1.0, Dice(a, a), 1e-12)
	require.Zero(t, Dice(make([]bool, 4), make([]bool, 4)))
	require.Equal(t, a, Positive([]float32{1, 0.1, 0, -2}))
}

// TestHolding checks which mask a pixel is on: empty masks hold none, and pixels beyond the last are on the last one.
func TestHolding(t *testing.T) {
	for pixel, want := range []int{0, 0, 2, 2, 2, 2} {
		require.Equal(t, want, Holding([]int{2, 0, 3}, pixel), pixel)
	}
}
