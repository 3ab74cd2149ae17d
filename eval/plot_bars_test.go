package eval

import (
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWriteBars checks the sizes of bar charts and that values that do not fit the names are refused.
func TestWriteBars(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bars.png")
	nan := Value(math.NaN())
	values := [][]Interval{{{0.5, 0.4, 0.6}, {nan, nan, nan}}, {{0.7, nan, nan}, {0.1, 0, 0.3}}, {{1, 1, 1}, {0, 0, 0}}}
	groups, series := []string{"a", "b", "c"}, []string{"M7", "M7+R1"}
	require.NoError(t, WriteBars(path, groups, series, Bars{Title: "DSC", Y: "DSC", Unit: true, Values: values}))
	one := pngWidth(t, path)
	require.NoError(t, WriteBars(path, groups, series, Bars{Title: "DSC", Unit: true, Values: values}, Bars{Title: "ASSD", Values: values}))
	require.Greater(t, pngWidth(t, path), one, "two panels side by side")

	require.ErrorContains(t, WriteBars(path, groups[:2], series, Bars{Title: "DSC", Values: values}), "3 groups of values for 2 names")
	require.ErrorContains(t, WriteBars(path, groups, series[:1], Bars{Title: "DSC", Values: values}), "2 values for 1 series")
}

// pngWidth returns the width of a picture in pixels.
func pngWidth(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	config, err := png.DecodeConfig(f)
	require.NoError(t, err)
	return config.Width
}
