package volume

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// writeTemp writes raw to a file with the given name in a new folder, and returns its path.
func writeTemp(t *testing.T, name string, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, raw, 0o644))
	return path
}

// refused reads a file both as an image and as a label map, and requires errors that contain text; the first must name the
// file, too.
func refused(t *testing.T, path, text string) {
	t.Helper()
	_, err := Read(path)
	require.ErrorContains(t, err, text)
	require.ErrorContains(t, err, path)
	_, err = ReadLabelMap(path)
	require.ErrorContains(t, err, text)
}

// gzipBytes compresses raw.
func gzipBytes(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(raw)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// niftiBytes returns a little-endian NIfTI-1 file of 3x2x2 int16 voxels after edit has changed its header. voxels is the
// number of bytes after the header.
func niftiBytes(t *testing.T, voxels int, edit func(h *nifti1)) []byte {
	s := &samples{geom: NewGeometry([3]int{3, 2, 2}, [3]float64{1, 1, 2}), kind: kindInt16}
	h := s.nifti1Header(s.geom.niftiFrame(), [8]int64{3, 3, 2, 2, 1, 1, 1, 1})
	edit(h)
	var b bytes.Buffer
	require.NoError(t, binary.Write(&b, binary.LittleEndian, h))
	b.Write(make([]byte, 4+voxels))
	return b.Bytes()
}

// TestNIfTIHeadersRefused checks the error for each field of a NIfTI header that can be wrong.
func TestNIfTIHeadersRefused(t *testing.T) {
	for text, edit := range map[string]func(h *nifti1){
		"bad magic":                           func(h *nifti1) { h.Magic = [4]byte{'n', '+', '9'} },
		"dim[0] = 9":                          func(h *nifti1) { h.Dim[0] = 9 },
		"dim[2] = -4":                         func(h *nifti1) { h.Dim[2] = -4 },
		"dim[2] = 0":                          func(h *nifti1) { h.Dim[2] = 0 },
		"more than the 2147483648":            func(h *nifti1) { h.Dim = [8]int16{3, 32767, 32767, 32767} },
		"promises 4294967296 bytes":           func(h *nifti1) { h.Dim = [8]int16{3, 16384, 16384, 8} },
		"holds 6 volumes":                     func(h *nifti1) { h.Dim[0], h.Dim[4] = 4, 6 },
		"RGB colors":                          func(h *nifti1) { h.Datatype = 128 },
		"complex numbers":                     func(h *nifti1) { h.Datatype = 32 },
		"unknown datatype code 77":            func(h *nifti1) { h.Datatype = 77 },
		"vox_offset is 7":                     func(h *nifti1) { h.VoxOffset = 7 },
		"scl_inter is +Inf":                   func(h *nifti1) { h.SclInter = float32(math.Inf(1)) },
		"the affine (sform, qform or pixdim)": func(h *nifti1) { h.SRow[1][2], h.QOffset[0] = float32(math.NaN()), float32(math.NaN()) },
		"the name does not end in .hdr":       func(h *nifti1) { h.Magic = [4]byte{'n', 'i', '1'} },
		"file holds 24":                       func(h *nifti1) { h.Datatype = 64 },
	} {
		t.Run(text, func(t *testing.T) { refused(t, writeTemp(t, "a.nii", niftiBytes(t, 24, edit)), text) })
	}
}

// TestTruncatedFilesRefused cuts files of every format at several places, and checks that none is accepted.
func TestTruncatedFilesRefused(t *testing.T) {
	for _, name := range []string{"be_int16.nii", "float64.nii.gz", "nifti2_int8.nii.gz", "gzip.nrrd", "ascii.nrrd", "zlib.mha",
		"dicom_implicit/im0.dcm", "dicom_bigendian/im0.dcm", "dicom_rle/im0.dcm", "dicom_deflated/im0.dcm", "png16/s1.png"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		for _, keep := range []int{0, 1, 3, len(raw) / 4, len(raw) / 2, len(raw) - 4} {
			if keep == len(raw)-4 && name == "ascii.nrrd" {
				continue // a number without its last digits is still a number
			}
			path := writeTemp(t, filepath.Base(name), raw[:keep])
			_, err := Read(path)
			require.Error(t, err, "%s cut to %d of %d bytes", name, keep, len(raw))
			require.ErrorContains(t, err, path)
		}
	}
}

// TestDamagedGzip checks that a flipped bit in the checksum, which comes after all voxels, is noticed.
func TestDamagedGzip(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "float64.nii.gz"))
	require.NoError(t, err)
	raw[len(raw)-6] ^= 1
	refused(t, writeTemp(t, "a.nii.gz", raw), "invalid checksum")
}

