package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestUploadsReplaceNothing checks the names that uploads get, and that a new volume does not get the name of an
// earlier one that left annotations behind.
func TestUploadsReplaceNothing(t *testing.T) {
	dir := newFolder(t)
	p := openProject(t, dir, far(0))
	open := func() *os.File {
		f, err := os.Open(filepath.Join(dir, "a.nii.gz"))
		require.NoError(t, err)
		return f
	}
	id, err := p.Add("a.nii.gz", open())
	require.NoError(t, err)
	require.Equal(t, "a-2", id)
	id, err = p.Add(`C:\scans/new.nii.gz`, open())
	require.NoError(t, err)
	require.Equal(t, "new", id)
	d := openA(t, p)
	_, err = d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "a.nii.gz")))
	id, err = p.Add("a.nii", strings.NewReader("")) // not a volume; only the name matters here
	require.Error(t, err)
	require.Equal(t, "a-3", id, "a new volume does not get the annotations of one that is gone")
	require.NoError(t, os.Rename(filepath.Join(dir, "a-2.nii.gz"), filepath.Join(dir, "a.nii.gz")))
	for _, name := range []string{"a.exe", "", "../..", "x.nii.gz/.."} {
		_, err = p.Add(name, open())
		require.Error(t, err, name)
	}
	_, err = p.Add("junk.nii.gz", strings.NewReader("junk"))
	var input *annotate.InputError
	require.ErrorAs(t, err, &input)
	require.NoFileExists(t, filepath.Join(dir, "junk.nii.gz"))
}

// TestARemovedVolumeLeavesNothingToANewOne removes a volume through another protocol's folder while the page has it open,
// and adds a different image with the same name.
func TestARemovedVolumeLeavesNothingToANewOne(t *testing.T) {
	dir := newFolder(t)
	p := openProject(t, dir, far(0))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	_, release, err := p.Image(d)
	require.NoError(t, err)
	release()
	other, err := folder.Open(dir, 1<<20)
	require.NoError(t, err)
	defer other.Close()
	a, err := other.Find("a")
	require.NoError(t, err)
	require.NoError(t, other.Remove(a))
	_, err = p.Document("a")
	require.ErrorIs(t, err, folder.ErrUnknown)
	_, err = d.Draw(me, 5, square(1, 2, 2, 4), nil)
	require.ErrorIs(t, err, ErrNotSaved, "the removed volume's document is closed")

	b, err := p.Document("b") // nothing is drawn on it
	require.NoError(t, err)
	listed, err := other.Find("b")
	require.NoError(t, err)
	require.NoError(t, other.Remove(listed))
	image := annotatetest.Ball(depth-2, height, width)
	path := filepath.Join(t.TempDir(), "x.nii.gz")
	require.NoError(t, volume.WriteVolume(path, image, volume.WriteOptions{}))
	for _, id := range []string{"a", "b"} {
		require.NoError(t, other.Add(id, ".nii.gz", path))
	}
	list, err := p.Volumes()
	require.NoError(t, err)
	require.Equal(t, Entry{ID: "a", Name: "a", State: New}, list[0])
	fresh := openA(t, p)
	require.Zero(t, fresh.Snapshot().Revision)
	freshB, err := p.Document("b")
	require.NoError(t, err)
	require.NotSame(t, b, freshB)
	for _, d := range []*Document{fresh, freshB} {
		got, release, err := p.Image(d)
		require.NoError(t, err)
		require.Equal(t, image.Dim, got.Volume.Dim)
		release()
	}
}

// TestListingVolumesOpensNone checks that listing shows the states of volumes without keeping their documents open,
// and notices changes.
func TestListingVolumesOpensNone(t *testing.T) {
	dir := newFolder(t)
	p := openProject(t, dir, far(0))
	_, err := openA(t, p).Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	require.NoError(t, p.Close())
	p = openProject(t, dir, far(0))
	state := func() State {
		list, err := p.Volumes()
		require.NoError(t, err)
		require.Empty(t, list[0].Error)
		return list[0].State
	}
	for range 2 {
		require.Equal(t, InOutline, state())
		require.Zero(t, p.Counts().Documents)
	}
	propagate(t, p, openA(t, p))
	require.Equal(t, Propagated, state())
	require.NoError(t, p.Close())
	p = openProject(t, dir, far(0))
	require.Equal(t, Propagated, state(), "the journal has changed")
}
