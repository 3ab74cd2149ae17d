package volume

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSliceByNumber checks how masks of a single slice are placed: those without a position, and flat files whose
// stated position is that of the first slice.
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

// TestFramesByName checks that PNG slices are matched to the frames of a stack by their names.
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
