package volume

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNIfTIUnusedAxes checks that axes of size 0 after the second are treated as absent.
func TestNIfTIUnusedAxes(t *testing.T) {
	for want, dim := range map[[3]int][8]int16{
		{3, 2, 2}: {4, 3, 2, 2, 0}, {6, 2, 1}: {3, 6, 2, 0}, {3, 4, 1}: {5, 3, 4, 1, 0, 0}, {12, 1, 1}: {7, 12, 1, 0, 0, 0, 1, 0},
	} {
		v, err := Read(writeTemp(t, "a.nii", counting(t, func(h *nifti1) { h.Dim = dim })))
		require.NoError(t, err)
		require.Equal(t, want, v.Dim)
	}
}

// TestNIfTIFramesForSlices checks that frames along a later axis are taken as slices if the third axis has size 1,
// and that labels are written with the same axes.
func TestNIfTIFramesForSlices(t *testing.T) {
	for third, dim := range map[int][8]int16{4: {4, 3, 2, 1, 2}, 5: {5, 3, 2, 1, 1, 2}, 7: {7, 3, 2, 1, 1, 1, 1, 2}} {
		v, err := Read(writeTemp(t, "a.nii", counting(t, func(h *nifti1) { h.Dim = dim })))
		require.NoError(t, err)
		require.Equal(t, [3]int{3, 2, 2}, v.Dim)
		require.Equal(t, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, v.Data)
		require.Contains(t, v.Notes[0], fmt.Sprintf("the 2 frames along axis %d are taken as slices", third-1))
		requireWrittenShape(t, v, dim)
	}
	refused(t, writeTemp(t, "a.nii", counting(t, func(h *nifti1) { h.Dim = [8]int16{5, 3, 1, 1, 2, 2} })), "holds 2 volumes (dim[5] = 2)")
}

// TestNIfTIRepaired checks that unusable numbers in a header are replaced, mentioned in a note, and not written
// back.
func TestNIfTIRepaired(t *testing.T) {
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

// TestAfterGzip checks that anything after a gzip stream is ignored as padding unless it is another stream, which
// continues the file.
func TestAfterGzip(t *testing.T) {
	raw := counting(t, func(*nifti1) {})
	pack := func(part []byte) []byte { return gzipBytes(t, part) }
	for name, file := range map[string][]byte{
		"zeros":             append(pack(raw), make([]byte, 512)...),
		"one zero":          append(pack(raw), 0),
		"other bytes":       append(pack(raw), "padding"...),
		"two streams":       append(pack(raw[:100]), pack(raw[100:])...),
		"streams and zeros": append(append(pack(raw[:360]), pack(raw[360:])...), make([]byte, 10240)...),
	} {
		v, err := Read(writeTemp(t, "a.nii.gz", file))
		require.NoError(t, err, name)
		require.EqualValues(t, 11, v.Data[11], name)
	}
	refused(t, writeTemp(t, "a.nii.gz", append(pack(raw[:360]), "\x1f\x8bno more"...)), "truncated file")
}

// TestAnalyze checks that ANALYZE 7.5 files are read, with a note that their orientation is unknown.
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
	require.NoError(t, err, "a pair of files is one volume")
	require.Contains(t, strings.Join(v.Notes, ";"), "the only volume in the folder, a.hdr")
}

// counting returns a NIfTI file of 3x2x2 int16 voxels 0, 1, 2, ... after edit has changed its header.
func counting(t *testing.T, edit func(h *nifti1)) []byte {
	raw := niftiBytes(t, 24, edit)
	for i := range 12 {
		binary.LittleEndian.PutUint16(raw[nifti1Voxels+2*i:], uint16(i))
	}
	return raw
}