// TestCompressedPromise checks that a few bytes of gzip that announce 4 GiB are refused before any memory is
// allocated for them.
func TestCompressedPromise(t *testing.T) {
	raw := niftiBytes(t, 24, func(h *nifti1) { h.Dim = [8]int16{3, 16384, 16384, 8} })
	refused(t, writeTemp(t, "a.nii.gz", gzipBytes(t, raw)), "more than a compressed file of")
}

// TestNonFiniteVoxels checks that NaN and infinities in an image are replaced, with a note, and that a label map
// with them, or an image without any number, is refused.
func TestNonFiniteVoxels(t *testing.T) {
	raw := niftiBytes(t, 48, func(h *nifti1) { h.Datatype = 16 })
	put := func(i int, x float64) {
		binary.LittleEndian.PutUint32(raw[nifti1Voxels+4*i:], math.Float32bits(float32(x)))
	}
	put(0, 7)
	put(1, -3)
	put(4, math.NaN())
	put(9, math.Inf(-1))
	put(10, math.Inf(1))
	path := writeTemp(t, "a.nii", raw)
	v, err := Read(path)
	require.NoError(t, err)
	require.Equal(t, []float32{7, -3, 0, 0, -3, 0, 0, 0, 0, -3, 7, 0}, v.Data)
	require.Len(t, v.Notes, 1)
	require.Contains(t, v.Notes[0], "3 of 12 voxels are NaN or infinite")
	_, err = ReadLabelMap(path)
	require.ErrorContains(t, err, "voxel (1,1,0) holds NaN")
	for i := range 12 {
		put(i, math.NaN())
	}
	_, err = Read(writeTemp(t, "b.nii", raw))
	require.ErrorContains(t, err, "all voxels are NaN or infinite")
}

// TestNonIntegerLabelsRefused checks that labels must be whole numbers within int32, up to rounding errors.
func TestNonIntegerLabelsRefused(t *testing.T) {
	raw := niftiBytes(t, 48, func(h *nifti1) { h.Datatype = 16 })
	binary.LittleEndian.PutUint32(raw[nifti1Voxels+4*5:], math.Float32bits(1.5))
	_, err := ReadLabelMap(writeTemp(t, "a.nii", raw))
	require.ErrorContains(t, err, "voxel (2,1,0) holds 1.5")
	binary.LittleEndian.PutUint32(raw[nifti1Voxels+4*5:], math.Float32bits(1<<40))
	_, err = ReadLabelMap(writeTemp(t, "a.nii", raw))
	require.ErrorContains(t, err, "holds 1099511627776: labels go up to 2147483647")
	binary.LittleEndian.PutUint32(raw[nifti1Voxels+4*5:], math.Float32bits(2.003)) // off by the rounding of a scale factor
	l, err := ReadLabelMap(writeTemp(t, "a.nii", raw))
	require.NoError(t, err)
	require.EqualValues(t, 2, l.Data[5])
}

