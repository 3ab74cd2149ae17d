package eval

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// independentTol is how closely two implementations must agree on real volumes, relative to values above 1.
const independentTol = 1e-6

// smallVolume is the largest number of voxels that the slow reference scores in a normal test run.
const smallVolume = 300_000

// TestAgainstIndependentOnData scores perturbed copies of real label maps and compares the scores with those from
// nearestByShells, which finds nearest neighbors without a distance transform. SLMSAM_DATA names the folder of the volumes
// (default: shared/data next to the repository). SLMSAM_DUMP names a JSON file for the scores, so that they can be compared
// with yet another implementation.
func TestAgainstIndependentOnData(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the volumes are large")
	}
	dir := shared.Need(t, "SLMSAM_DATA", "data")
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "label.nii.gz"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no */*/label.nii.gz in %s", dir)
	type entry struct {
		File                             string
		Label                            int32
		DSC, ASSDmm, ASSDVoxels, HD95, N float64
	}
	var dump []entry
	skipped := 0
	for _, file := range files {
		truth, err := volume.ReadLabelMap(file)
		require.NoError(t, err)
		if len(truth.Data) > smallVolume && os.Getenv("SLMSAM_LARGE") != "1" {
			skipped++
			continue
		}
		prediction := perturbed(truth)
		scorer, err := NewScorer(truth, prediction, volume.GridOptions{})
		require.NoError(t, err, file)
		for _, label := range scorer.TruthLabels() {
			got, err := scorer.Score(label, Options{Axis: truth.AcquisitionAxis()})
			require.NoError(t, err)
			a, b := bruteSurface(truth, label), bruteSurface(prediction, label)
			dump = append(dump, entry{file, label, got.DSC, got.ASSDmm, got.ASSDVoxels, got.HD95mm, float64(len(a) + len(b))})
			require.Equal(t, []int{len(a), len(b)}, []int{got.SurfaceTruth, got.SurfacePrediction})
			if len(a) == 0 || len(b) == 0 {
				require.True(t, math.IsNaN(got.ASSDmm))
				continue
			}
			mm := append(nearestByShells(truth, a, b, truth.Geom.Spacing), nearestByShells(truth, b, a, truth.Geom.Spacing)...)
			voxels := append(nearestByShells(truth, a, b, [3]float64{1, 1, 1}), nearestByShells(truth, b, a, [3]float64{1, 1, 1})...)
			requireClose(t, mean(mm), got.ASSDmm, file, label)
			requireClose(t, mean(voxels), got.ASSDVoxels, file, label)
			slices.Sort(mm)
			at := 0.95 * float64(len(mm)-1)
			low, high := mm[int(math.Floor(at))], mm[int(math.Ceil(at))]
			requireClose(t, low+(high-low)*(at-math.Floor(at)), got.HD95mm, file, label)
		}
	}
	t.Logf("%d labels on %d volumes; %d larger ones need SLMSAM_LARGE=1", len(dump), len(files)-skipped, skipped)
	require.NotEmpty(t, dump)
	if out := os.Getenv("SLMSAM_DUMP"); out != "" {
		raw, err := json.Marshal(dump)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(out, raw, 0o644))
	}
}

func requireClose(t *testing.T, want, got float64, file string, label int32) {
	t.Helper()
	require.InDelta(t, want, got, independentTol*max(1, want), "%s label %d", file, label)
}

// perturbed returns a copy with every label moved by one voxel along axis 0, some voxels removed in a regular pattern, and
// others added.
func perturbed(m *volume.LabelMap) *volume.LabelMap {
	out := newMap(m.Dim, m.Geom.Spacing)
	out.Geom = m.Geom
	for z := range m.Dim[2] {
		for y := range m.Dim[1] {
			for x := range m.Dim[0] {
				i := (z*m.Dim[1]+y)*m.Dim[0] + x
				if x+1 < m.Dim[0] {
					out.Data[i] = m.Data[i+1]
				}
				pattern := x*73 + y*151 + z*283
				if pattern%17 == 0 {
					out.Data[i] = 0
				}
				if pattern%4001 == 0 {
					out.Data[i] = 1
				}
			}
		}
	}
	return out
}

// nearestByShells returns the distance from each voxel of from to the nearest one of to. It tries offsets in the order of
// their lengths until one hits a target, and if none of those does, it tries every target.
func nearestByShells(m *volume.LabelMap, from, to [][3]int, spacing [3]float64) []float64 {
	isTarget := make([]bool, len(m.Data))
	for _, p := range to {
		isTarget[(p[2]*m.Dim[1]+p[1])*m.Dim[0]+p[0]] = true
	}
	shells := sortedOffsets(6, spacing)
	reach := 6 * min(spacing[0], spacing[1], spacing[2]) // all offsets up to this length are in the list
	out := make([]float64, len(from))
	for i, p := range from {
		out[i] = math.Inf(1)
		for _, s := range shells {
			q := [3]int{p[0] + s.by[0], p[1] + s.by[1], p[2] + s.by[2]}
			inside := q[0] >= 0 && q[1] >= 0 && q[2] >= 0 && q[0] < m.Dim[0] && q[1] < m.Dim[1] && q[2] < m.Dim[2]
			if inside && isTarget[(q[2]*m.Dim[1]+q[1])*m.Dim[0]+q[0]] {
				out[i] = s.length
				break
			}
		}
		if out[i] <= reach {
			continue
		}
		for _, q := range to {
			out[i] = min(out[i], length([3]int{p[0] - q[0], p[1] - q[1], p[2] - q[2]}, spacing))
		}
	}
	return out
}

// offset is a step from one voxel to another, and its length.
type offset struct {
	by     [3]int
	length float64
}

// sortedOffsets returns all offsets of up to r voxels along each axis, the shortest first.
func sortedOffsets(r int, spacing [3]float64) (list []offset) {
	for z := -r; z <= r; z++ {
		for y := -r; y <= r; y++ {
			for x := -r; x <= r; x++ {
				by := [3]int{x, y, z}
				list = append(list, offset{by, length(by, spacing)})
			}
		}
	}
	slices.SortFunc(list, func(a, b offset) int { return cmp.Compare(a.length, b.length) })
	return list
}

func length(by [3]int, spacing [3]float64) float64 {
	x, y, z := float64(by[0])*spacing[0], float64(by[1])*spacing[1], float64(by[2])*spacing[2]
	return math.Sqrt(x*x + y*y + z*z)
}
