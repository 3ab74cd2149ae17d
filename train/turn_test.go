package train_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// cube returns a labeled volume with side voxels along each axis, with a pattern that has no symmetry and a labeled block.
// nominal means that its spacing is a guess, as it is for a stack of pictures.
func cube(t testing.TB, side int, spacing [3]float64, nominal bool) *train.Case {
	t.Helper()
	dim := [3]int{side, side, side}
	v := &volume.Volume{Dim: dim, Geom: volume.NewGeometry(dim, spacing)}
	v.Geom.Nominal = nominal
	l := &volume.LabelMap{Dim: dim, Geom: v.Geom}
	for z := range side {
		for y := range side {
			for x := range side {
				v.Data = append(v.Data, float32(cubeGray(x, y, z)))
				label := int32(0)
				if inBlock(x, y, z) {
					label = 4
				}
				l.Data = append(l.Data, label)
			}
		}
	}
	c, err := train.NewCase("cube", v, l, train.CaseOptions{Axis: 2, Window: "0,255"})
	require.NoError(t, err)
	return c
}

func cubeGray(x, y, z int) uint8 { return uint8(10 + x + 2*(y%9) + 3*(z%17)) }

func inBlock(x, y, z int) bool { return x >= 5 && x < 34 && y >= 6 && y < 45 && z >= 8 && z < 50 }

// TestTurnedClipsLieAcrossAnotherAxis checks that half of the clips are slices across columns or rows.
func TestTurnedClipsLieAcrossAnotherAxis(t *testing.T) {
	const side = 64 // also the size of the clips, so that nothing is resized
	r := tinyRecipe(1)
	r.Augment, r.Frames, r.Turned = train.NoAugment(), 4, 0.5
	s := train.NewSampler(train.Cases{cube(t, side, [3]float64{1, 1, 1.5}, false)}, r, side)
	axes, turned := map[int]int{}, 0
	for n := range 60 {
		clip := clipAt(t, s, n)
		if !strings.Contains(clip.Name, "turned") {
			continue
		}
		turned++
		first, _ := endsOf(t, clip)
		for axis := range 2 {
			gray, mask := make([]uint8, 0, side*side), make([]bool, 0, side*side)
			for z := range side {
				for i := range side {
					at := [2][2]int{{first, i}, {i, first}}[axis]
					gray, mask = append(gray, cubeGray(at[0], at[1], z)), append(mask, inBlock(at[0], at[1], z))
				}
			}
			if bytes.Equal(gray, clip.Frames[0].Gray) {
				axes[axis]++
				require.Equal(t, mask, clip.Frames[0].Masks)
			}
		}
	}
	require.InDelta(t, 30, turned, 12)
	require.Equal(t, turned, axes[0]+axes[1])
	require.Greater(t, min(axes[0], axes[1]), 5)
}

// TestThickSlicesAreNotTurned checks that volumes whose slices would look squeezed, or whose voxel size is unknown, are not
// turned.
func TestThickSlicesAreNotTurned(t *testing.T) {
	r := tinyRecipe(1)
	r.Augment, r.Frames, r.Turned = train.NoAugment(), 4, 1
	s := train.NewSampler(train.Cases{cube(t, 64, [3]float64{1, 1, 5}, false), cube(t, 64, [3]float64{1, 1, 1}, true), discs("a", 20)}, r, 64)
	for n := range 20 {
		require.NotContains(t, clipAt(t, s, n).Name, "turned")
	}
	r.Turned = 1.5
	require.ErrorContains(t, r.Validate(), "turned")
}
