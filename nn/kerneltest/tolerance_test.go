package kerneltest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCompareAcceptsWhatIsClose checks values at the edge of a tolerance, and NaN where NaN is wanted.
func TestCompareAcceptsWhatIsClose(t *testing.T) {
	nan := float32(math.NaN())
	tol := Tolerance{Abs: 0.1, Rel: 0.01}
	require.NoError(t, tol.Compare("X", []float32{1, 0.05, 101, nan}, []float32{1.1, 0, 100, nan}))
	require.NoError(t, Exact.Compare("X", []float32{1, 0}, []float32{1, 0}))
}

// TestCompareNamesWhatIsOff checks the message for values beyond the tolerance.
func TestCompareNamesWhatIsOff(t *testing.T) {
	err := Tolerance{Abs: 0.1, Reason: "because"}.Compare("X", []float32{1, 2, 3}, []float32{1, 2.5, 4})
	require.EqualError(t, err, "X: 2 of 3 elements are off; largest difference 1 at [2]: got 3, want 4; "+
		"tolerance 0.1 + 0*|want| (because)\nX[1]: got 2, want 2.5\nX[2]: got 3, want 4")
}

// TestCompareRefusesNaNInfinityAndLengths checks that no tolerance accepts NaN, an infinity or a wrong length.
func TestCompareRefusesNaNInfinityAndLengths(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	tol := Tolerance{Abs: 1, Rel: 1}
	require.Error(t, tol.Compare("X", []float32{nan}, []float32{1}))
	require.Error(t, tol.Compare("X", []float32{1}, []float32{nan}))
	require.Error(t, tol.Compare("X", []float32{1}, []float32{inf}))
	require.Error(t, tol.Compare("X", []float32{inf}, []float32{1}))
	require.Error(t, tol.Compare("X", []float32{1}, []float32{1, 2}))
}
