package volume

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func volumeOf(modality string, data ...float32) *Volume {
	return &Volume{Dim: [3]int{len(data), 1, 1}, Data: data, Modality: modality}
}

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
		{volumeOf("MR", -3024, 3071), Window{-3024, 3071}}, // no CT by its header
	} {
		got, err := PaperWindow(c.v)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestWindowsRefuse(t *testing.T) {
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

func TestWindowApply(t *testing.T) {
	w := Window{Lo: -100, Hi: 155}
	require.NoError(t, w.Check())
	require.Equal(t, []uint8{0, 0, 0, 1, 128, 255, 255, 0},
		w.Apply([]float32{-5000, -100, -99.6, -99.5, 28, 155, 1e9, float32(math.NaN())}))
	for _, bad := range []Window{{1, 1}, {2, 1}, {math.NaN(), 1}, {0, math.Inf(1)}} {
		require.Error(t, bad.Check())
	}
}
