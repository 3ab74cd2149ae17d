package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestOutputPaths covers names that have another meaning, folders that do not exist yet, and links.
func TestOutputPaths(t *testing.T) {
	w := newWorkspace(t)
	for out, says := range map[string]string{"-": "standard output", "/dev/stdout": "add .nii.gz", ".": "an existing folder"} {
		r := w.propagate("--mask", w.mask, "-o", out, "--force")
		require.Equal(t, exitFailed, r.code, out)
		require.Contains(t, r.errors, says)
		require.NoFileExists(t, "-")
	}

	r := w.propagate("--mask", w.mask, "-o", w.path("new/deep/out.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	w.readLabels(t, w.path("new/deep/out.nii.gz"))
	r = w.propagate("--mask", w.mask, "-o", w.path("gone/out.tif"))
	require.Equal(t, exitFailed, r.code)
	require.NoDirExists(t, w.path("gone"))

	require.NoError(t, os.WriteFile(w.path("target.nii.gz"), []byte("old"), 0o644))
	require.NoError(t, os.Symlink("target.nii.gz", w.path("link.nii.gz")))
	r = w.propagate("--mask", w.mask, "-o", w.path("link.nii.gz"))
	require.Equal(t, exitFailed, r.code, "exists")
	r = w.propagate("--mask", w.mask, "-o", w.path("link.nii.gz"), "--force")
	require.Equal(t, exitDone, r.code, r.errors)
	w.readLabels(t, w.path("target.nii.gz"))
	info, err := os.Lstat(w.path("link.nii.gz"))
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink)
	require.NoError(t, os.Symlink("scan.nii.gz", w.path("other.nii.gz")))
	r = w.propagate("--mask", w.mask, "-o", w.path("other.nii.gz"), "--force")
	require.Contains(t, r.errors, "is an input of this run")
}

// TestDefaultOutputOfAFolderCalledDot checks that the default output has the folder's real name and is next to the folder.
func TestDefaultOutputOfAFolderCalledDot(t *testing.T) {
	w := newWorkspace(t)
	v, err := volume.Read(w.image)
	require.NoError(t, err)
	require.NoError(t, volume.WriteVolume(w.path("series"), v, volume.WriteOptions{}))
	require.NoError(t, os.Mkdir(w.path("series/sub"), 0o755))
	t.Chdir(w.path("series"))
	require.Equal(t, filepath.Join("..", "series_slmsam.nii.gz"), defaultOutput("."))
	require.Equal(t, filepath.Join("..", "series_slmsam.nii.gz"), defaultOutput("./"))
	t.Chdir("sub")
	require.Equal(t, filepath.Join("..", "..", "series_slmsam.nii.gz"), defaultOutput(".."))
}
