package volume

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// counting is a NIfTI file of 3x2x2 16-bit voxels 0, 1, 2, ... after edit has changed its header.
func counting(t *testing.T, edit func(h *nifti1)) []byte {
	raw := niftiBytes(t, 24, edit)
	for i := range 12 {
		binary.LittleEndian.PutUint16(raw[nifti1Voxels+2*i:], uint16(i))
	}
	return raw
}

// TestNIfTIUnusedAxes: axes of size 0 beyond the second are axes that are not there.
func TestNIfTIUnusedAxes(t *testing.T) {
	for want, dim := range map[[3]int][8]int16{
		{3, 2, 2}: {4, 3, 2, 2, 0}, {6, 2, 1}: {3, 6, 2, 0}, {3, 4, 1}: {5, 3, 4, 1, 0, 0}, {12, 1, 1}: {7, 12, 1, 0, 0, 0, 1, 0},
	} {
		v, err := Read(writeTemp(t, "a.nii", counting(t, func(h *nifti1) { h.Dim = dim })))
		require.NoError(t, err)
		require.Equal(t, want, v.Dim)
	}
}

// TestNIfTIFramesForSlices: a third axis of size 1 with frames behind it is a stack, and comes back with the same axes.
func TestNIfTIFramesForSlices(t *testing.T) {
	for third, dim := range map[int][8]int16{4: {4, 3, 2, 1, 2}, 5: {5, 3, 2, 1, 1, 2}, 7: {7, 3, 2, 1, 1, 1, 1, 2}} {
		v, err := Read(writeTemp(t, "a.nii", counting(t, func(h *nifti1) { h.Dim = dim })))
		require.NoError(t, err)
		require.Equal(t, [3]int{3, 2, 2}, v.Dim)
		require.Equal(t, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, v.Data)
		require.Contains(t, v.Notes[0], fmt.Sprintf("the 2 frames along axis %d are taken as slices", third-1))
		out := filepath.Join(t.TempDir(), "o.nii")
		require.NoError(t, WriteLabelMap(out, NewLabelMap(v), WriteOptions{}))
		raw, err := os.ReadFile(out)
		require.NoError(t, err)
		h, err := parseNIfTI(raw)
		require.NoError(t, err)
		for i := range int(dim[0]) + 1 {
			require.EqualValues(t, dim[i], h.dim[i])
		}
	}
	refused(t, writeTemp(t, "a.nii", counting(t, func(h *nifti1) { h.Dim = [8]int16{5, 3, 1, 1, 2, 2} })), "holds 2 volumes (dim[5] = 2)")
}

// TestNIfTIMended: what no program can use in a header is replaced, said, and not written back.
func TestNIfTIMended(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, c := range map[string]struct {
		edit    func(h *nifti1)
		spacing [3]float64
		note    string
	}{
		"pixdim NaN, sform":      {func(h *nifti1) { h.PixDim[1], h.PixDim[2], h.PixDim[3] = nan, nan, inf }, [3]float64{1, 1, 2}, "pixdim[3] is +Inf: the sform's is used"},
		"pixdim 0, qform":        {func(h *nifti1) { h.PixDim[3], h.SFormCode = 0, 0 }, [3]float64{1, 1, 1}, "pixdim[3] is 0: 1 is used"},
		"pixdim 0, no codes":     {func(h *nifti1) { h.PixDim[1], h.SFormCode, h.QFormCode = 0, 0, 0 }, [3]float64{1, 1, 2}, "pixdim[1] is 0: 1 is used"},
		"time step NaN":          {func(h *nifti1) { h.PixDim[4], h.PixDim[7] = nan, inf }, [3]float64{1, 1, 2}, ""},
		"sform NaN, qform sound": {func(h *nifti1) { h.SRow[1][2] = nan }, [3]float64{1, 1, 2}, "the sform has NaN"},
		"qform NaN, sform sound": {func(h *nifti1) { h.Quatern[0], h.QOffset[2] = nan, inf }, [3]float64{1, 1, 2}, "the qform has NaN"},
		"unused sform NaN":       {func(h *nifti1) { h.SRow[1][2], h.SFormCode = nan, 0 }, [3]float64{1, 1, 2}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := Read(writeTemp(t, "a.nii", counting(t, c.edit)))
			require.NoError(t, err)
			require.Equal(t, c.spacing, v.Geom.Spacing)
			require.NotContains(t, v.Geom.Orientation(), "?")
			require.Equal(t, c.note != "", len(v.Notes) > 0)
			require.Contains(t, strings.Join(v.Notes, "; "), c.note)
			out := filepath.Join(t.TempDir(), "o.nii")
			require.NoError(t, WriteLabelMap(out, NewLabelMap(v), WriteOptions{}))
			raw, err := os.ReadFile(out)
			require.NoError(t, err)
			var h nifti1
			require.NoError(t, binary.Read(bytes.NewReader(raw), binary.LittleEndian, &h))
			for _, x := range append(append(append(h.PixDim[:], h.Quatern[:]...), h.QOffset[:]...), append(append(h.SRow[0][:], h.SRow[1][:]...), h.SRow[2][:]...)...) {
				require.Zero(t, x-x)
			}
			again, err := Read(out)
			require.NoError(t, err)
			require.Empty(t, again.Notes)
			require.Less(t, v.Geom.CornerShift(again.Geom), 1e-6)
		})
	}
}

