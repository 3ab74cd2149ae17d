package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestAgainstBruteForce compares every surface measure with an O(n²) reference that shares no code with the package: it
// finds surfaces voxel by voxel in the whole volume and measures the distance of every pair.
func TestAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for trial := range 60 {
		dim := [3]int{1 + rng.IntN(14), 1 + rng.IntN(12), 1 + rng.IntN(10)}
		spacing := [3]float64{0.3 + rng.Float64(), 0.3 + rng.Float64(), 0.3 + 4*rng.Float64()}
		if trial%3 == 0 {
			spacing = [3]float64{0.7, 0.7, 0.7}
		}
		truth, prediction := randomBlobs(rng, dim, spacing), randomBlobs(rng, dim, spacing)
		tolerance := 2 * rng.Float64()
		scorer, err := NewScorer(truth, prediction, volume.GridOptions{})
		require.NoError(t, err)
		for label := int32(1); label <= 3; label++ {
			got, err := scorer.Score(label, Options{Axis: 2, ToleranceMM: tolerance})
			require.NoError(t, err)
			mm := bruteDistances(truth, prediction, label, spacing)
			voxels := bruteDistances(truth, prediction, label, [3]float64{1, 1, 1})
			if len(mm) == 0 {
				require.Zero(t, got.SurfaceTruth*got.SurfacePrediction)
				continue
			}
			within := 0
			for _, d := range mm {
				if d <= tolerance {
					within++
				}
			}
			n := float64(len(mm))
			require.InDelta(t, mean(mm), got.ASSDmm, 1e-12)
			require.InDelta(t, mean(voxels), got.ASSDVoxels, 1e-12)
			require.InDelta(t, float64(within)/n, got.SurfaceDice, 1e-12)
			slices.Sort(mm)
			require.GreaterOrEqual(t, got.HD95mm, mm[int(0.95*(n-1))]-1e-12)
			require.LessOrEqual(t, got.HD95mm, mm[int(math.Ceil(0.95*(n-1)))]+1e-12)
		}
	}
}

// bruteDistances returns the distances from each surface to the other; none if a surface is empty.
func bruteDistances(a, b *volume.LabelMap, label int32, spacing [3]float64) []float64 {
	sa, sb := bruteSurface(a, label), bruteSurface(b, label)
	if len(sa) == 0 || len(sb) == 0 {
		return nil
	}
	var all []float64
	for _, pair := range [][2][][3]int{{sa, sb}, {sb, sa}} {
		for _, p := range pair[0] {
			best := math.Inf(1)
			for _, q := range pair[1] {
				var d2 float64
				for axis := range p {
					d := float64(p[axis]-q[axis]) * spacing[axis]
					d2 += d * d
				}
				best = min(best, math.Sqrt(d2))
			}
			all = append(all, best)
		}
	}
	return all
}

// bruteSurface returns the voxels of a label that have a face neighbor without it.
func bruteSurface(m *volume.LabelMap, label int32) (found [][3]int) {
	at := func(x, y, z int) bool {
		inside := x >= 0 && y >= 0 && z >= 0 && x < m.Dim[0] && y < m.Dim[1] && z < m.Dim[2]
		return inside && m.Data[x+m.Dim[0]*(y+m.Dim[1]*z)] == label
	}
	for z := range m.Dim[2] {
		for y := range m.Dim[1] {
			for x := range m.Dim[0] {
				interior := at(x-1, y, z) && at(x+1, y, z) && at(x, y-1, z) && at(x, y+1, z) && at(x, y, z-1) && at(x, y, z+1)
				if at(x, y, z) && !interior {
					found = append(found, [3]int{x, y, z})
				}
			}
		}
	}
	return found
}

