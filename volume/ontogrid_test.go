package volume

import (
	"fmt"
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

func allOrders() (list []order) {
	for _, of := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for bits := range 8 {
			list = append(list, order{of, [3]bool{bits&1 != 0, bits&2 != 0, bits&4 != 0}})
		}
	}
	return list
}

// store writes l voxel by voxel in another order, with the affine that says so.
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

// obliqueCase is a random image and mask on a grid turned in space.
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

// TestEveryStorageOrderGivesTheSameMap also goes through files, whose headers round to float32.
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

// TestPartOfTheImage: a slice or a box cut out in any order, with the affine of the cut, goes back where it was.
func TestPartOfTheImage(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for trial, o := range append(allOrders(), allOrders()...) {
		v, l := obliqueCase(rng)
		var cut Box
		for axis, n := range l.Dim {
			cut.Lo[axis] = rng.IntN(n - 1)
			cut.Hi[axis] = cut.Lo[axis] + 1 + rng.IntN(n-cut.Lo[axis])
		}
		cut.Hi[1] = min(cut.Hi[1], cut.Lo[1]+2) // smaller than the image along one axis at least
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

// nudged moves a mask by so many voxels along an axis.
func nudged(l *LabelMap, axis int, voxels float64) *LabelMap {
	out := *l
	for r := range 3 {
		out.Geom.Affine[r][3] += voxels * l.Geom.Affine[r][axis]
	}
	return &out
}

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

// TestOtherGrids: what is not the same lattice is refused, with a reason that fits.
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
	require.NoError(t, err, "what lies outside is background")
	require.Equal(t, v.Dim, got.Dim)
}

// TestSliceByNumber: slices without a place, and flat files whose place is that of the first slice.
func TestSliceByNumber(t *testing.T) {
	dim := [3]int{5, 4, 6}
	v := &Volume{Dim: dim, Data: make([]float32, 120), Geom: NewGeometry(dim, [3]float64{1, 1, 3}), Path: "image"}
	flat := func(g Geometry) *LabelMap {
		l := &LabelMap{Dim: [3]int{5, 4, 1}, Data: make([]int32, 20), Geom: g, Path: "mask"}
		l.Data[7] = 2
		return l
	}
	whole := NewGeometry([3]int{5, 4, 1}, [3]float64{1, 1, 3})
	flatFile := whole
	flatFile.Flat = true
	eye := NewGeometry([3]int{5, 4, 1}, [3]float64{2, 2, 2})
	nominal := whole
	nominal.Nominal = true
	for name, g := range map[string]Geometry{"flat file": flatFile, "no place": nominal, "first slice": whole} {
		got, notes, err := OntoGrid(v, flat(g), GridOptions{Axis: 2, Slices: []int{4}})
		require.NoError(t, err, name)
		require.Equal(t, int32(2), got.Data[7+4*20], name)
		require.NotEmpty(t, notes, name)
	}
	for name, g := range map[string]Geometry{"flat file": flatFile, "no place": nominal, "another grid": eye, "first slice": whole} {
		_, _, err := OntoGrid(v, flat(g), GridOptions{Axis: 2})
		require.ErrorContains(t, err, "--slice N", name)
	}
	_, _, err := OntoGrid(v, flat(nominal), GridOptions{Axis: 2, Slices: []int{6}})
	require.Error(t, err, "there is no slice 6")
	_, _, err = OntoGrid(v, flat(eye), GridOptions{Axis: 2, Slices: []int{3}})
	require.ErrorContains(t, err, "--ignore-geometry")
	got, _, err := OntoGrid(v, flat(eye), GridOptions{Axis: 2, Slices: []int{3}, IgnoreGeometry: true})
	require.NoError(t, err)
	require.Equal(t, int32(2), got.Data[7+3*20])

	third := whole
	third.Affine[2][3] = 9
	got, notes, err := OntoGrid(v, flat(third), GridOptions{Axis: 2})
	require.NoError(t, err)
	require.Contains(t, notes[0], "slice 3 along axis 2")
	require.Equal(t, int32(2), got.Data[7+3*20])
	_, _, err = OntoGrid(v, flat(third), GridOptions{Axis: 2, Slices: []int{1}})
	require.ErrorContains(t, err, "does not put it on slice 1")
}

// TestFramesByName: PNG slices named as the frames of a stack.
func TestFramesByName(t *testing.T) {
	frames := func(format string, numbers ...int) (names []string) {
		for _, n := range numbers {
			names = append(names, fmt.Sprintf(format, n))
		}
		return names
	}
	stack := func(names []string) Geometry {
		g := NewGeometry([3]int{3, 2, len(names)}, [3]float64{1, 1, 1})
		g.Nominal, g.Frames = true, names
		return g
	}
	image := stack(frames("%05d", 0, 1, 2, 3, 4, 5, 6, 7))
	v := &Volume{Dim: image.Dim, Geom: image}
	for _, c := range []struct {
		names []string
		want  []int // nil: refused
	}{
		{frames("%05d", 5), []int{5}},
		{frames("%05d", 2, 6), []int{2, 6}},
		{frames("%05d_mask", 3), []int{3}},
		{frames("mask_%05d", 3), []int{3}},
		{frames("%d", 7), []int{7}},
		{frames("%05d", 9), nil},
		{frames("slice%d", 3), nil},
		{frames("%05d", 0, 1, 2, 3, 4, 5, 6, 7), []int{0, 1, 2, 3, 4, 5, 6, 7}},
		{frames("other%d", 1, 2, 3, 4, 5, 6, 7, 8), []int{0, 1, 2, 3, 4, 5, 6, 7}},
	} {
		g := stack(c.names)
		l := &LabelMap{Dim: g.Dim, Geom: g, Data: make([]int32, 6*len(c.names))}
		for i := range c.names {
			l.Data[6*i] = int32(i + 1)
		}
		got, _, err := OntoGrid(v, l, GridOptions{Axis: 2})
		if c.want == nil {
			require.ErrorContains(t, err, "name the file after its frame", "%v", c.names)
			continue
		}
		require.NoError(t, err, "%v", c.names)
		for i, at := range c.want {
			require.Equal(t, int32(i+1), got.Data[6*at], "%v", c.names)
		}
	}
}

// TestNIfTIReadings: qform and sform, codes of 0, missing units.
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
