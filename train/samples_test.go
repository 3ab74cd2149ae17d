package train

import (
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestSamples checks which slices a sample picture shows of an object, how they are marked, and what the title says.
func TestSamples(t *testing.T) {
	const n, side = 10, 64
	c := &Case{Name: "case", H: side, W: side, Objects: []int32{7}, Legend: map[int32]volume.Label{7: {Name: "liver"}}}
	found := &volume.LabelMap{Dim: [3]int{side, side, n}, Data: make([]int32, side*side*n)}
	for z := range n {
		gray, labels := make([]uint8, side*side), make([]uint8, side*side)
		for p := range gray {
			gray[p] = uint8(p)
			if p%side >= 20 && p%side < 40 && p/side >= 20 && p/side < 40 {
				labels[p] = 1
				if p%side < 30 || z == 4 {
					found.Data[z*side*side+p] = 1
				}
			}
		}
		c.Images, c.Labels = append(c.Images, gray), append(c.Labels, labels)
	}
	s := sample{of: c, found: found, span: c.span(0), score: ObjectScore{Case: "case", Label: 7, Slice: 4, DSC: 0.667}}
	require.Equal(t, []int{0, 1, 4, 5, 7, 9}, s.columns())
	white := color.RGBA{255, 255, 255, 255}
	row := s.row(white, white)
	require.Equal(t, "case: liver, DSC 0.667, outlined on slice 4", row.Title)
	require.Equal(t, "DSC 0.67", row.Slices[0].Note)
	require.Nil(t, row.Slices[0].Frame)
	require.NotNil(t, row.Slices[2].Frame)
	require.Empty(t, row.Slices[2].Note)

	path := filepath.Join(t.TempDir(), "samples.png")
	require.NoError(t, (&Validation{DSC: 0.667, samples: []sample{s}}).drawSamples(path))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	_, err = png.Decode(f)
	require.NoError(t, err)
	none := filepath.Join(t.TempDir(), "none.png")
	require.NoError(t, (&Validation{}).drawSamples(none), "there is nothing to show")
	require.NoFileExists(t, none)
}