// TestTextHeadersRefused checks the error for each field of an NRRD or MetaImage header that can be wrong, and for
// files of no known format.
func TestTextHeadersRefused(t *testing.T) {
	const nrrd = "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nendian: little\nencoding: raw\n"
	const mha = "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementType = MET_SHORT\n"
	const local = "ElementDataFile = LOCAL\n0123456789abcdef"
	for _, c := range []struct{ name, text, want string }{
		{"a.nrrd", nrrd + "\n0123456789abcde", "promises 16 bytes of voxels but the file holds 15"},
		{"a.nrrd", "NRRD0004\ntype: short\ndimension: 3\nsizes: 9 9 999999999999\nendian: little\nencoding: raw\n\n", "more than the 2147483648"},
		{"a.nrrd", "NRRD0004\ntype: block\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n\n", "type \"block\""},
		{"a.nrrd", "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 -2 2\nendian: little\nencoding: raw\n\n", "must be positive"},
		{"a.nrrd", "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n\n0123456789abcdef", "little or big endian"},
		{"a.nrrd", "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 3 2 2 2\nencoding: raw\n\n", "more than one value per voxel"},
		{"a.nrrd", nrrd + "space: left-posterior-superior-time\n\n0123456789abcdef", "space \"left-posterior-superior-time\""},
		{"a.nrrd", nrrd + "space directions: (1,0,0) (0,x,0) (0,0,1)\n\n0123456789abcdef", "not a vector of three"},
		{"a.nrrd", nrrd + "data file: ../../secret.raw\n\n", "in the header's own folder"},
		{"a.nrrd", nrrd + "data file: LIST\na.raw\n", "voxel file a.raw: no such file"},
		{"a.nrrd", nrrd + "data file: missing.raw\n\n", "voxel file missing.raw: no such file"},
		{"a.nrrd", "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nendian: little\nencoding: zip\n\n", "encoding \"zip\""},
		{"a.nrrd", "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nencoding: ascii\n\n1 2 3 4 5 six 7 8", "\"six\" is not a number"},
		{"a.mha", mha + "ElementDataFile = LOCAL\n0123456789abcde", "promises 16 bytes of voxels but the file holds 15"},
		{"a.mha", mha, "without ElementDataFile"},
		{"a.mha", mha + "ElementNumberOfChannels = 3\n" + local, "3 values per voxel"},
		{"a.mha", mha + "DimSize = 2 0 2\n" + local, "must be positive"},
		{"a.mha", mha + "DimSize = 99999 99999 99999\n" + local, "more than the 2147483648"},
		{"a.mha", mha + "ElementSpacing = 1 nan 1\n" + local, "not a finite number"},
		{"a.mha", mha + "TransformMatrix = 1 0 0 0 0 0 0 0 1\n" + local, "axis 1 is zero"},
		{"a.mha", mha + "TransformMatrix = 1 0 0\n" + local, "must have 3, 9 and 3 numbers"},
		{"a.mha", mha + "CompressedData = True\n" + local, "compressed data"},
		{"a.mha", mha + "ElementType = MET_STRING\n" + local, "ElementType \"MET_STRING\""},
		{"a.mha", mha + "ElementDataFile = /etc/passwd\n", "in the header's own folder"},
		{"a.txt", "hello", "not a volume that can be read"},
		{"a.nii.gz", "", "the file is empty"},
		{"a.nii", "abcdefgh", "not a NIfTI header"},
		{"a.hdr", "ab", "shorter than a header"},
	} {
		t.Run(c.want, func(t *testing.T) { refused(t, writeTemp(t, c.name, []byte(c.text)), c.want) })
	}
}

// TestFoldersRefused checks the errors for folders without a single volume to read.
func TestFoldersRefused(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, "no DICOM files and no PNG/JPEG slices")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "series1"), 0o755))
	refused(t, dir, "series1: the folder holds no DICOM files")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "series2"), 0o755))
	refused(t, dir, "choose one of its subfolders (series1, series2)")
	refused(t, filepath.Join(dir, "absent"), "no such file")
}

// TestImpossibleVoxelSizesRefused checks that voxel sizes with which later calculations would overflow are refused.
func TestImpossibleVoxelSizesRefused(t *testing.T) {
	for _, size := range []string{"1e200", "1e-200", "1e-38", "1e10"} {
		raw := "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nspacings: 1 " + size + " 1\nencoding: raw\n\n12345678"
		refused(t, writeTemp(t, "size.nrrd", []byte(raw)), "each side must be from")
	}
	refused(t, writeTemp(t, "size.nii", niftiBytes(t, 24, func(h *nifti1) { h.PixDim[2] = 1e20 })), "each side must be from")
}