// TestAfterGzip: what follows a gzip stream and is none is padding; several streams are one file.
func TestAfterGzip(t *testing.T) {
	raw := counting(t, func(*nifti1) {})
	pack := func(part []byte) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write(part)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		return b.Bytes()
	}
	for name, file := range map[string][]byte{
		"zeros":       append(pack(raw), make([]byte, 512)...),
		"one zero":    append(pack(raw), 0),
		"other bytes": append(pack(raw), "padding"...),
		"two streams": append(pack(raw[:100]), pack(raw[100:])...),
		"and zeros":   append(append(pack(raw[:360]), pack(raw[360:])...), make([]byte, 10240)...),
	} {
		v, err := Read(writeTemp(t, "a.nii.gz", file))
		require.NoError(t, err, name)
		require.EqualValues(t, 11, v.Data[11], name)
	}
	refused(t, writeTemp(t, "a.nii.gz", append(pack(raw[:360]), "\x1f\x8bno more"...)), "truncated file")
}

// TestAnalyze: ANALYZE 7.5 is read without an orientation, and says so.
func TestAnalyze(t *testing.T) {
	dir := t.TempDir()
	raw := counting(t, func(h *nifti1) { h.Magic, h.VoxOffset = [4]byte{}, 0 })
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.hdr"), raw[:nifti1Size], 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.img"), raw[nifti1Voxels:], 0o644))
	v, err := Read(filepath.Join(dir, "a.img"))
	require.NoError(t, err)
	require.EqualValues(t, 11, v.Data[11])
	require.Equal(t, "LAS", v.Geom.Orientation())
	require.Contains(t, v.Notes[0], "does not state its orientation")
	v, err = Read(dir)
	require.NoError(t, err, "a pair is one volume")
	require.Contains(t, strings.Join(v.Notes, ";"), "the only volume in the folder, a.hdr")
}

