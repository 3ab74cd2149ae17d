package eval

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEvaluateSingleFiles: one file against one file is one case, whatever their names; against a folder, names count.
func TestEvaluateSingleFiles(t *testing.T) {
	d, study := standardStudy(t)
	study.Truth = filepath.Join(d.root, "truth", "case1.nii.gz")
	study.Methods = []Method{{"other", filepath.Join(d.root, "bad", "case2.nii.gz")}, {"folder", filepath.Join(d.root, "good")}}
	r, err := Evaluate(context.Background(), study)
	require.NoError(t, err)
	require.Len(t, r.Rows, 2*2)
	for _, row := range r.Rows {
		require.Equal(t, "case1", row.Case)
	}
	require.Len(t, r.Excluded, 3) // cases 0, 2 and 3 of the folder
	require.Equal(t, "folder", r.Excluded[0].Method)

	study.Truth = filepath.Join(d.root, "notes.txt")
	require.NoError(t, os.WriteFile(study.Truth, nil, 0o644))
	_, err = Evaluate(context.Background(), study)
	require.ErrorContains(t, err, "does not have the extension")
}
