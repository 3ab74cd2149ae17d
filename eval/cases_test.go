package eval

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEvaluateSingleFiles checks that a single truth and a single prediction are one case, whatever their names, and that
// names count if one of the two is a folder.
func TestEvaluateSingleFiles(t *testing.T) {
	d, study := standardStudy(t)
	study.Truth = filepath.Join(d.root, "truth", "case1.nii.gz")
	study.Methods = []Method{{"other", filepath.Join(d.root, "bad", "case2.nii.gz")}, {"folder", filepath.Join(d.root, "good")}}
	r, err := Evaluate(t.Context(), study)
	require.NoError(t, err)
	require.Len(t, r.Rows, 2*2)
	for _, row := range r.Rows {
		require.Equal(t, "case1", row.Case)
	}
	require.Len(t, r.Excluded, 3, "cases 0, 2 and 3 of the folder")
	require.Equal(t, "folder", r.Excluded[0].Method)

	study.Truth = filepath.Join(d.root, "notes.txt")
	require.NoError(t, os.WriteFile(study.Truth, nil, 0o644))
	_, err = Evaluate(t.Context(), study)
	require.ErrorContains(t, err, "does not have the extension")
}

// TestFindCases checks which files and folders are cases, and which are ignored.
func TestFindCases(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"a.nii.gz", "b.NRRD", "c.d.mha", ".hidden.nii", "notes.txt", "e/label.nii.gz", "e/image.nii.gz", "f/x.nii", "g/readme", "h/0001.png", "h/0002.png"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, f)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, f), nil, 0o644))
	}
	cases, ignored, err := FindCases(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c.d", "e", "f", "h"}, slices.Sorted(maps.Keys(cases)))
	require.Equal(t, filepath.Join(dir, "e", "label.nii.gz"), cases["e"])
	require.Equal(t, filepath.Join(dir, "h"), cases["h"], "a stack of slices is one label map")
	require.Equal(t, []string{filepath.Join(dir, "g"), filepath.Join(dir, "notes.txt")}, ignored)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.nii"), nil, 0o644))
	_, _, err = FindCases(dir)
	require.ErrorContains(t, err, `case "a" has two label maps`)
	_, _, err = FindCases(filepath.Join(dir, "g"))
	require.ErrorContains(t, err, "no label maps")
}
