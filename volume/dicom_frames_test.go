package volume

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
	"github.com/stretchr/testify/require"
)

// multiframe returns an enhanced multiframe image with a frame at each z. The frames' first values are 10, 20, ...
func multiframe(z ...float64) made {
	m := newSlice(1, 0)
	for _, tag := range []dicom.Tag{tagPosition, tagOrientation, tagPixelSpacing} {
		delete(m.Set, tag)
	}
	shared, measures, orientation := dicom.Set{}, dicom.Set{}, dicom.Set{}
	measures.Decimals(tagPixelSpacing, 0.5, 0.25)
	measures.Decimals(tagSliceThickness, 9)
	orientation.Decimals(tagOrientation, 1, 0, 0, 0, 1, 0)
	shared.Sequence(seqPixelMeasures, measures)
	shared.Sequence(seqPlaneOrientation, orientation)
	m.Sequence(tagSharedGroups, shared)
	var frames []dicom.Set
	var first []int
	for i, at := range z {
		groups, position, value := dicom.Set{}, dicom.Set{}, dicom.Set{}
		position.Decimals(tagPosition, 1, 2, at)
		value.Decimals(tagRescaleSlope, 2)
		value.Decimals(tagRescaleIntercept, float64(-i))
		groups.Sequence(seqPlanePosition, position)
		groups.Sequence(seqTransformation, value)
		frames = append(frames, groups)
		first = append(first, 10*(i+1))
	}
	m.Sequence(tagFrameGroups, frames...)
	m.Text(dicom.TagFrames, "IS", fmt.Sprint(len(z)))
	m.pixels(first...)
	return m
}

// TestEnhancedMultiframe checks that frames are sorted by position, each with its own rescaling, and that several
// time points or missing frames are refused.
func TestEnhancedMultiframe(t *testing.T) {
	v, err := Read(writeTemp(t, "e.dcm", multiframe(4, 1, 7).file()))
	require.NoError(t, err)
	require.Equal(t, []float32{40 - 1, 20, 60 - 2}, firsts(v), "sorted by position, each with its own rescale")
	require.Equal(t, [3]float64{0.25, 0.5, 3}, v.Geom.Spacing)
	require.Equal(t, []float64{-1, -2, 1}, []float64{v.Geom.Affine[0][3], v.Geom.Affine[1][3], v.Geom.Affine[2][3]})

	moments := multiframe(0, 3, 0, 3)
	for i, groups := range moments.Set[tagFrameGroups].Items {
		content := dicom.Set{}
		content.Long(0x00209128, 1+i/2)
		groups.Sequence(seqFrameContent, content)
	}
	refused(t, writeTemp(t, "e.dcm", moments.file()), "they differ in time point (2 values)")

	missing := multiframe(0, 3, 6)
	missing.pixels(10, 20)
	refused(t, writeTemp(t, "e.dcm", missing.file()), "need 36 bytes, the file holds 24")
}

// TestClassicMultiframe reads files that state the position of their first frame only, with each way to state the
// others'.
func TestClassicMultiframe(t *testing.T) {
	three := func(change func(m made)) string {
		return writeTemp(t, "m.dcm", newSlice(1, 5).with(func(m made) { m.Text(dicom.TagFrames, "IS", "3"); m.pixels(10, 20, 30) }).with(change).file())
	}
	for name, c := range map[string]struct {
		change func(m made)
		values []float32
		step   float64
		origin float64
	}{
		"dose offsets":   {func(m made) { m.Text(tagFrameOffsets, "DS", "0", "2.5", "5"); m.Decimals(tagDoseScaling, 0.5) }, []float32{5, 10, 15}, 2.5, 5},
		"dose, downward": {func(m made) { m.Text(tagFrameOffsets, "DS", "9", "7", "5") }, []float32{30, 20, 10}, 2, 1},
		"dose, feet first": {func(m made) {
			m.Text(tagOrientation, "DS", "1", "0", "0", "0", "-1", "0")
			m.Text(tagFrameOffsets, "DS", "0", "2", "4")
		}, []float32{10, 20, 30}, 2, 5},
		"dose, feet first, as z coordinates": {func(m made) {
			m.Text(tagOrientation, "DS", "1", "0", "0", "0", "-1", "0")
			m.Text(tagFrameOffsets, "DS", "5", "7", "9")
		}, []float32{30, 20, 10}, 2, 9},
		"spacing between":  {func(m made) { m.Decimals(tagSliceSpacing, 4) }, []float32{10, 20, 30}, 4, 5},
		"negative spacing": {func(m made) { m.Decimals(tagSliceSpacing, -4) }, []float32{30, 20, 10}, 4, -3},
		"nothing stated":   {func(m made) { m.Decimals(tagSliceThickness, 6) }, []float32{10, 20, 30}, 6, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := Read(three(c.change))
			require.NoError(t, err)
			require.Equal(t, c.values, firsts(v))
			require.Equal(t, c.step, v.Geom.Spacing[2])
			require.Equal(t, name == "nothing stated", v.Geom.Nominal)
			if !v.Geom.Nominal {
				require.Equal(t, c.origin, v.Geom.Affine[2][3])
			}
		})
	}
}

// TestTiltInNIfTI checks that the sform of a label map has the slant of a tilted gantry, while the qform, for
// programs that read only orthogonal axes, stacks the slices at their true distance.
func TestTiltInNIfTI(t *testing.T) {
	files := map[string][]byte{}
	for i := range 4 {
		files[fmt.Sprint(i)] = newSlice(i+1, 0).with(func(m made) { m.Decimals(tagPosition, 0, 0.8*float64(i), 3*float64(i)) }).file()
	}
	v, err := Read(folderOf(t, files))
	require.NoError(t, err)
	require.Contains(t, v.Notes[0], "gantry tilt of 14.9 degrees")
	path := filepath.Join(t.TempDir(), "o.nii")
	require.NoError(t, WriteLabelMap(path, NewLabelMap(v), WriteOptions{}))
	got, err := Read(path)
	require.NoError(t, err)
	require.Less(t, v.Geom.CornerShift(got.Geom), 1e-5)
	f := got.Geom.NIfTI
	require.EqualValues(t, 1, f.QFormCode)
	require.InDelta(t, 3, f.PixDim[3], 1e-6)
	q := f.qform()
	require.InDeltaSlice(t, []float64{0, 0, 3}, []float64{q[0][2], q[1][2], q[2][2]}, 1e-6)
}
