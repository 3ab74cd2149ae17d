package volume

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRegions compares the regions of random label maps with a search voxel by voxel.
func TestRegions(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		l := NewLabelMap(&Volume{Dim: [3]int{1 + rng.IntN(7), 1 + rng.IntN(6), 1 + rng.IntN(5)}})
		l.Data = make([]int32, l.Dim[0]*l.Dim[1]*l.Dim[2])
		for range rng.IntN(9) {
			l.Data[rng.IntN(len(l.Data))] = int32(rng.IntN(5)) - 1
		}
		want := map[int32]Region{}
		on := map[int32]map[int]bool{} // slices along axis 1
		for i, label := range l.Data {
			if label == 0 {
				continue
			}
			at := [3]int{i % l.Dim[0], i / l.Dim[0] % l.Dim[1], i / l.Dim[0] / l.Dim[1]}
			r, ok := want[label]
			if !ok {
				r.Bounds, on[label] = Box{at, at}, map[int]bool{}
			}
			for axis := range 3 {
				r.Bounds.Lo[axis] = min(r.Bounds.Lo[axis], at[axis])
				r.Bounds.Hi[axis] = max(r.Bounds.Hi[axis], at[axis]+1)
			}
			r.Voxels++
			want[label] = r
			on[label][at[1]] = true
		}
		require.Equal(t, want, l.Regions())
		require.Equal(t, slices.Sorted(maps.Keys(want)), l.Labels())
		for label, r := range want {
			slicesOf := slices.Sorted(maps.Keys(on[label]))
			require.Equal(t, slicesOf, l.SlicesWith(label, 1, Box{Hi: l.Dim}))
			require.Equal(t, slicesOf, l.SlicesWith(label, 1, r.Bounds))
			central, ok := l.CentralSlice(label, 1)
			require.True(t, ok)
			require.Equal(t, slicesOf[(len(slicesOf)-1)/2], central)
		}
		_, ok := l.CentralSlice(99, 0)
		require.False(t, ok)
	}
}

// TestBox checks unions, sizes and the empty box.
func TestBox(t *testing.T) {
	a, b := Box{[3]int{1, 1, 1}, [3]int{3, 2, 4}}, Box{[3]int{0, 5, 2}, [3]int{1, 6, 3}}
	require.Equal(t, Box{[3]int{0, 1, 1}, [3]int{3, 6, 4}}, a.Union(b))
	require.Equal(t, [3]int{2, 1, 3}, a.Dim())
	require.True(t, EmptyBox([3]int{9, 9, 9}).Empty())
	require.Equal(t, a, EmptyBox([3]int{9, 9, 9}).Union(a))
}
