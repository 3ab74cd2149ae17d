package volume

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// tiny returns a 3x2x2 label map that starts with the given values.
func tiny(values ...int32) *LabelMap {
	l := &LabelMap{Dim: [3]int{3, 2, 2}, Data: make([]int32, 12), Geom: NewGeometry([3]int{3, 2, 2}, [3]float64{0.5, 0.75, 4})}
	copy(l.Data, values)
	return l
}

// TestSmallestIntegerType checks that a label map is written with the smallest type that holds its values.
func TestSmallestIntegerType(t *testing.T) {
	for want, values := range map[int16][]int32{2: {0, 255}, 256: {-1, 127}, 512: {256, 65535}, 4: {-1, 128}, 8: {70000, -5}} {
		path := filepath.Join(t.TempDir(), "l.nii")
		require.NoError(t, WriteLabelMap(path, tiny(values...), WriteOptions{}))
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		h, err := parseNIfTI(raw)
		require.NoError(t, err)
		require.Equal(t, want, h.datatype, "%v", values)
		back, err := ReadLabelMap(path)
		require.NoError(t, err)
		require.Equal(t, max(values[0], 0), back.Data[0], "a negative number is not a label")
		require.Equal(t, max(values[1], 0), back.Data[1])
	}
}

// TestExistingFileKept checks that an existing file is replaced only with Force.
func TestExistingFileKept(t *testing.T) {
	for _, name := range []string{"l.nii.gz", "l.nrrd", "stack"} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, WriteLabelMap(path, tiny(1), WriteOptions{}))
		err := WriteLabelMap(path, tiny(2), WriteOptions{})
		require.ErrorIs(t, err, fs.ErrExist)
		require.ErrorContains(t, err, "--force")
		require.ErrorContains(t, err, path)
		l, err := ReadLabelMap(path)
		require.NoError(t, err)
		require.EqualValues(t, 1, l.Data[0])
		require.NoError(t, WriteLabelMap(path, tiny(2), WriteOptions{Force: true}))
		l, err = ReadLabelMap(path)
		require.NoError(t, err)
		require.EqualValues(t, 2, l.Data[0])
		left, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, left, 1, "no temporary file is left")
	}
}

// TestWriteFailuresLeaveNothing checks the errors for label maps that cannot be written, and that no file is left.
func TestWriteFailuresLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	l := tiny(70000)
	require.ErrorContains(t, WriteLabelMap(filepath.Join(dir, "absent", "l.nii"), l, WriteOptions{}), "does not exist")
	require.ErrorContains(t, WriteLabelMap(filepath.Join(dir, "l.xyz"), l, WriteOptions{}), "unknown extension")
	require.ErrorContains(t, WriteLabelMap(filepath.Join(dir, "stack"), l, WriteOptions{}), "voxel (0,0,0) is 70000")
	require.ErrorContains(t, WriteLabelMap(dir, l, WriteOptions{Force: true}), "volume: write")
	l.Data = l.Data[:5]
	require.ErrorContains(t, WriteLabelMap(filepath.Join(dir, "l.nii"), l, WriteOptions{}), "5 labels for a [3 2 2] grid")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestFailedWriteKeepsOldFile checks that the previous file, and no other, is left if the disk fills up halfway.
func TestFailedWriteKeepsOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.nii")
	require.NoError(t, os.WriteFile(path, []byte("before"), 0o644))
	err := writeFile(path, WriteOptions{Force: true}, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		return errors.Join(err, syscall.ENOSPC)
	})
	require.ErrorIs(t, err, syscall.ENOSPC)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "before", string(raw))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1)
}

// TestCheckOutput checks that an output path can be checked in advance, without writing anything.
func TestCheckOutput(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.nii.gz", "a.nrrd", "a.mha", "slices"} {
		require.NoError(t, CheckOutput(filepath.Join(dir, name), WriteOptions{}))
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "checking leaves nothing behind")
	require.ErrorContains(t, CheckOutput(filepath.Join(dir, "a.png"), WriteOptions{}), "unknown extension .png")
	require.ErrorContains(t, CheckOutput(filepath.Join(dir, "no", "a.nii"), WriteOptions{}), "does not exist")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.nii"), nil, 0o644))
	require.ErrorIs(t, CheckOutput(filepath.Join(dir, "a.nii"), WriteOptions{}), fs.ErrExist)
	require.NoError(t, CheckOutput(filepath.Join(dir, "a.nii"), WriteOptions{Force: true}))
}

// TestForceKeepsForeignFolder checks that Force replaces a folder of slices, but not one with other files in it.
func TestForceKeepsForeignFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.tex"), []byte("x"), 0o644))
	require.ErrorContains(t, WriteLabelMap(dir, tiny(1), WriteOptions{Force: true}), "thesis.tex")
	require.FileExists(t, filepath.Join(dir, "thesis.tex"))
}

// TestImageTypes checks that images survive being written whatever type their values need.
func TestImageTypes(t *testing.T) {
	v := &Volume{Dim: [3]int{3, 1, 1}, Data: []float32{-5, 0, 1200}}
	for want, x := range map[float32]float32{1200: 1200, 0.25: 0.25, 40000: 40000} {
		v.Data[2] = x
		path := filepath.Join(t.TempDir(), "v.nii.gz")
		require.NoError(t, WriteVolume(path, v, WriteOptions{}))
		got, err := Read(path)
		require.NoError(t, err)
		require.Equal(t, []float32{-5, 0, want}, got.Data)
		require.Equal(t, [3]float64{1, 1, 1}, got.Geom.Spacing, "a volume without geometry gets 1 mm voxels")
	}
}
