package train

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// datasetOf writes n volumes of 20 slices, each with an object on slices 5 to 13, and opens them as a dataset.
func datasetOf(t *testing.T, n int) *Dataset {
	t.Helper()
	dir := t.TempDir()
	list := "image,label,name\n"
	v := &volume.Volume{Dim: [3]int{10, 8, 20}, Data: make([]float32, 1600)}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 3})
	l := volume.NewLabelMap(v)
	for z := 5; z < 14; z++ {
		l.Data[z*80+34] = 1
	}
	for i := range v.Data {
		v.Data[i] = float32(i)
	}
	for i := range n {
		name := string(rune('a' + i))
		require.NoError(t, volume.WriteVolume(filepath.Join(dir, name+".nii.gz"), v, volume.WriteOptions{}))
		require.NoError(t, volume.WriteLabelMap(filepath.Join(dir, name+"-label.nii.gz"), l, volume.WriteOptions{}))
		list += name + ".nii.gz," + name + "-label.nii.gz," + name + "\n"
	}
	path := filepath.Join(dir, "cases.csv")
	require.NoError(t, os.WriteFile(path, []byte(list), 0o644))
	d, err := Open(path, CaseOptions{Axis: -1})
	require.NoError(t, err)
	return d
}

// TestWholeVolumesAreHeldBackOfSeveral checks how many volumes are held back, and that they are the same every time.
func TestWholeVolumesAreHeldBackOfSeveral(t *testing.T) {
	d := datasetOf(t, 9)
	rest, held, how, err := HoldBack(d, FineTune())
	require.NoError(t, err)
	require.Equal(t, 7, rest.Len())
	require.Equal(t, 2, held.Len())
	require.Contains(t, how, "2 of 9 volumes")
	_, again, _, err := HoldBack(d, FineTune())
	require.NoError(t, err)
	require.Equal(t, held.(*Dataset).Names(), again.(*Dataset).Names())

	_, held, how, err = HoldBack(datasetOf(t, 2), FineTunePrior())
	require.NoError(t, err)
	require.Equal(t, 1, held.Len())
	require.Contains(t, how, "1 of 2 volumes")
}

// TestSlicesAreHeldBackOfFewVolumes checks that a third of each of two volumes is held back, at opposite ends, and that
// nothing is if the rest would be shorter than a clip.
func TestSlicesAreHeldBackOfFewVolumes(t *testing.T) {
	d := datasetOf(t, 2)
	r := FineTune()
	r.Frames = 4
	rest, held, how, err := HoldBack(d, r)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(how, "a third"))
	for i, want := range []struct{ from, to int }{{0, 11}, {8, 20}} {
		part, err := rest.Case(i)
		require.NoError(t, err)
		require.Equal(t, want.to-want.from, part.Len())
		whole, err := d.Case(i)
		require.NoError(t, err)
		require.Equal(t, whole.Images[want.from:want.to], part.Images)
		require.Equal(t, whole.Intensity(want.from), part.Intensity(0))
		back, err := held.Case(i)
		require.NoError(t, err)
		require.Equal(t, 20, back.Len(), "validation sees the whole volume")
		for z, counts := range back.scored {
			require.Equal(t, z < want.from || z >= want.to, counts, z)
		}
	}
	require.NotEqual(t, Fingerprint(d), Fingerprint(rest))
	require.Equal(t, 1.0, rest.(Weighted).Weight(0))

	r.Frames = 12 // more than the first volume's part has
	rest, held, _, err = HoldBack(d, r)
	require.NoError(t, err)
	require.Nil(t, held)
	require.Same(t, d, rest)
}
