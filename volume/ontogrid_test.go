package volume

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// order is one of the 48 ways to store the same box of voxels: stored axis j is axis of[j], reversed where flip[j].
type order struct {
	of   [3]int
	flip [3]bool
}

// allOrders lists all 48 orders.
func allOrders() (list []order) {
	for _, of := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for bits := range 8 {
			list = append(list, order{of, [3]bool{bits&1 != 0, bits&2 != 0, bits&4 != 0}})
		}
	}
	return list
}

// store copies l, voxel by voxel, into another order, with the affine that goes with it.
func (o order) store(l *LabelMap) *LabelMap {
	out := &LabelMap{Path: "mask", Data: make([]int32, len(l.Data))}
	var columns [3][3]float64
	origin := l.Geom.Affine.column(3)
	for j, axis := range o.of {
		out.Dim[j] = l.Dim[axis]
		columns[j] = l.Geom.Affine.column(axis)
		if o.flip[j] {
			for r := range 3 {
				origin[r] += columns[j][r] * float64(l.Dim[axis]-1)
			}
			columns[j] = scale(columns[j], -1)
		}
	}
	out.Geom = GeometryFromAffine(out.Dim, affineFromColumns(columns[0], columns[1], columns[2], origin))
	for i, label := range l.Data {
		at := [3]int{i % l.Dim[0], i / l.Dim[0] % l.Dim[1], i / l.Dim[0] / l.Dim[1]}
		var p [3]int
		for j, axis := range o.of {
			if p[j] = at[axis]; o.flip[j] {
				p[j] = l.Dim[axis] - 1 - at[axis]
			}
		}
		out.Data[p[0]+out.Dim[0]*(p[1]+out.Dim[1]*p[2])] = label
	}
	return out
}

// obliqueCase returns a random image and mask on a rotated grid.
func obliqueCase(rng *rand.Rand) (*Volume, *LabelMap) {
	unit := func() [3]float64 {
		v := [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		return scale(v, 1/norm(v))
	}
	x := unit()
	y := cross(x, unit())
	y = scale(y, 1/norm(y))
	z := cross(x, y)
	dim := [3]int{3 + rng.IntN(6), 3 + rng.IntN(6), 3 + rng.IntN(6)}
	a := affineFromColumns(scale(x, 0.3+rng.Float64()), scale(y, 0.3+rng.Float64()), scale(z, 0.3+4*rng.Float64()), scale(unit(), 300*rng.Float64()))
	v := &Volume{Dim: dim, Data: make([]float32, dim[0]*dim[1]*dim[2]), Geom: GeometryFromAffine(dim, a), Path: "image"}
	l := NewLabelMap(v)
	l.Path = "mask"
	for i := range l.Data {
		l.Data[i] = int32(rng.IntN(4))
	}
	return v, l
}

// TestEveryStorageOrderGivesTheSameMap stores masks in every order, in memory and in files, whose headers round to float32,
// and checks that OntoGrid restores them.
func TestEveryStorageOrderGivesTheSameMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, o := range allOrders() {
		v, l := obliqueCase(rng)
		stored := o.store(l)
		got, notes, err := OntoGrid(v, stored, GridOptions{})
		require.NoError(t, err, "%v", o)
		require.Equal(t, l.Data, got.Data, "%v", o)
		require.Equal(t, v.Geom.Affine, got.Geom.Affine)
		require.Equal(t, o != order{of: [3]int{0, 1, 2}}, len(notes) == 1, "%v", notes)

		ext := []string{".nii.gz", ".nrrd", ".mha"}[rng.IntN(3)]
		path := filepath.Join(t.TempDir(), "mask"+ext)
		require.NoError(t, WriteLabelMap(path, stored, WriteOptions{}))
		read, err := ReadLabelMap(path)
		require.NoError(t, err)
		got, _, err = OntoGrid(v, read, GridOptions{})
		require.NoError(t, err, "%v as %s", o, ext)
		require.Equal(t, l.Data, got.Data, "%v as %s", o, ext)
	}
}