// TestVoxelFiles: voxels in a list of files, in numbered files, elsewhere by an absolute path, or packed with something
// before them.
func TestVoxelFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, raw []byte) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o644))
	}
	whole := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	for i := range 4 {
		write(fmt.Sprintf("s%02d.raw", i), whole[2*i:2*i+2])
		write(fmt.Sprintf("sub/h%d.bin", 5-i), append([]byte("head"), whole[2*i:2*i+2]...))
	}
	write("v.raw", whole)
	write("headed.raw", append([]byte("seven b"), whole...))
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(append([]byte("seven b"), whole...))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	write("headed.gz", packed.Bytes())
	write("hex.txt", []byte("0102 0304\n05 06\n0708\n"))

	const nrrd = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 2 2\n"
	const mha = "NDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\n"
	for i, c := range []struct{ name, text string }{
		{"a.nhdr", nrrd + "encoding: raw\ndata file: LIST\ns00.raw\ns01.raw\ns02.raw\ns03.raw\n"},
		{"a.nhdr", nrrd + "encoding: raw\nbyte skip: 4\ndata file: LIST 2\nsub/h5.bin\n\nsub/h4.bin\nsub/h3.bin\nsub/h2.bin"},
		{"a.nhdr", nrrd + "encoding: raw\nbyte skip: -1\ndatafile: sub\\h%d.bin 5 2 -1\n"},
		{"a.nhdr", nrrd + "encoding: raw\ndata file: s%02d.raw 0 3 1 2\n"},
		{"a.nhdr", nrrd + "encoding: raw\ndata file: " + filepath.Join(dir, "v.raw") + "\n"},
		{"a.nhdr", nrrd + "encoding: raw\ndata file: C:\\study\\v.raw\n"},
		{"a.nhdr", nrrd + "encoding: raw\nbyte skip: -1\ndata file: headed.raw\n"},
		{"a.nhdr", nrrd + "encoding: raw\nbyte skip: 7\ndata file: headed.raw\n"},
		{"a.nhdr", nrrd + "encoding: gzip\nbyte skip: -1\ndata file: headed.gz\n"},
		{"a.nhdr", nrrd + "encoding: gzip\nbyte skip: 7\ndata file: headed.gz\n"},
		{"a.nhdr", nrrd + "encoding: hex\ndata file: hex.txt\n"},
		{"a.nrrd", nrrd + "encoding: raw\n\n\x01\x02\x03\x04\x05\x06\x07\x08\n"},
		{"a.mhd", mha + "ElementDataFile = LIST\ns00.raw\ns01.raw\ns02.raw\ns03.raw\n"},
		{"a.mhd", mha + "HeaderSize = 4\nElementDataFile = LIST 2D\nsub/h5.bin\nsub/h4.bin\nsub/h3.bin\nsub/h2.bin\n"},
		{"a.mhd", mha + "HeaderSize = -1\nElementDataFile = sub/h%d.bin 5 2 -1\n"},
		{"a.mhd", mha + "ElementDataFile = " + filepath.Join(dir, "v.raw") + "\n"},
		{"a.mhd", mha + "ElementDataFile = /elsewhere/v.raw\n"},
		{"a.mhd", mha + "HeaderSize = 7\nElementDataFile = headed.raw\n"},
	} {
		write(c.name, []byte(c.text))
		v, err := Read(filepath.Join(dir, c.name))
		require.NoError(t, err, "%d", i)
		require.Equal(t, []float32{1, 2, 3, 4, 5, 6, 7, 8}, v.Data, "%d", i)
	}
	for want, text := range map[string]string{
		"holds 7 bytes more than the header promises":   nrrd + "encoding: raw\ndata file: headed.raw\n",
		"7 bytes more than the header promises, so":     nrrd + "encoding: gzip\ndata file: headed.gz\n",
		"voxel file s04.raw: no such file":              nrrd + "encoding: raw\ndata file: s%02d.raw 1 4 1\n",
		"8 voxels cannot be spread evenly over 3 files": nrrd + "encoding: raw\ndata file: LIST\ns00.raw\ns01.raw\ns02.raw\n",
		"names none":                        nrrd + "encoding: raw\ndata file: LIST\n",
		"want NAME%03d.raw FIRST LAST STEP": nrrd + "encoding: raw\ndata file: s%s.raw 0 3 1\n",
		"voxel file sub/h5.bin: the header promises 2 bytes": nrrd + "encoding: raw\nbyte skip: 9\ndata file: LIST\nsub/h5.bin\nsub/h4.bin\nsub/h3.bin\nsub/h2.bin\n",
		"want a file in the header's own folder":             nrrd + "encoding: raw\ndata file: /etc/passwd\n",
	} {
		write("bad.nhdr", []byte(text))
		refused(t, filepath.Join(dir, "bad.nhdr"), want)
	}
	write("bad.mhd", []byte(mha+"ElementDataFile = headed.raw\n"))
	refused(t, filepath.Join(dir, "bad.mhd"), "HeaderSize: -1 takes the end of the data")
}

// TestNRRDDirections: an axis without a direction, said in any way.
func TestNRRDDirections(t *testing.T) {
	const head = "NRRD0004\ntype: uint8\nspace: LPS\nencoding: raw\n"
	for _, text := range []string{
		"dimension: 4\nsizes: 1 2 1 1\nspace directions: (nan,nan,nan) (2,0,0) (0,1,0) (0,0,1)\n\n\x01\x02",
		"dimension: 4\nsizes: 2 1 1 1\nspace directions: (2,0,0) (0,1,0) (0,0,1) (NaN, NaN, NaN)\n\n\x01\x02",
		"dimension: 4\nsizes: 2 1 1 1\nspace directions: (2,0,0) none (0,1,0) (0,0,1)\n\n\x01\x02",
		"dimension: 5\nsizes: 1 1 2 1 1\nspace directions: none none (2,0,0) (0,1,0) (0,0,1)\n\n\x01\x02",
	} {
		v, err := Read(writeTemp(t, "a.nrrd", []byte(head+text)))
		if strings.Contains(text, "2 1 1 1\nspace directions: (2,0,0) none") {
			require.NoError(t, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, [3]int{2, 1, 1}, v.Dim)
		require.Equal(t, [3]float64{2, 1, 1}, v.Geom.Spacing)
	}
}

// TestMHALong: MET_LONG has four bytes, whatever the machine.
func TestMHALong(t *testing.T) {
	for kind, want := range map[string]float32{"MET_LONG": -2, "MET_ULONG": 4294967294, "MET_INT": -2, "MET_LONG_LONG": -2} {
		raw := []byte{0xfe, 0xff, 0xff, 0xff}
		if kind == "MET_LONG_LONG" {
			raw = append(raw, 0xff, 0xff, 0xff, 0xff)
		}
		v, err := Read(writeTemp(t, "a.mha", append([]byte("NDims = 2\nDimSize = 1 1\nElementType = "+kind+"\nElementDataFile = LOCAL\n"), raw...)))
		require.NoError(t, err)
		require.Equal(t, []float32{want}, v.Data)
	}
}
