package report

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPresenceIsDrawnForManyLabelsAndForOneSlice checks that unusual studies are drawn, too.
func TestPresenceIsDrawnForManyLabelsAndForOneSlice(t *testing.T) {
	s := study()
	for l := 5; l < 40; l++ {
		s.Objects = append(s.Objects, Object{Label: l, Slices: s.Objects[0].Slices})
	}
	one := study()
	for i := range one.Objects {
		one.Objects[i].Slices = one.Objects[i].Slices[11:12]
	}
	for _, s := range []Study{s, one} {
		var file bytes.Buffer
		require.NoError(t, Presence(&file, s))
		config, err := png.DecodeConfig(&file)
		require.NoError(t, err)
		require.Greater(t, config.Height, 500)
		require.NoError(t, Montage(&bytes.Buffer{}, s))
	}
}

// TestPresenceMarksDoubtsAndLeavesOutWhatWasNotMeasured checks that doubts are marked in red, and that there is no
// panel for scores if there are none.
func TestPresenceMarksDoubtsAndLeavesOutWhatWasNotMeasured(t *testing.T) {
	draw := func(s Study) *image.RGBA {
		var file bytes.Buffer
		require.NoError(t, Presence(&file, s))
		img, err := png.Decode(&file)
		require.NoError(t, err)
		out := image.NewRGBA(img.Bounds())
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				out.Set(x, y, img.At(x, y))
			}
		}
		return out
	}
	s := study()
	sure := draw(s)
	require.Zero(t, countIn(sure, sure.Bounds(), alarm))
	s.Objects[0].Slices[3].Doubts = []string{"area jumps"}
	doubtful := draw(s)
	require.Greater(t, countIn(doubtful, doubtful.Bounds(), alarm), 15)
	for _, o := range s.Objects {
		for i := range o.Slices {
			o.Slices[i].Score = math.NaN()
		}
	}
	require.Less(t, draw(s).Bounds().Dy(), sure.Bounds().Dy(), "there is no panel for scores")
}

// TestTicksAreWholeAndFew checks the ticks for axes of various lengths.
func TestTicksAreWholeAndFew(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   []float64
	}{{-0.5, 3.5, []float64{0, 1, 2, 3}}, {4.5, 30.5, []float64{5, 10, 15, 20, 25, 30}}, {-0.5, 211.5, []float64{0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200}}} {
		var got []float64
		for _, tick := range wholeTicks(c.lo, c.hi) {
			got = append(got, tick.Value)
		}
		require.Equal(t, c.want, got)
	}
}
