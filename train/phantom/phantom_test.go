package phantom_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/train/phantom"
	"github.com/stretchr/testify/require"
)

// TestTheSameSeedGivesTheSameVolume checks that a volume depends on the seed and its number only.
func TestTheSameSeedGivesTheSameVolume(t *testing.T) {
	c := phantom.Default()
	a, b := phantom.Generate(c, 5, 3), phantom.Generate(c, 5, 3)
	require.Equal(t, a, b)
	require.NotEqual(t, a.Gray, phantom.Generate(c, 5, 4).Gray)
	require.NotEqual(t, a.Gray, phantom.Generate(c, 6, 3).Gray)
}

// TestVolumesAreVaried checks that many volumes respect the configuration, that many but not all objects begin or end inside
// the volume, and that many volumes have several objects.
func TestVolumesAreVaried(t *testing.T) {
	c := phantom.Default()
	const n = 60
	objects, partial, multi := 0, 0, 0
	for i := range n {
		v := phantom.Generate(c, 1, i)
		require.GreaterOrEqual(t, v.H, c.MinSide)
		require.LessOrEqual(t, v.H, c.MaxSide)
		require.Len(t, v.Gray, v.H*v.W*v.D)
		require.Len(t, v.Labels, v.H*v.W*v.D)
		first, last := map[uint8]int{}, map[uint8]int{}
		for p, l := range v.Labels {
			require.LessOrEqual(t, int(l), c.MaxObjects)
			if l == 0 {
				continue
			}
			z := p / (v.H * v.W)
			if _, ok := first[l]; !ok {
				first[l] = z
			}
			last[l] = z
		}
		require.NotEmpty(t, first, "volume %d has no object", i)
		if len(first) > 1 {
			multi++
		}
		for l := range first {
			objects++
			if first[l] > 0 || last[l] < v.D-1 {
				partial++
			}
		}
	}
	require.Greater(t, partial, objects/4, "objects that begin or end inside")
	require.Less(t, partial, objects*9/10, "objects that span the volume")
	require.Greater(t, multi, n/3, "volumes with several objects")
}

// TestVolumeAndLabelMap checks that both have the phantom's values and the same grid.
func TestVolumeAndLabelMap(t *testing.T) {
	v := phantom.Generate(phantom.Default(), 2, 0)
	image, labels := v.Volume(), v.LabelMap()
	require.Equal(t, [3]int{v.W, v.H, v.D}, image.Dim)
	require.Equal(t, image.Dim, labels.Dim)
	require.Equal(t, v.Spacing, image.Geom.Spacing)
	require.Equal(t, image.Geom, labels.Geom)
	gray, found := make([]float32, len(v.Gray)), make([]int32, len(v.Labels))
	for i := range v.Gray {
		gray[i], found[i] = float32(v.Gray[i]), int32(v.Labels[i])
	}
	require.Equal(t, gray, image.Data)
	require.Equal(t, found, labels.Data)
}

// BenchmarkGenerate measures how long a volume takes.
func BenchmarkGenerate(b *testing.B) {
	for i := range b.N {
		phantom.Generate(phantom.Default(), 1, i)
	}
}