// TestPartOfTheImage cuts out slices and boxes, stores them in any order with the affine of the cut, and checks that
// they return to their place.
func TestPartOfTheImage(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for trial, o := range append(allOrders(), allOrders()...) {
		v, l := obliqueCase(rng)
		var cut Box
		for axis, n := range l.Dim {
			cut.Lo[axis] = rng.IntN(n - 1)
			cut.Hi[axis] = cut.Lo[axis] + 1 + rng.IntN(n-cut.Lo[axis])
		}
		cut.Hi[1] = min(cut.Hi[1], cut.Lo[1]+2) // smaller than the image along at least one axis
		if trial%2 == 0 {
			cut.Hi[2] = cut.Lo[2] + 1 // one slice
		}
		part := &LabelMap{Dim: cut.Dim()}
		want := make([]int32, len(l.Data))
		for z := cut.Lo[2]; z < cut.Hi[2]; z++ {
			for y := cut.Lo[1]; y < cut.Hi[1]; y++ {
				for x := cut.Lo[0]; x < cut.Hi[0]; x++ {
					i := x + l.Dim[0]*(y+l.Dim[1]*z)
					want[i] = l.Data[i]
					part.Data = append(part.Data, l.Data[i])
				}
			}
		}
		a := l.Geom.Affine
		at := a.apply([3]float64{float64(cut.Lo[0]), float64(cut.Lo[1]), float64(cut.Lo[2])})
		part.Geom = GeometryFromAffine(part.Dim, affineFromColumns(a.column(0), a.column(1), a.column(2), at))
		got, notes, err := OntoGrid(v, o.store(part), GridOptions{})
		require.NoError(t, err)
		require.Equal(t, want, got.Data)
		require.NotEmpty(t, notes)
	}
}

// nudged returns a mask moved by a number of voxels along an axis.
func nudged(l *LabelMap, axis int, voxels float64) *LabelMap {
	out := *l
	for r := range 3 {
		out.Geom.Affine[r][3] += voxels * l.Geom.Affine[r][axis]
	}
	return &out
}

// TestSmallMisfit checks that shifts are accepted silently, accepted with a note, or refused, depending on their
// size.
func TestSmallMisfit(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 30 {
		v, l := obliqueCase(rng)
		axis := rng.IntN(3)
		for _, c := range []struct {
			by    float64
			notes int // -1: refused
		}{{0.005, 0}, {0.02, 1}, {-0.1, 1}, {0.45, 1}, {0.55, -1}, {-1, -1}, {40, -1}} {
			got, notes, err := OntoGrid(v, nudged(l, axis, c.by), GridOptions{})
			if c.notes < 0 {
				var e *GridError
				require.ErrorAs(t, err, &e)
				require.ErrorContains(t, err, "--ignore-geometry")
				require.NotContains(t, err.Error(), "copy")
				got, notes, err = OntoGrid(v, nudged(l, axis, c.by), GridOptions{IgnoreGeometry: true})
				require.Len(t, notes, 1)
			}
			require.NoError(t, err, "%v", c.by)
			require.Equal(t, l.Data, got.Data)
			if c.notes >= 0 {
				require.Len(t, notes, c.notes, "%v", notes)
			}
		}
	}
}

