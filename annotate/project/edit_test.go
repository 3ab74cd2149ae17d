package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

func TestOutlinesAreCarriedAndCorrected(t *testing.T) {
	m := far(0)
	p := openProject(t, newFolder(t), m)
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	require.Equal(t, []int{0, 0, 0, 0, 16, 0, 0, 0, 0}, areas(t, d, 1))
	propagate(t, p, d)
	require.Equal(t, []int{16, 16, 16, 16, 16, 16, 16, 16, 16}, areas(t, d, 1))
	require.Nil(t, m.requests[0].Earlier)

	// a corrected slice: only what lies between it and its neighbors among the outlines
	_, err = d.Draw(me, 7, square(1, 2, 2, 2), nil)
	require.NoError(t, err)
	propagate(t, p, d)
	require.Equal(t, map[int][]slmsam.Span{1: {{First: 5, End: 9}}}, m.requests[1].Only)
	require.Equal(t, []int{16, 16, 16, 16, 16, 16, 4, 4, 4}, areas(t, d, 1))

	// nothing new, nothing to do
	err = p.Propagate(d, "me", Run{})
	var input *annotate.InputError
	require.ErrorAs(t, err, &input)

	// another object: the first stays as it is
	_, err = d.Draw(me, 2, square(2, 7, 2, 3), liver)
	require.NoError(t, err, "its pixels are free")
	require.Equal(t, Absent, stateOf(t, d).marks[1][2].State, "a slice from which everything was erased")
	propagate(t, p, d)
	require.Equal(t, []int{9, 9, 9, 9, 9, 9, 9, 9, 9}, areas(t, d, 2))

	// erased and not wanted there
	_, err = d.MarkAbsent(me, 2, 6, 9)
	require.NoError(t, err)
	require.Zero(t, areas(t, d, 2)[7])
	propagate(t, p, d)
	last := m.requests[len(m.requests)-1]
	require.Len(t, last.Absent[2], 3)
	require.NotContains(t, last.Only, 1)
	require.Zero(t, areas(t, d, 2)[7])

	// forgotten: found again
	_, err = d.Forget(me, 1, 7)
	require.NoError(t, err)
	propagate(t, p, d)
	require.Equal(t, 16, areas(t, d, 1)[7])
	require.Equal(t, Tracked, stateOf(t, d).marks[1][7].State)
}

func TestOneWayAndARange(t *testing.T) {
	m := far(0)
	p := openProject(t, newFolder(t), m)
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	w := d.Watch()
	defer w.Stop()
	require.NoError(t, p.Propagate(d, "me", Run{First: 3, End: 6}))
	require.Equal(t, "done", finished(t, w).State)
	require.Equal(t, []int{0, 0, 0, 16, 16, 16, 0, 0, 0}, areas(t, d, 1))
	require.NoError(t, p.Propagate(d, "me", Run{Direction: slmsam.Forward}))
	require.Equal(t, "done", finished(t, w).State)
	require.Equal(t, map[int][]slmsam.Span{1: {{First: 5, End: 9}}}, m.requests[1].Only, "what was never looked at, upwards only")
	require.Error(t, p.Propagate(d, "me", Run{First: 6, End: 9}), "no outline there")
	require.Error(t, p.Propagate(d, "me", Run{First: 5, End: 50}))
}

func TestLockedObjectsStay(t *testing.T) {
	p := openProject(t, newFolder(t), far(0))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	locked := kidney[1]
	locked.Locked = true
	_, err = d.SetObject(me, 1, locked)
	require.NoError(t, err)
	_, err = d.Draw(me, 4, square(2, 2, 2, 5), liver)
	require.NoError(t, err)
	require.Equal(t, 16, areas(t, d, 1)[4])
	require.Equal(t, 9, areas(t, d, 2)[4])
	_, err = d.Remove(me, 1)
	require.ErrorContains(t, err, "locked")
	_, err = d.MarkAbsent(me, 1, 0, 9)
	require.ErrorContains(t, err, "locked")
}

func TestBadEdits(t *testing.T) {
	d := openA(t, openProject(t, newFolder(t), far(0)))
	for name, try := range map[string]func() (int, error){
		"no object":      func() (int, error) { return d.Draw(me, 1, square(1, 0, 0, 2), nil) },
		"no such slice":  func() (int, error) { return d.Draw(me, 9, square(1, 0, 0, 2), kidney) },
		"negative slice": func() (int, error) { return d.Draw(me, -1, square(1, 0, 0, 2), kidney) },
		"not a slice":    func() (int, error) { return d.Draw(me, 1, "AAAA", kidney) },
		"label 256":      func() (int, error) { return d.SetObject(me, 256, kidney[1]) },
		"no name":        func() (int, error) { return d.SetObject(me, 1, Object{Name: " ", Color: "#000000"}) },
		"long name": func() (int, error) {
			return d.SetObject(me, 1, Object{Name: strings.Repeat("x", 101), Color: "#000000"})
		},
		"no color":         func() (int, error) { return d.SetObject(me, 1, Object{Name: "x", Color: "red"}) },
		"absent nowhere":   func() (int, error) { return d.MarkAbsent(me, 1, 3, 3) },
		"accept nothing":   func() (int, error) { return d.Accept(me, 1, 3) },
		"forget nothing":   func() (int, error) { return d.Forget(me, 1, 3) },
		"remove an absent": func() (int, error) { return d.Remove(me, 7) },
	} {
		_, err := try()
		var input *annotate.InputError
		require.ErrorAs(t, err, &input, name)
		require.Zero(t, d.Snapshot().Revision, name)
	}
	revision, err := d.Draw(me, 1, emptied, nil)
	require.NoError(t, err)
	require.Zero(t, revision, "a change of nothing is none")
}

