package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDistanceTransform compares both ways of finding the nearest target with trying every one, for few and for many targets,
// in a single band of x and in several.
func TestDistanceTransform(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for trial := range 200 {
		dim := [3]int{1 + rng.IntN(20), 1 + rng.IntN(20), 1 + rng.IntN(20)}
		spacing := [3]float64{0.1 + rng.Float64(), 0.1 + rng.Float64(), 0.1 + 5*rng.Float64()}
		n := dim[0] * dim[1] * dim[2]
		targets := randomVoxels(rng, n, 1+rng.IntN(1+trial%7*8))
		queries := randomVoxels(rng, n, 1+rng.IntN(100))
		want := make([]float64, len(queries))
		for i, q := range queries {
			want[i] = math.Inf(1)
			for _, p := range targets {
				want[i] = min(want[i], length(difference(dim, q, p), spacing))
			}
		}
		transform := distanceTransform{limit: []int{0, 1, 300}[trial%3]}
		require.InDeltaSlice(t, want, transform.distances(dim, spacing, targets, queries), 1e-12)

		bits := make([]uint8, n)
		for _, p := range targets {
			bits[p] |= onTruth
		}
		for i, d := range nearDistances(dim, spacing, bits, onTruth, queries) {
			if d >= 0 {
				require.InDelta(t, want[i], d, 1e-12)
				continue
			}
			longest := math.Cbrt(nearOffsets * 3 / (4 * math.Pi) * spacing[0] * spacing[1] * spacing[2])
			require.Greater(t, want[i], longest, "a target that was near")
		}
	}
	require.Empty(t, new(distanceTransform).distances([3]int{2, 2, 2}, [3]float64{1, 1, 1}, []int32{0}, nil))
}

// randomVoxels draws up to count different indices below n, in ascending order.
func randomVoxels(rng *rand.Rand, n, count int) []int32 {
	v := make([]int32, count)
	for i := range v {
		v[i] = int32(rng.IntN(n))
	}
	slices.Sort(v)
	return slices.Compact(v)
}

// difference returns the steps along each axis from voxel b to voxel a.
func difference(dim [3]int, a, b int32) [3]int {
	at := func(i int) [3]int { return [3]int{i % dim[0], i / dim[0] % dim[1], i / (dim[0] * dim[1])} }
	p, q := at(int(a)), at(int(b))
	return [3]int{p[0] - q[0], p[1] - q[1], p[2] - q[2]}
}
