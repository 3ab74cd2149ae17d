package volume

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNegativeLabelsAreLeftOut checks that negative labels become background, with a note that counts them.
func TestNegativeLabelsAreLeftOut(t *testing.T) {
	for note, values := range map[string][]float32{
		"-1 (2 voxels)":                {-1, 3, -1},
		"-1 (1 voxels), -7 (1 voxels)": {2, -7, -1},
		"-1000 (1 voxels)":             {5, -1000.001, 0},
		"-3 (1 voxels), and 1 more":    {-1, -2, -3, -4},
		"":                             {1, 2, 0, 255},
	} {
		raw := niftiBytes(t, 48, func(h *nifti1) { h.Datatype = 16 })
		for i, x := range values {
			binary.LittleEndian.PutUint32(raw[nifti1Voxels+4*i:], math.Float32bits(x))
		}
		l, err := ReadLabelMap(writeTemp(t, "a.nii", raw))
		require.NoError(t, err)
		for i, x := range values {
			require.Equal(t, int32(math.Round(max(float64(x), 0))), l.Data[i])
		}
		if note == "" {
			require.Empty(t, l.Notes)
			continue
		}
		require.Len(t, l.Notes, 1)
		require.Contains(t, l.Notes[0], note)
	}
	raw := niftiBytes(t, 48, func(h *nifti1) { h.Datatype = 16 })
	binary.LittleEndian.PutUint32(raw[nifti1Voxels:], math.Float32bits(math.MinInt32))
	_, err := ReadLabelMap(writeTemp(t, "a.nii", raw))
	require.ErrorContains(t, err, "labels go up to")
}

// TestLabelsWithScale checks that labels that were scaled into integers with a slope are restored.
func TestLabelsWithScale(t *testing.T) {
	for _, top := range []float64{1, 3, 255, 300} {
		slope := float32(top / 65535) // the slope that programs choose for 16 bits
		raw := niftiBytes(t, 24, func(h *nifti1) { h.Datatype, h.SclSlope, h.SclInter = 512, slope, 0 })
		var want []int32
		for i := range 12 {
			label := math.Round(top * float64(i) / 11)
			want = append(want, int32(label))
			binary.LittleEndian.PutUint16(raw[nifti1Voxels+2*i:], uint16(math.Round(label/float64(slope))))
		}
		l, err := ReadLabelMap(writeTemp(t, "a.nii", raw))
		require.NoError(t, err, "%g", top)
		require.Equal(t, want, l.Data)
	}
}

// TestPaletteLabels checks how a palette's indices or colors become labels.
func TestPaletteLabels(t *testing.T) {
	black, red, green, white := color.NRGBA{0, 0, 0, 255}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{255, 255, 255, 255}
	gray := func(v uint8) color.Color { return color.NRGBA{v, v, v, 255} }
	for name, c := range map[string]struct {
		palette color.Palette
		want    []int32 // of indices 0, 1, 2
	}{
		"colors for display":     {color.Palette{black, red, green}, []int32{0, 1, 2}},
		"transparent first":      {color.Palette{color.NRGBA{}, red, green}, []int32{0, 1, 2}},
		"no black":               {color.Palette{white, red, green}, []int32{0, 1, 2}},
		"reduced colors":         {color.Palette{red, black, green}, []int32{2, 0, 1}}, // as RGB: green before red
		"reduced grays":          {color.Palette{gray(3), gray(0), gray(1)}, []int32{3, 0, 1}},
		"grays in order":         {color.Palette{gray(0), gray(1), gray(2)}, []int32{0, 1, 2}},
		"transparent, not first": {color.Palette{green, color.NRGBA{9, 9, 9, 0}, red}, []int32{1, 0, 2}},
	} {
		picture := image.NewPaletted(image.Rect(0, 0, 3, 1), c.palette)
		copy(picture.Pix, []uint8{0, 1, 2})
		dir := t.TempDir()
		savePNG(t, dir, "a.png", picture)
		l, err := ReadLabelMap(dir)
		require.NoError(t, err, name)
		require.Equal(t, c.want, l.Data, name)
	}
}

// TestColoredMasks checks that each color becomes a label, the same on all slices, and that a picture without flat
// colors is refused.
func TestColoredMasks(t *testing.T) {
	draw := func(pixels ...color.Color) image.Image {
		picture := image.NewNRGBA(image.Rect(0, 0, 2, 2))
		for i, c := range pixels {
			picture.Set(i%2, i/2, c)
		}
		return picture
	}
	blue, red, yellow := color.NRGBA{0, 0, 255, 255}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{255, 255, 0, 255}
	dir := t.TempDir()
	savePNG(t, dir, "0.png", draw(color.Black, yellow))
	savePNG(t, dir, "1.png", draw(red, color.Transparent, color.Black, blue))
	savePNG(t, dir, "2.png", draw(color.Black, color.Black, color.Black, yellow))
	l, err := ReadLabelMap(dir)
	require.NoError(t, err)
	require.Equal(t, []int32{0, 3, 0, 0, 2, 0, 0, 1, 0, 0, 0, 3}, l.Data)
	require.Equal(t, []string{"colors are taken as labels: #0000ff is 1, #ff0000 is 2, #ffff00 is 3"}, l.Notes)
	require.Equal(t, color.RGBA{255, 0, 0, 255}, l.Legend[2].Color)

	dir = t.TempDir()
	photo := image.NewNRGBA(image.Rect(0, 0, 20, 20))
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range photo.Pix {
		photo.Pix[i] = uint8(rng.IntN(256)) | 1
	}
	photo.Set(0, 0, color.Black)
	savePNG(t, dir, "a.png", photo)
	_, err = ReadLabelMap(dir)
	require.ErrorContains(t, err, "more than 64 colors")

	dir = t.TempDir()
	savePNG(t, dir, "a.png", draw(color.Black, color.NRGBA{7, 7, 7, 255}, color.NRGBA{9, 9, 9, 255}, color.Black))
	l, err = ReadLabelMap(dir)
	require.NoError(t, err, "gray in RGB")
	require.Equal(t, []int32{0, 7, 9, 0}, l.Data)
}

// TestCheckLabels checks which labels each format can hold.
func TestCheckLabels(t *testing.T) {
	require.NoError(t, CheckLabels("out.nii.gz", 1, math.MaxInt32))
	require.NoError(t, CheckLabels("folder", 1, 65535))
	require.ErrorContains(t, CheckLabels("folder", 3, 70000), "label 70000")
	require.ErrorContains(t, CheckLabels("x.tif", 1), "unknown extension")
}