func TestReviewedVolumesHaveTheirLabelsInLabelsTr(t *testing.T) {
	dir := newFolder(t)
	p := openProject(t, dir, far(0))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	states := func(p *Project) string {
		list, err := p.Volumes()
		require.NoError(t, err)
		return string(list[0].State) + " " + string(list[1].State)
	}
	require.Equal(t, "outlined new", states(p))
	propagate(t, p, d)
	require.Equal(t, "propagated new", states(p))
	_, err = p.Review(d, me, true)
	require.NoError(t, err)
	require.Equal(t, "reviewed new", states(p))
	l, err := volume.ReadLabelMap(filepath.Join(dir, "labelsTr", "a.nii.gz"))
	require.NoError(t, err)
	require.Equal(t, depth*16, l.Counts()[1])
	listed, err := os.ReadFile(filepath.Join(dir, "reviewed.csv"))
	require.NoError(t, err)
	require.Equal(t, "name,image,label\na,a.nii.gz,labelsTr/a.nii.gz\n", string(listed))
	copied := t.TempDir()
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	require.Equal(t, "reviewed new", states(openProject(t, copied, far(0))))

	// a label map that another program left is where the work begins
	require.NoError(t, os.Rename(filepath.Join(dir, "labelsTr", "a.nii.gz"), filepath.Join(dir, "labelsTr", "b.nii.gz")))
	require.Equal(t, "reviewed reviewed", states(p))
	b, err := p.Document("b")
	require.NoError(t, err)
	require.Equal(t, 16, areas(t, b, 1)[8])

	_, err = d.Draw(me, 4, square(1, 2, 2, 3), nil)
	require.NoError(t, err)
	require.Equal(t, "propagated reviewed", states(p), "whoever changes it, reviews it anew")
	_, err = p.Review(b, me, false)
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(dir, "labelsTr", "b.nii.gz"))
}

func TestLabelMapsLieOnTheGrid(t *testing.T) {
	p := openProject(t, newFolder(t), far(0))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 3, 4), kidney)
	require.NoError(t, err)
	for _, format := range Formats[:len(Formats)-1] {
		path, remove, err := p.Labels(d, format)
		require.NoError(t, err, format)
		l, err := volume.ReadLabelMap(path)
		require.NoError(t, err, format)
		require.Equal(t, [3]int{width, height, depth}, l.Dim)
		require.Equal(t, int32(1), l.Data[2+width*(3+height*4)])
		require.Equal(t, 16, l.Counts()[1])
		if format == ".seg.nrrd" {
			require.Equal(t, "kidney", l.Name(1))
		}
		remove()
		require.NoFileExists(t, path)
	}
	_, _, err = p.Labels(d, ".dcm")
	var input *annotate.InputError
	require.ErrorAs(t, err, &input)
	_, _, err = p.Labels(d, "/../x")
	require.ErrorAs(t, err, &input)
	_, err = p.Document("../a")
	require.ErrorIs(t, err, folder.ErrUnknown)
}

func TestUploadsDoNotTouchWhatIsThere(t *testing.T) {
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
	id, err = p.Add("a.nii", strings.NewReader("")) // not a volume: only the name matters
	require.Error(t, err)
	require.Equal(t, "a-3", id, "the annotations of a volume that is gone are not those of a new one")
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

	image := annotatetest.Ball(depth-2, height, width)
	path := filepath.Join(t.TempDir(), "x.nii.gz")
	require.NoError(t, volume.WriteVolume(path, image, volume.WriteOptions{}))
	require.NoError(t, other.Add("a", ".nii.gz", path))
	list, err := p.Volumes()
	require.NoError(t, err)
	require.Equal(t, Entry{ID: "a", Name: "a", State: New}, list[0])
	fresh := openA(t, p)
	require.Zero(t, fresh.Snapshot().Revision)
	got, release, err := p.Image(fresh)
	require.NoError(t, err)
	defer release()
	require.Equal(t, image.Dim, got.Volume.Dim)
}

func TestAListOfVolumesOpensNone(t *testing.T) {
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
	require.Equal(t, Propagated, state(), "the journal changed")
}

// TestAReviewIsOfWhatWasSaved: a change between saving the label map and marking it as reviewed is not signed unseen.
func TestAReviewIsOfWhatWasSaved(t *testing.T) {
	d := openA(t, openProject(t, newFolder(t), far(0)))
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	seen := stateOf(t, d)
	_, err = d.Draw(me, 5, square(1, 2, 2, 4), nil)
	require.NoError(t, err)
	_, err = d.review(me, true, seen)
	require.ErrorIs(t, err, errSuperseded)
	require.False(t, stateOf(t, d).meta.Reviewed)
	_, err = d.review(me, true, stateOf(t, d))
	require.NoError(t, err)
	require.True(t, stateOf(t, d).meta.Reviewed)
}