// randomBlobs returns a map with a few boxes of labels 1 to 3 and some noise.
func randomBlobs(rng *rand.Rand, dim [3]int, spacing [3]float64) *volume.LabelMap {
	m := newMap(dim, spacing)
	for range 1 + rng.IntN(4) {
		var lo, hi [3]int
		for axis, d := range dim {
			lo[axis] = rng.IntN(d)
			hi[axis] = lo[axis] + 1 + rng.IntN(d-lo[axis])
		}
		fillBox(m, int32(1+rng.IntN(3)), lo, hi)
	}
	for range rng.IntN(6) {
		m.Data[rng.IntN(len(m.Data))] = int32(rng.IntN(4))
	}
	return m
}

// TestEmptyMasks checks the conventions for empty masks.
func TestEmptyMasks(t *testing.T) {
	unit := [3]float64{1, 1, 1}
	empty, full := newMap([3]int{4, 4, 4}, unit), newMap([3]int{4, 4, 4}, unit)
	fillBox(full, 1, [3]int{1, 1, 1}, [3]int{3, 3, 3})

	both, err := Score(empty, empty, 1, Options{})
	require.NoError(t, err)
	require.Equal(t, []float64{1, 0, 0, 0, 1, 0, 0}, []float64{both.DSC, both.ASSDmm, both.ASSDVoxels, both.HD95mm,
		both.SurfaceDice, both.VolumeDiffML, both.VolumeDiffRelative})

	missed, err := Score(full, empty, 1, Options{})
	require.NoError(t, err)
	require.Equal(t, []float64{0, 0, -0.008, -1},
		[]float64{missed.DSC, missed.SurfaceDice, missed.VolumeDiffML, missed.VolumeDiffRelative})
	require.True(t, math.IsNaN(missed.ASSDmm) && math.IsNaN(missed.ASSDVoxels) && math.IsNaN(missed.HD95mm))
	require.Equal(t, 2, missed.Slices.Missed)

	invented, err := Score(empty, full, 1, Options{})
	require.NoError(t, err)
	require.Equal(t, []float64{0, 0, 0.008}, []float64{invented.DSC, invented.SurfaceDice, invented.VolumeDiffML})
	require.True(t, math.IsNaN(invented.ASSDmm) && math.IsNaN(invented.VolumeDiffRelative))
	require.Equal(t, 2, invented.Slices.OverPropagated)
	require.True(t, math.IsNaN(invented.Slices.PresentDSC))
}

// TestSliceScores scores a truth on slices 2 to 4 and a prediction on slices 3 to 5, along each axis in turn, with and without
// slices that are replaced or excluded.
func TestSliceScores(t *testing.T) {
	for axis := range 3 {
		dim := [3]int{4, 4, 4}
		dim[axis] = 8
		truth, prediction := newMap(dim, [3]float64{1, 2, 3}), newMap(dim, [3]float64{1, 2, 3})
		lo, hi := [3]int{1, 1, 1}, [3]int{3, 3, 3}
		lo[axis], hi[axis] = 2, 5
		fillBox(truth, 7, lo, hi)
		lo[axis], hi[axis] = 3, 6
		fillBox(prediction, 7, lo, hi)

		s, err := Score(truth, prediction, 7, Options{Axis: axis})
		require.NoError(t, err)
		require.Equal(t, []float64{1, 1, 0, 1, 1, 0, 1, 1}, s.Slices.DSC)
		require.Equal(t, []int{0, 0, 4, 4, 4, 0, 0, 0}, s.Slices.Truth)
		require.Equal(t, [4]int{3, 5, 1, 1}, [4]int{s.Slices.Present, s.Slices.Absent, s.Slices.Missed, s.Slices.OverPropagated})
		require.InDelta(t, 2.0/3, s.Slices.PresentDSC, 1e-15)
		require.InDelta(t, 4.0/5, s.Slices.AbsentDSC, 1e-15)
		require.InDelta(t, 2.0/3, s.DSC, 1e-15)

		missed := make([]bool, 8)
		missed[2] = true
		replaced, err := Score(truth, prediction, 7, Options{Axis: axis, Replace: missed})
		require.NoError(t, err)
		require.InDelta(t, 2*12.0/(12+16), replaced.DSC, 1e-15)
		require.Zero(t, replaced.Slices.Missed)

		excluded, err := Score(truth, prediction, 7, Options{Axis: axis, Exclude: missed})
		require.NoError(t, err)
		require.InDelta(t, 2*8.0/(8+12), excluded.DSC, 1e-15)
		require.Equal(t, 2, excluded.Slices.Present)
		require.True(t, math.IsNaN(excluded.Slices.DSC[2]))
		require.Equal(t, 8, excluded.SurfaceTruth, "all four voxels of each counted slice are surface")
	}
}

