package labelmap

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestLoad: the grid and every voxel arrive; a position that the file does not hold counts as unknown.
func TestLoad(t *testing.T) {
	dim := [3]int{3, 2, 2}
	l := &volume.LabelMap{Dim: dim, Data: []int32{0, 1, 2, 3, 0, 0, 7, 0, 0, 0, 0, 9}, Geom: volume.NewGeometry(dim, [3]float64{1, 2, 5})}
	l.Geom.Affine[0][3] = -40
	path := filepath.Join(t.TempDir(), "case.nii.gz")
	require.NoError(t, volume.WriteLabelMap(path, l, volume.WriteOptions{}))
	m, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, &eval.LabelMap{Dim: dim, Spacing: [3]float64{1, 2, 5}, Data: l.Data, Affine: l.Geom.Affine}, m)

	l.Geom.Nominal = true
	require.Zero(t, From(l).Affine)

	require.NoError(t, os.WriteFile(path, []byte("no label map"), 0o644))
	_, err = Load(path)
	require.ErrorContains(t, err, "case.nii.gz")
}
