package report

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSamplesAreCroppedAndFramed checks frames, the key of colors, and that a crop shows the object larger.
func TestSamplesAreCroppedAndFramed(t *testing.T) {
	const side = 128
	gray, mask := make([]uint8, side*side), make([]bool, side*side)
	for p := range gray {
		gray[p] = uint8(p)
		mask[p] = p%side >= 40 && p%side < 60 && p/side >= 40 && p/side < 60
	}
	frame := color.RGBA{1, 200, 3, 255}
	row := Row{Title: "case", H: side, W: side, Slices: []Sample{
		{Index: 3, Gray: gray, Contours: []Contour{{mask, Color(2)}}, Frame: &frame}, {Index: 9, Note: "DSC 0.50", Gray: gray, Contours: []Contour{{mask, Color(2)}}}}}
	draw := func(row Row) *image.RGBA {
		var b bytes.Buffer
		require.NoError(t, Samples{Title: "samples", Keys: []Key{{"truth", Color(5)}}, Rows: []Row{row}}.Write(&b))
		img, err := png.Decode(&b)
		require.NoError(t, err)
		return img.(*image.RGBA)
	}
	img := draw(row)
	first := image.Pt(gap, headHeight+rowHead)
	require.Equal(t, frameThick*sampleSide, countIn(img, edge(first, sampleSide), frame))
	require.Zero(t, countIn(img, edge(first.Add(image.Pt(sampleSide+gap, 0)), sampleSide), frame))
	require.Positive(t, countIn(img, image.Rect(0, 0, img.Bounds().Dx(), headHeight), Color(5)), "the key")
	cropped := countIn(img, img.Bounds(), Color(2))
	row.Whole = true
	require.Greater(t, cropped, 2*countIn(draw(row), img.Bounds(), Color(2)), "a crop shows the object larger")
}

// TestNoSamplesAreAnError checks the error for rows without samples.
func TestNoSamplesAreAnError(t *testing.T) {
	require.ErrorContains(t, Samples{Rows: []Row{{Title: "empty"}}}.Write(&bytes.Buffer{}), "no samples")
}
