package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWriteCreatesAndReplaces writes a file three times, and checks that nothing else is left.
func TestWriteCreatesAndReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, text := range []string{"first", "2nd"} {
		require.NoError(t, Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }))
		requireOnly(t, path, text)
	}
	require.NoError(t, WriteBytes(path, []byte("third")))
	requireOnly(t, path, "third")
}

// TestProbeReturnsTheErrorOfWrite checks that Probe changes nothing, and returns the error that Write would return.
func TestProbeReturnsTheErrorOfWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, Probe(path))
	requireOnly(t, path, "old")
	for dir, want := range map[string]string{
		path: "cannot create a file in " + path + ": not a directory",
		filepath.Join(filepath.Dir(path), "none"): "the folder " + filepath.Join(filepath.Dir(path), "none") + " does not exist",
	} {
		below := filepath.Join(dir, "y")
		require.EqualError(t, Probe(below), want)
		require.EqualError(t, Write(below, func(io.Writer) error { return nil }), want)
	}
}

// TestWriteKeepsTheOldFileOnFailure checks that a failure while writing leaves the old file and nothing else.
func TestWriteKeepsTheOldFileOnFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	full := errors.New("no space left on device")
	err := Write(path, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 3<<20))
		return errors.Join(err, full)
	})
	require.ErrorIs(t, err, full)
	requireOnly(t, path, "old")
}

// TestWriteFollowsLinks checks that if the name is a link, or a chain of links, its target is replaced or created.
func TestWriteFollowsLinks(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "real"), []byte("old"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(other, "real"), filepath.Join(dir, "first")))
	require.NoError(t, os.Symlink("first", filepath.Join(dir, "second")))
	require.NoError(t, WriteBytes(filepath.Join(dir, "second"), []byte("new")))
	requireOnly(t, filepath.Join(other, "real"), "new")
	info, err := os.Lstat(filepath.Join(dir, "second"))
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink)

	require.NoError(t, os.Symlink(filepath.Join(other, "coming"), filepath.Join(dir, "third")))
	require.NoError(t, WriteBytes(filepath.Join(dir, "third"), []byte("made")))
	raw, err := os.ReadFile(filepath.Join(other, "coming"))
	require.NoError(t, err)
	require.Equal(t, "made", string(raw))
	require.NoError(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	require.Error(t, WriteBytes(filepath.Join(dir, "loop", "x"), nil))
}

// requireOnly checks that a file is the only one in its folder, and what it contains.
func requireOnly(t *testing.T, path, text string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, text, string(raw))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}
