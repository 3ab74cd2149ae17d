package folder

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// write writes a volume to path and returns path.
func write(t *testing.T, path string, v *volume.Volume) string {
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, volume.WriteVolume(path, v, volume.WriteOptions{}))
	return path
}

// open opens a folder until the end of the test.
func open(t *testing.T, dir string) *Folder {
	f, err := Open(dir, 1000)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// ids lists the names of a folder's volumes.
func ids(t *testing.T, f *Folder) (out []string) {
	list, err := f.Volumes()
	require.NoError(t, err)
	for _, v := range list {
		out = append(out, v.ID)
	}
	return out
}

// TestVolumesAreListedByName checks which files count as volumes, and that volumes and their label maps are found by
// name.
func TestVolumesAreListedByName(t *testing.T) {
	dir := t.TempDir()
	v := annotatetest.Ball(3, 4, 5)
	write(t, filepath.Join(dir, "b.nrrd"), v)
	write(t, filepath.Join(dir, "imagesTr", "a_0000.nii.gz"), v)
	write(t, filepath.Join(dir, "imagesTr", ".hidden.nii.gz"), v)
	write(t, filepath.Join(dir, "labelsTr", "a.nii.gz"), v)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600))
	f := open(t, dir)
	require.Equal(t, []string{"a", "b"}, ids(t, f))
	a, err := f.Find("a")
	require.NoError(t, err)
	read, err := f.Read(a)
	require.NoError(t, err)
	require.Equal(t, v.Data, read.Data)
	labels, err := f.Labels("a")
	require.NoError(t, err)
	require.Contains(t, labels, Final)
	_, err = f.Find("c")
	require.ErrorIs(t, err, ErrUnknown)
}

// TestAddedVolumesAreFoundUnderTheirNames checks that names with unusual characters survive the way to the disk and
// back, and that a different image with a known name, large volumes and long texts are refused.
func TestAddedVolumesAreFoundUnderTheirNames(t *testing.T) {
	dir := t.TempDir()
	from := write(t, filepath.Join(t.TempDir(), "x.nii.gz"), annotatetest.Ball(3, 4, 5))
	f := open(t, dir)
	names := []string{"50%", "a b+c", "a%20b", "case 1+\u00e9", "con:", "x.y"}
	for _, id := range names {
		require.NoError(t, f.Add(id, ".nii.gz", from), id)
		require.NoError(t, f.SetInfo(id, "", map[string]any{"id": id}))
	}
	require.ElementsMatch(t, names, ids(t, f))
	for _, id := range names {
		info, err := f.Info(id, "")
		require.NoError(t, err)
		require.Equal(t, map[string]any{"id": id}, info)
	}
	var input *annotate.InputError
	other := write(t, filepath.Join(t.TempDir(), "x.nii.gz"), annotatetest.Ball(4, 4, 5))
	require.ErrorAs(t, f.Add("x.y", ".nii.gz", other), &input, "a different image with the same name")
	large := write(t, filepath.Join(t.TempDir(), "x.nii.gz"), annotatetest.Ball(11, 10, 10))
	require.ErrorAs(t, f.Add("large", ".nii.gz", large), &input)
	require.ErrorAs(t, f.SetInfo("x.y", "", map[string]any{"a": string(make([]byte, infoLimit))}), &input)
}

// TestLabelMapsReplaceEachOther checks that a volume has one label map per tag, whatever its format, and that a
// removed one is gone.
func TestLabelMapsReplaceEachOther(t *testing.T) {
	dir := t.TempDir()
	v := annotatetest.Ball(3, 4, 5)
	write(t, filepath.Join(dir, "a.nii.gz"), v)
	f := open(t, dir)
	a, err := f.Find("a")
	require.NoError(t, err)
	gz := write(t, filepath.Join(t.TempDir(), "x.nii.gz"), v)
	nrrd := write(t, filepath.Join(t.TempDir(), "x.nrrd"), v)
	require.NoError(t, f.SaveLabel(a, Final, ".nii.gz", gz))
	require.NoError(t, f.SaveLabel(a, "original", ".nii.gz", gz))
	require.NoError(t, f.SaveLabel(a, Final, ".nrrd", nrrd))
	labels, err := f.Labels("a")
	require.NoError(t, err)
	require.Equal(t, ".nrrd", labels[Final].Ext)
	require.Equal(t, ".nii.gz", labels["original"].Ext)
	require.NoFileExists(t, filepath.Join(dir, "labelsTr", "a.nii.gz"), "one label map per tag")
	require.NoError(t, f.SetInfo("a", "original", map[string]any{"by": "me"}))
	require.NoError(t, f.RemoveLabel(labels["original"]))
	_, err = f.Label("a", "original")
	require.ErrorIs(t, err, ErrUnknown)
	info, err := f.Info("a", "original")
	require.NoError(t, err)
	require.Empty(t, info, "what was stored about a removed label map")
}

// TestLinksThatLeadOutAreNotFollowed checks that symbolic links out of the folder are neither listed nor written to.
func TestLinksThatLeadOutAreNotFollowed(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	from := write(t, filepath.Join(outside, "x.nii.gz"), annotatetest.Ball(3, 4, 5))
	require.NoError(t, os.Symlink(from, filepath.Join(dir, "link.nii.gz")))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "labelsTr")))
	write(t, filepath.Join(dir, "a.nii.gz"), annotatetest.Ball(3, 4, 5))
	f := open(t, dir)
	require.Equal(t, []string{"a"}, ids(t, f))
	a, err := f.Find("a")
	require.NoError(t, err)
	require.Error(t, f.SaveLabel(a, Final, ".nii.gz", from))
	require.NoFileExists(t, filepath.Join(outside, "a.nii.gz"))
}

// TestKeptFilesAndSeriesDoNotLeadOut checks that a link out of the folder is refused for kept files and in DICOM
// series, while one within a series is accepted.
func TestKeptFilesAndSeriesDoNotLeadOut(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	f := open(t, dir)
	path, err := f.Keep("annotations", "a", ".journal")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(outside, path))
	_, err = f.Keep("annotations", "a", ".journal")
	require.Error(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "series"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "series", "1.dcm"), nil, 0o600))
	require.NoError(t, os.Symlink("1.dcm", filepath.Join(dir, "series", "2.dcm")))
	require.True(t, f.within("series"))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "series", "3.dcm")))
	require.False(t, f.within("series"))
}

// TestNamesOfLabelFoldersStayFree checks that a volume may be named like a folder of label maps, but that no series
// takes the place of such a folder.
func TestNamesOfLabelFoldersStayFree(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "labels_of_a.nii.gz"), annotatetest.Ball(3, 4, 5))
	f := open(t, dir)
	require.Equal(t, []string{"labels_of_a"}, ids(t, f))
	for name, want := range map[string]string{"labelsTr": "series_labelsTr", "imagesTr": "series_imagesTr", "labels_x": "series_labels_x", "knee": "knee"} {
		path, err := f.freeName(name)
		require.NoError(t, err)
		require.Equal(t, filepath.Join(dir, want), path)
	}
}

// TestConcurrentInfoIsKept checks that information stored by several clients at once is all there.
func TestConcurrentInfoIsKept(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	keys := []string{"a", "b", "c", "d", "e", "f"}
	want, done := map[string]any{}, make(chan error)
	for _, key := range keys {
		want[key] = key
		go func() { done <- f.SetInfo("x", "", map[string]any{key: key}) }()
	}
	for range keys {
		require.NoError(t, <-done)
	}
	got, err := f.Info("x", "")
	require.NoError(t, err)
	require.Equal(t, want, got)
}
