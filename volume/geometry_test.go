package volume

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDiffNamesTheField checks which differences between two geometries are reported, and by which names.
func TestDiffNamesTheField(t *testing.T) {
	dim := [3]int{10, 12, 5}
	base := NewGeometry(dim, [3]float64{1, 1, 3})
	turned := GeometryFromAffine(dim, affineFromColumns([3]float64{0, 1, 0}, [3]float64{1, 0, 0}, [3]float64{0, 0, 3}, [3]float64{}))
	moved := base
	moved.Affine[0][3] = 5
	nudged := base
	nudged.Affine[0][3] = 0.009 // below a hundredth of a voxel
	for _, c := range []struct {
		other Geometry
		want  []string
	}{
		{base, nil},
		{nudged, nil},
		{moved, []string{"affine origin"}},
		{turned, []string{"affine orientation"}},
		{NewGeometry(dim, [3]float64{1, 1, 2.5}), []string{"affine spacing"}},
		{NewGeometry([3]int{10, 12, 6}, [3]float64{1, 1, 3}), []string{"dimensions"}},
		{Geometry{Dim: dim, Nominal: true}, nil},
	} {
		require.Equal(t, c.want, base.Diff(c.other))
	}
}

// TestCheckSameGridSaysWhatToDo checks the errors for a mask off the image's grid.
func TestCheckSameGridSaysWhatToDo(t *testing.T) {
	dim := [3]int{3, 2, 2}
	v := &Volume{Dim: dim, Data: make([]float32, 12), Geom: NewGeometry(dim, [3]float64{1, 1, 3}), Path: "ct.nii"}
	l := NewLabelMap(v)
	require.NoError(t, CheckSameGrid(v, l))

	l.Path, l.Geom.Affine[2][3] = "mask.nii", 40
	var e *GridError
	require.ErrorAs(t, CheckSameGrid(v, l), &e)
	require.True(t, e.AffineOnly)
	require.ErrorContains(t, e, "mask.nii is not on the grid of ct.nii: the dimensions agree, only the affine differs (affine origin)")
	require.ErrorContains(t, e, "a corner moves by 40 mm")

	l.Dim = [3]int{3, 2, 3}
	require.ErrorAs(t, CheckSameGrid(v, l), &e)
	require.False(t, e.AffineOnly)
	require.ErrorContains(t, e, "mask 3x2x3 voxels, image 3x2x2")
	require.ErrorContains(t, e, "resample the mask")
}

// TestAcquisitionAxis checks that the slice axis is the one with the largest spacing or, if two spacings are equal,
// the third.
func TestAcquisitionAxis(t *testing.T) {
	for spacing, want := range map[[3]float64]int{
		{0.8, 0.8, 5}: 2, {5, 0.8, 0.8}: 0, {0.8, 5, 0.8}: 1, {0.9, 0.8, 1}: 2,
		{1, 1, 1}: 2, {1, 1.0001, 1}: 2, // all equal: the last
		{3.9, 3.9, 2.5}: 2, {1, 2, 2}: 0, // square pixels: the other axis
	} {
		dim := [3]int{2, 2, 2}
		v := &Volume{Dim: dim, Geom: NewGeometry(dim, spacing)}
		require.Equal(t, want, v.AcquisitionAxis(), "%v", spacing)
	}
}

// TestSliceOrder checks the order of a slice's pixels along each axis, that SetSlice is the inverse of Slice, and
// that slices that do not exist panic.
func TestSliceOrder(t *testing.T) {
	dim := [3]int{2, 3, 4}
	v := &Volume{Dim: dim, Data: make([]float32, 24)}
	for i := range v.Data {
		v.Data[i] = float32(i%2 + 10*(i/2%3) + 100*(i/6)) // x + 10 y + 100 z
	}
	require.Equal(t, []float32{200, 201, 210, 211, 220, 221}, v.Slice(2, 2), "rows are y, columns x")
	require.Equal(t, []float32{10, 11, 110, 111, 210, 211, 310, 311}, v.Slice(1, 1), "rows are z, columns x")
	require.Equal(t, []float32{1, 11, 21, 101, 111, 121, 201, 211, 221, 301, 311, 321}, v.Slice(0, 1), "rows are z, columns y")
	for axis := range 3 {
		h, w := SliceSize(dim, axis)
		l := &LabelMap{Dim: dim, Data: make([]int32, 24)}
		copyOf := &LabelMap{Dim: dim, Data: make([]int32, 24)}
		for i := range l.Data {
			l.Data[i] = rand.Int32()
		}
		for i := range dim[axis] {
			require.Len(t, l.Slice(axis, i), h*w)
			copyOf.SetSlice(axis, i, l.Slice(axis, i))
		}
		require.Equal(t, l.Data, copyOf.Data)
	}
	require.Panics(t, func() { v.Slice(2, 4) })
	require.Panics(t, func() { v.Slice(3, 0) })
	require.Panics(t, func() { v.SetSlice(0, 0, nil) })
}

// TestQuaternionRoundTrip checks that the qforms of random rotations, with and without reflection, give the affine back,
// and that a sheared grid has none.
func TestQuaternionRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() [3]float64 { return [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()} }
	for range 200 {
		x := random()
		x = scale(x, 1/norm(x))
		z := cross(x, random())
		z = scale(z, 1/norm(z))
		y := cross(z, x)
		if rng.IntN(2) == 0 {
			z = scale(z, -1)
		}
		g := GeometryFromAffine([3]int{4, 4, 4}, affineFromColumns(scale(x, 0.5), scale(y, 0.7), scale(z, 3), random()))
		f := g.niftiFrame()
		require.EqualValues(t, 1, f.QFormCode)
		q := f.qform()
		for r := range 4 {
			require.InDeltaSlice(t, g.Affine[r][:], q[r][:], 1e-6)
		}
	}
	sheared := GeometryFromAffine([3]int{4, 4, 4}, affineFromColumns([3]float64{1, 0, 0}, [3]float64{0.3, 1, 0}, [3]float64{0, 0, 1}, [3]float64{}))
	f := sheared.niftiFrame()
	require.Zero(t, f.QFormCode, "a sheared grid has no qform")
}

// TestHeaderUnits checks that a header in meters gives millimeters.
func TestHeaderUnits(t *testing.T) {
	f := NIfTIFrame{Version: 1, PixDim: [8]float64{1, 0.001, 0.001, 0.002}, XYZTUnits: 1} // meters
	g, err := f.geometry([3]int{3, 3, 3})
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{1, 1, 2}, g.Spacing[:], 1e-12)
	require.InDelta(t, 1, math.Abs(g.Affine[0][0]), 1e-12)
}