// TestOtherGrids checks that a mask on a different lattice is refused, with the right reason.
func TestOtherGrids(t *testing.T) {
	v, l := obliqueCase(rand.New(rand.NewPCG(13, 14)))
	v.Geom, l.Geom = NewGeometry(v.Dim, [3]float64{1, 1, 3}), NewGeometry(v.Dim, [3]float64{1, 1, 3})
	change := func(f func(*LabelMap)) *LabelMap {
		m := *l
		f(&m)
		return &m
	}
	for want, m := range map[string]*LabelMap{
		"affine spacing": change(func(m *LabelMap) { m.Geom = NewGeometry(m.Dim, [3]float64{1, 1, 2}) }),
		"affine orientation": change(func(m *LabelMap) {
			m.Geom = GeometryFromAffine(m.Dim, affineFromColumns([3]float64{0.9, 0.436, 0}, [3]float64{-0.436, 0.9, 0}, [3]float64{0, 0, 3}, [3]float64{}))
		}),
		"affine is the identity": change(func(m *LabelMap) { m.Geom = NewGeometry(m.Dim, [3]float64{1, 1, 1}) }),
		"differ in dimensions": change(func(m *LabelMap) {
			m.Dim[0]++
			m.Data = make([]int32, m.Dim[0]*m.Dim[1]*m.Dim[2])
			m.Data[m.Dim[0]-1] = 1 // the new column
			m.Geom = NewGeometry(m.Dim, [3]float64{1, 1, 3})
		}),
	} {
		_, _, err := OntoGrid(v, m, GridOptions{Axis: -1})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "copy")
	}
	cut := NewGeometry([3]int{v.Dim[0] - 1, v.Dim[1], v.Dim[2]}, [3]float64{1, 1, 3})
	_, _, err := OntoGrid(v, &LabelMap{Dim: cut.Dim, Geom: cut, Data: make([]int32, cut.Dim[0]*cut.Dim[1]*cut.Dim[2])}, GridOptions{Axis: -1})
	require.ErrorContains(t, err, "cut out without correcting")

	empty := change(func(m *LabelMap) {
		m.Dim[2] += 2
		m.Data = make([]int32, m.Dim[0]*m.Dim[1]*m.Dim[2])
		m.Geom = NewGeometry(m.Dim, [3]float64{1, 1, 3})
		m.Geom.Affine[2][3] = -3
	})
	got, _, err := OntoGrid(v, empty, GridOptions{})
	require.NoError(t, err, "only background is outside")
	require.Equal(t, v.Dim, got.Dim)
}

// TestNIfTIReadings checks that image and mask fit if one reading of their headers agrees: qform or sform, with codes of 0,
// or without units.
func TestNIfTIReadings(t *testing.T) {
	v, l := obliqueCase(rand.New(rand.NewPCG(15, 16)))
	set := func(unit int32, s, q int32) Geometry {
		g := v.Geom
		f := NIfTIFrame{Version: 1, NDim: 3, SFormCode: s, XYZTUnits: unit, PixDim: [8]float64{1, v.Geom.Spacing[0], v.Geom.Spacing[1], v.Geom.Spacing[2]}}
		for r := range 3 {
			f.SRow[r] = v.Geom.Affine[r]
		}
		f.setQForm(v.Geom.Affine)
		f.QFormCode = q
		got, err := f.geometry(g.Dim)
		require.NoError(t, err)
		return got
	}
	both := set(2, 2, 1)
	both.NIfTI.SRow[0][3] += 40 // the sform is another space
	both, err := both.NIfTI.geometry(both.Dim)
	require.NoError(t, err)
	for name, c := range map[string]struct{ image, mask Geometry }{
		"the image's qform":  {both, v.Geom},
		"the mask's qform":   {set(2, 1, 0), both},
		"both the same":      {both, both},
		"image without code": {set(2, 0, 0), v.Geom},
		"mask without code":  {v.Geom, set(2, 0, 0)},
		"neither has a code": {set(2, 0, 0), set(0, 0, 0)},
		"micrometers":        {set(3, 1, 1), set(0, 1, 0)},
		"meters, the mask":   {set(0, 0, 1), set(1, 1, 0)},
		"micrometers, bare":  {set(3, 0, 0), set(0, 0, 0)},
	} {
		image, mask := *v, *l
		image.Geom, mask.Geom = c.image, c.mask
		got, _, err := OntoGrid(&image, &mask, GridOptions{})
		require.NoError(t, err, name)
		require.Equal(t, l.Data, got.Data, name)
	}
	image, mask := *v, *l
	image.Geom, mask.Geom = set(2, 1, 1), set(2, 0, 0)
	mask.Geom.NIfTI.PixDim[1] *= 1.5
	mask.Geom, err = mask.Geom.NIfTI.geometry(mask.Dim)
	require.NoError(t, err)
	_, _, err = OntoGrid(&image, &mask, GridOptions{})
	require.ErrorContains(t, err, "spacing")
}