// TestExtremeSpacing checks that the spacing of a damaged header gives an error or else correct distances.
func TestExtremeSpacing(t *testing.T) {
	for _, spacing := range [][3]float64{{1e-38, 1, 1}, {1, 1e200, 1}, {math.SmallestNonzeroFloat32, 1e30, 1}} {
		m := newMap([3]int{6, 6, 6}, spacing)
		_, err := Score(m, m, 1, Options{})
		require.ErrorContains(t, err, "each side must be", spacing)
	}
	for _, spacing := range [][3]float64{{1e-9, 1, 1}, {1, 1e9, 1e-9}, {1e9, 1e9, 1e9}} {
		truth, prediction := newMap([3]int{6, 6, 6}, spacing), newMap([3]int{6, 6, 6}, spacing)
		truth.Data[0], prediction.Data[5+6*(5+6*5)] = 1, 1
		s, err := Score(truth, prediction, 1, Options{})
		require.NoError(t, err)
		require.InEpsilon(t, 5*math.Sqrt(spacing[0]*spacing[0]+spacing[1]*spacing[1]+spacing[2]*spacing[2]), s.ASSDmm, 1e-12)
	}
}

// TestBadInput checks that label maps and options that cannot be scored are refused, each with its reason.
func TestBadInput(t *testing.T) {
	good := newMap([3]int{2, 2, 2}, [3]float64{1, 1, 1})
	change := func(f func(*volume.LabelMap)) *volume.LabelMap {
		m := *good
		m.Data = slices.Clone(good.Data)
		f(&m)
		return &m
	}
	bad := map[string]*volume.LabelMap{
		"is nil":            nil,
		"at least one":      change(func(m *volume.LabelMap) { m.Dim[1] = 0 }),
		"too large":         change(func(m *volume.LabelMap) { m.Dim = [3]int{1 << 20, 1 << 20, 1} }),
		"each side must be": change(func(m *volume.LabelMap) { m.Geom.Spacing[2] = math.NaN() }),
		"holds 8 values":    change(func(m *volume.LabelMap) { m.Dim[0] = 3 }),
		"negative label":    change(func(m *volume.LabelMap) { m.Data[3] = -4 }),
		"differ in dimensions": change(func(m *volume.LabelMap) {
			m.Dim[0], m.Data = 3, make([]int32, 12)
			m.Data[2] = 1 // beyond the truth
		}),
		"affine spacing": change(func(m *volume.LabelMap) { m.Geom = volume.NewGeometry(m.Dim, [3]float64{2, 1, 1}) }),
	}
	for want, m := range bad {
		_, err := Score(good, m, 1, Options{})
		require.ErrorContains(t, err, want)
	}
	for want, o := range map[string]Options{
		"axis 3":         {Axis: 3},
		"tolerance":      {ToleranceMM: math.NaN()},
		"slice marks":    {Replace: make([]bool, 3)},
		"every slice is": {Exclude: []bool{true, true}},
	} {
		_, err := Score(good, good, 1, o)
		require.ErrorContains(t, err, want)
	}
	_, err := Score(good, good, 0, Options{})
	require.ErrorContains(t, err, "label 0")
}
