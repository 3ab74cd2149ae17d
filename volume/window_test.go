package volume

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// volumeOf returns a row of voxels.
func volumeOf(modality string, data ...float32) *Volume {
	return &Volume{Dim: [3]int{len(data), 1, 1}, Data: data, Modality: modality}
}

// TestPaperWindow checks the paper's window for CT, clipped, and for MR.
func TestPaperWindow(t *testing.T) {
	for _, c := range []struct {
		v    *Volume
		want Window
	}{
		{volumeOf("", 0, 700), Window{0, 700}},             // MR
		{volumeOf("", -47, 833), Window{-47, 833}},         // MR after filtering
		{volumeOf("", -1000, 1195), Window{-1000, 1195}},   // CT by its air
		{volumeOf("CT", -3024, 3071), Window{-1024, 2000}}, // padding and metal clipped
		{volumeOf("CT", 0, 3071), Window{0, 2000}},         // CT by its header
		{volumeOf("MR", -3024, 3071), Window{-3024, 3071}}, // not CT, by its header
	} {
		got, err := PaperWindow(c.v)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

// TestWindowsOfUnusableImages checks the errors for images without contrast or with NaN.
func TestWindowsOfUnusableImages(t *testing.T) {
	for _, rule := range []WindowRule{WindowAuto, WindowPaper} {
		_, err := rule.Of(volumeOf("", 5, 5, 5))
		require.ErrorIs(t, err, ErrConstant)
		_, err = rule.Of(volumeOf("CT", 2500, 3000))
		require.ErrorIs(t, err, ErrConstant)
		require.ErrorContains(t, err, "[-1024, 2000] HU")
		_, err = rule.Of(volumeOf("", 1, float32(math.NaN())))
		require.ErrorContains(t, err, "NaN")
	}
}

// TestWindowApply checks the gray values at and beyond the ends of a window, and which windows are invalid.
func TestWindowApply(t *testing.T) {
	w := Window{Lo: -100, Hi: 155}
	require.NoError(t, w.Check())
	require.Equal(t, []uint8{0, 0, 0, 1, 128, 255, 255, 0},
		w.Apply([]float32{-5000, -100, -99.6, -99.5, 28, 155, 1e9, float32(math.NaN())}))
	for _, bad := range []Window{{1, 1}, {2, 1}, {math.NaN(), 1}, {0, math.Inf(1)}} {
		require.Error(t, bad.Check())
	}
}

// TestWindowRule parses rules, and checks the windows of those that are fixed.
func TestWindowRule(t *testing.T) {
	for in, want := range map[string]WindowRule{"": "auto", "Auto": "auto", "paper": "paper", " SOFT ": "soft", "-160 , 240": "-160,240", "1e3,2e3": "1000,2000"} {
		got, err := ParseWindowRule(in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, bad := range []string{"liver", "5", "5,5", "9,2", "nan,3", "0,inf", "1,2,3", ","} {
		_, err := ParseWindowRule(bad)
		require.ErrorContains(t, err, "lung, soft, bone, brain", bad)
		_, err = WindowRule(bad).Of(volumeOf("", 0, 1))
		require.Error(t, err)
	}
	ct := abdomen(rand.New(rand.NewPCG(1, 1)))
	for rule, want := range map[WindowRule]Window{"lung": {-1350, 150}, "soft": {-160, 240}, "bone": {-500, 1300}, "brain": {0, 80}, "-5,7.5": {-5, 7.5}} {
		got, err := rule.Of(ct)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := WindowRule("soft").Of(volumeOf("MR", 0, 700))
	require.ErrorContains(t, err, "is for CT")
	_, err = WindowRule("2000,3000").Of(volumeOf("", 0, 700))
	require.ErrorContains(t, err, "shows none of it")
}
