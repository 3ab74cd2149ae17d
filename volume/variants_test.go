package volume

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSampleKinds checks that the smallest and largest values of every type are decoded in both byte orders, and
// that each type has its NIfTI code.
func TestSampleKinds(t *testing.T) {
	le := binary.LittleEndian
	for kind, values := range map[sampleKind][]float64{
		kindInt8: {-128, 127}, kindUint8: {0, 255}, kindInt16: {-32768, 32767}, kindUint16: {0, 65535},
		kindInt32: {math.MinInt32, math.MaxInt32}, kindUint32: {0, math.MaxUint32},
		kindInt64: {-1 << 53, 1 << 53}, kindUint64: {0, 1 << 53}, kindFloat32: {-0.5, math.MaxFloat32}, kindFloat64: {-1e300, 0.1},
	} {
		n := kind.size()
		little, got := make([]byte, 2*n), make([]float64, 2)
		kind.put(little, values[0])
		kind.put(little[n:], values[1])
		kind.decode(got, little, le)
		require.Equal(t, values, got)
		big := make([]byte, 2*n)
		for i := range little {
			big[i] = little[i/n*n+n-1-i%n]
		}
		kind.decode(got, big, binary.BigEndian)
		require.Equal(t, values, got, "big-endian")
		require.Equal(t, kind, func() sampleKind {
			h := niftiHeader{datatype: datatypeOf(kind)}
			k, err := h.kind()
			require.NoError(t, err)
			return k
		}())
	}
}

// requireWrittenShape checks that labels of a volume are written with the axes dim, the number of axes first.
func requireWrittenShape(t *testing.T, v *Volume, dim [8]int16) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "labels.nii")
	require.NoError(t, WriteLabelMap(out, NewLabelMap(v), WriteOptions{}))
	raw, err := os.ReadFile(out)
	require.NoError(t, err)
	h, err := parseNIfTI(raw)
	require.NoError(t, err)
	for i := range int(dim[0]) + 1 {
		require.EqualValues(t, dim[i], h.dim[i])
	}
}

// TestSingleFrameKeepsItsShape checks that the labels of an image of shape (3,2,2,1) or (6,2) are written with the
// same shape.
func TestSingleFrameKeepsItsShape(t *testing.T) {
	for _, dim := range [][8]int16{{4, 3, 2, 2, 1}, {2, 6, 2}} {
		path := writeTemp(t, "a.nii", niftiBytes(t, 24, func(h *nifti1) { h.Dim = dim }))
		v, err := Read(path)
		require.NoError(t, err)
		requireWrittenShape(t, v, dim)
	}
}

// TestTextHeaderVariants reads the same volume from NRRD and MetaImage files written in various ways.
func TestTextHeaderVariants(t *testing.T) {
	const nrrd = "NRRD0005\r\n# made by hand\nkey:=value\ntype: uint8\ndimension: 3\nsizes: 2 2 1\nspacings: 0.5 nan 2\n"
	const mha = "NDims = 3\nDimSize = 2 2 1\nElementType = MET_UCHAR\nElementSpacing = 0.5 1 2\n"
	for _, c := range []struct{ name, text string }{
		{"raw.nrrd", nrrd + "encoding: raw\n\n\x01\x02\x03\x04"},
		{"tail.nrrd", nrrd + "encoding: raw\nbyte skip: -1\n\nanything before\x01\x02\x03\x04"},
		{"skip.nrrd", nrrd + "encoding: raw\nline skip: 1\nbyte skip: 2\n\na line\nxx\x01\x02\x03\x04"},
		{"text.nrrd", nrrd + "encoding: text\n\n1 2\n3 4\n"},
		{"single.nrrd", "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 1 2 2 1\nspace directions: none (-0.5,0,0) (0,-1,0) (0,0,2)\nspace: RAS\nencoding: raw\n\n\x01\x02\x03\x04"},
		{"local.mha", mha + "ElementDataFile = LOCAL\n\x01\x02\x03\x04"},
		{"text.mha", mha + "BinaryData = False\nElementDataFile = LOCAL\n1 2 3 4"},
		{"tail.mha", mha + "HeaderSize = -1\nElementDataFile = LOCAL\nanything before\x01\x02\x03\x04"},
		{"skip.mha", mha + "HeaderSize = 3\nElementDataFile = LOCAL\nxyz\x01\x02\x03\x04"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := Read(writeTemp(t, c.name, []byte(c.text)))
			require.NoError(t, err)
			require.Equal(t, [3]int{2, 2, 1}, v.Dim)
			require.Equal(t, []float32{1, 2, 3, 4}, v.Data)
			require.Equal(t, [3]float64{0.5, 1, 2}, v.Geom.Spacing)
			require.Equal(t, "LPS", v.Geom.Orientation())
		})
	}
}

// TestDetachedNRRDWithoutBlankLine reads a detached header that ends without a blank line.
func TestDetachedNRRDWithoutBlankLine(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "v.raw"), []byte{1, 0, 2, 0}, 0o644))
	path := filepath.Join(dir, "v.nhdr")
	require.NoError(t, os.WriteFile(path, []byte("NRRD0004\ntype: short\ndimension: 2\nsizes: 2 1\nendian: little\nencoding: raw\ndata file: v.raw"), 0o644))
	v, err := Read(path)
	require.NoError(t, err)
	require.Equal(t, []float32{1, 2}, v.Data)
	require.Equal(t, [3]int{2, 1, 1}, v.Dim)
}

// TestUnplacedDICOM checks that files without position are sorted by instance number, and that their grid is
// nominal.
func TestUnplacedDICOM(t *testing.T) {
	blank := func(number string) []byte { // later elements of a file override earlier ones
		b := element(tagPosition, "DS", nil)
		b = append(b, element(tagSliceThickness, "DS", []byte("4"))...)
		return append(b, element(tagInstanceNumber, "IS", []byte(number))...)
	}
	v, err := Read(seriesFolder(t, testSlice{z: 2, extra: blank("10")}, testSlice{z: 1, extra: blank("9")}))
	require.NoError(t, err)
	require.True(t, v.Geom.Nominal)
	require.Equal(t, [3]float64{1, 1, 4}, v.Geom.Spacing)
	require.Equal(t, []float32{10, 11, 12, 13, 20, 21, 22, 23}, v.Data)
}

// TestTiltedGantry checks that slices that shift sideways by a constant step give a sheared affine, and that uneven
// shifts are refused.
func TestTiltedGantry(t *testing.T) {
	shift := func(y, z string) []byte { return element(tagPosition, "DS", []byte("0\\"+y+"\\"+z)) }
	v, err := Read(seriesFolder(t, testSlice{extra: shift("0", "0")}, testSlice{extra: shift("0.5", "2")}, testSlice{extra: shift("1", "4")}))
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{0, -0.5, 2}, []float64{v.Geom.Affine[0][2], v.Geom.Affine[1][2], v.Geom.Affine[2][2]}, 1e-12)
	_, err = Read(seriesFolder(t, testSlice{extra: shift("0", "0")}, testSlice{extra: shift("9", "2")}, testSlice{extra: shift("1", "4")}))
	require.ErrorContains(t, err, "off the line")
}
