package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/stretchr/testify/require"
)

// trashed returns the names of the files in the trash of dir, without the times at their start.
func trashed(t *testing.T, dir string) []string {
	entries, err := os.ReadDir(filepath.Join(dir, ".slmsam", "trash"))
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		_, name, found := strings.Cut(e.Name(), "-")
		require.True(t, found, e.Name())
		names = append(names, name)
	}
	return names
}

// TestReplacedLabelMapsGoToTheTrash checks that a label map that another program wrote into labelsTr can be recovered
// after it was replaced.
func TestReplacedLabelMapsGoToTheTrash(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.nii.gz"), annotatetest.Ball(3, 4, 5))
	f := open(t, dir)
	a, err := f.Find("a")
	require.NoError(t, err)
	first := write(t, filepath.Join(t.TempDir(), "x.nii.gz"), annotatetest.Ball(3, 4, 5))
	second := write(t, filepath.Join(t.TempDir(), "x.nii.gz"), annotatetest.Ball(4, 4, 5))
	require.NoError(t, f.SaveLabel(a, Final, ".nii.gz", first))
	require.NoError(t, f.SaveLabel(a, Final, ".nii.gz", second))
	left, err := filepath.Glob(filepath.Join(dir, ".slmsam", "trash", "*-a.nii.gz"))
	require.NoError(t, err)
	require.Len(t, left, 1)
	for path, want := range map[string]string{left[0]: first, filepath.Join(dir, "labelsTr", "a.nii.gz"): second} {
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		expected, err := os.ReadFile(want)
		require.NoError(t, err)
		require.Equal(t, expected, got, path)
	}
}

// TestANewVolumeInheritsNothingFromARemovedOne checks that Remove moves everything that is kept about a volume to the trash,
// including what was stored about label maps that are already gone, and leaves other volumes alone.
func TestANewVolumeInheritsNothingFromARemovedOne(t *testing.T) {
	dir := t.TempDir()
	v := annotatetest.Ball(3, 4, 5)
	f := open(t, dir)
	from := write(t, filepath.Join(t.TempDir(), "x.nii.gz"), v)
	for _, id := range []string{"a", "a.b"} {
		require.NoError(t, f.Add(id, ".nii.gz", from))
		image, err := f.Find(id)
		require.NoError(t, err)
		require.NoError(t, f.SetInfo(id, "", map[string]any{"about": "the image"}))
		for _, tag := range []string{Final, "original"} {
			require.NoError(t, f.SaveLabel(image, tag, ".nii.gz", from))
			require.NoError(t, f.SetInfo(id, tag, map[string]any{"about": tag}))
		}
		journal, err := f.Keep(Journals, id, JournalExt)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(journal, []byte("drawn"), 0o600))
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "labels_original", "a.nii.gz")))
	a, err := f.Find("a")
	require.NoError(t, err)
	require.NoError(t, f.Remove(a))
	require.ElementsMatch(t, []string{"a.nii.gz", "a.nii.gz", "a.json", "a.json", "a.json", "a.journal"}, trashed(t, dir))

	require.NoError(t, f.Add("a", ".nii.gz", from))
	require.False(t, f.Keeps(Journals, "a", JournalExt))
	for _, tag := range []string{"", Final, "original"} {
		info, err := f.Info("a", tag)
		require.NoError(t, err)
		require.Empty(t, info, tag)
		info, err = f.Info("a.b", tag)
		require.NoError(t, err)
		require.NotEmpty(t, info, tag)
	}
	require.True(t, f.Keeps(Journals, "a.b", JournalExt))
}
