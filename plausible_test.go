package slmsam_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// noise returns a volume of random values.
func noise(dim [3]int) *volume.Volume {
	rng := rand.New(rand.NewPCG(1, 2))
	v := &volume.Volume{Dim: dim, Path: "ct.nii", Geom: volume.NewGeometry(dim, [3]float64{1, 1, 3})}
	for range dim[0] * dim[1] * dim[2] {
		v.Data = append(v.Data, float32(rng.IntN(800)))
	}
	return v
}

// asLabels returns a label map whose labels are the volume's values.
func asLabels(v *volume.Volume, path string) *volume.LabelMap {
	l := volume.NewLabelMap(v)
	for i, x := range v.Data {
		l.Data[i] = int32(x)
	}
	l.Path = path
	return l
}

// TestPlausible checks that an image given as a mask is noticed, and so are image and mask in the wrong order.
func TestPlausible(t *testing.T) {
	image := noise([3]int{12, 10, 8})
	drawn := volume.NewLabelMap(image)
	for i := range 5 {
		drawn.Data[4*120+40+i] = 2
	}
	many := volume.NewLabelMap(image) // 40 labels in blocks of three voxels
	for i := range many.Data {
		many.Data[i] = int32(i / 3 % 40)
	}
	require.NoError(t, slmsam.Plausible(image, drawn))
	require.NoError(t, slmsam.Plausible(image, many))
	require.ErrorContains(t, slmsam.Plausible(image, asLabels(image, "m.nii")), "m.nii looks like an image")
	labels := &volume.Volume{Dim: image.Dim, Data: make([]float32, len(image.Data)), Path: "l.nii"}
	labels.Data[7] = 1
	require.ErrorContains(t, slmsam.Plausible(labels, asLabels(image, "m.nii")), "swapped")
}

// TestCheckPlane checks that outlines drawn on slices along another axis are noticed.
func TestCheckPlane(t *testing.T) {
	image := noise([3]int{12, 10, 8})
	draw := func(points ...[3]int) *volume.LabelMap {
		l := volume.NewLabelMap(image)
		for _, p := range points {
			l.Data[p[0]+12*(p[1]+10*p[2])] = 1
		}
		return l
	}
	var across0, across2 [][3]int
	for i := range 8 {
		for y := 2; y < 7; y++ {
			across0, across2 = append(across0, [3]int{5, y, i}), append(across2, [3]int{i, y, 6})
		}
	}
	require.NoError(t, slmsam.CheckPlane(draw(across2...), 2))
	require.ErrorContains(t, slmsam.CheckPlane(draw(across0...), 2), "slice 5 along axis 0, but slices are taken along axis 2; pass --axis 0")
	require.NoError(t, slmsam.CheckPlane(draw(across0...), 0))
	require.NoError(t, slmsam.CheckPlane(draw([3]int{5, 3, 1}, [3]int{5, 3, 2}), 2), "a few pixels say nothing")
	require.NoError(t, slmsam.CheckPlane(draw(append(across0, across2...)...), 2))
}
