package volume

import (
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// savePNG writes a picture to a PNG file in dir.
func savePNG(t *testing.T, dir, name string, picture image.Image) {
	f, err := os.Create(filepath.Join(dir, name))
	require.NoError(t, err)
	require.NoError(t, png.Encode(f, picture))
	require.NoError(t, f.Close())
}

// TestStackRefused checks the errors for stacks of pictures with different sizes or kinds, and for label maps that
// are lossy or have no background.
func TestStackRefused(t *testing.T) {
	dir := t.TempDir()
	savePNG(t, dir, "a1.png", image.NewGray(image.Rect(0, 0, 4, 3)))
	savePNG(t, dir, "a2.png", image.NewGray(image.Rect(0, 0, 3, 4)))
	refused(t, dir, "slice a2.png has 3x4 pixels but a1.png has 4x3")

	dir = t.TempDir()
	f, err := os.Create(filepath.Join(dir, "a.jpg"))
	require.NoError(t, err)
	require.NoError(t, jpeg.Encode(f, image.NewGray(image.Rect(0, 0, 4, 3)), nil))
	require.NoError(t, f.Close())
	_, err = Read(dir)
	require.NoError(t, err)
	_, err = ReadLabelMap(dir)
	require.ErrorContains(t, err, "use PNG")

	dir = t.TempDir()
	colored := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	colored.Set(0, 0, color.NRGBA{7, 7, 7, 255})
	colored.Set(1, 0, color.NRGBA{255, 0, 0, 255})
	savePNG(t, dir, "a.png", colored)
	v, err := Read(dir)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float32{7, 76.245}, v.Data, 1e-4)
	_, err = ReadLabelMap(dir)
	require.ErrorContains(t, err, "has no black")

	dir = t.TempDir()
	savePNG(t, dir, "a.png", image.NewGray(image.Rect(0, 0, 4, 3)))
	f, err = os.Create(filepath.Join(dir, "a.jpg"))
	require.NoError(t, err)
	require.NoError(t, jpeg.Encode(f, image.NewGray(image.Rect(0, 0, 4, 3)), nil))
	require.NoError(t, f.Close())
	_, err = Read(dir)
	require.ErrorContains(t, err, "slices of two kinds")
}

// TestNaturalOrder compares all pairs of a list that is in natural order.
func TestNaturalOrder(t *testing.T) {
	ordered := []string{"a1", "a2", "a02", "a10", "a10b2", "a10b11", "b"}
	for i := range ordered {
		for j := range ordered {
			require.Equal(t, i < j, naturalLess(ordered[i], ordered[j]), "%s, %s", ordered[i], ordered[j])
		}
	}
}
