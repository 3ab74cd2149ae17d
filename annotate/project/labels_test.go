package project

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestReviewedVolumesHaveTheirLabelsInLabelsTr follows the states of two volumes, and checks which label maps are in
// labelsTr and listed in reviewed.csv.
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

	// a label map from another program is what the annotator starts from
	require.NoError(t, os.Rename(filepath.Join(dir, "labelsTr", "a.nii.gz"), filepath.Join(dir, "labelsTr", "b.nii.gz")))
	require.Equal(t, "reviewed reviewed", states(p))
	b, err := p.Document("b")
	require.NoError(t, err)
	require.Equal(t, 16, areas(t, b, 1)[8])

	_, err = d.Draw(me, 4, square(1, 2, 2, 3), nil)
	require.NoError(t, err)
	require.Equal(t, "propagated reviewed", states(p), "a changed volume must be reviewed again")
	_, err = p.Review(b, me, false)
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(dir, "labelsTr", "b.nii.gz"))
}

// TestLabelMapsAreOnTheVolumesGrid reads the label map back in every format, and checks that other formats are
// refused.
func TestLabelMapsAreOnTheVolumesGrid(t *testing.T) {
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

// TestAReviewIsOfWhatWasSaved checks that a change made after the label map was saved is not marked as reviewed.
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
