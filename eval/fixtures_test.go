package eval

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// fixtureTol is the fixtures' own tolerance for DSC and ASSD. Both sides compute in float64.
const fixtureTol = 1e-9

// TestMetricFixtures checks every recorded case in testdata and in the folder that SLMSAM_FIXTURES names (default:
// shared/fixtures next to the repository).
func TestMetricFixtures(t *testing.T) {
	files := []string{"testdata/metrics/metrics.safetensors"}
	if dir, found := shared.Dir(t, "SLMSAM_FIXTURES", "fixtures"); found {
		more, err := filepath.Glob(filepath.Join(dir, "metrics", "*.safetensors"))
		require.NoError(t, err)
		require.NotEmpty(t, more, "no metrics/*.safetensors in %s", dir)
		files = append(files, more...)
	}
	for _, file := range files {
		cases := readFixtures(t, file)
		require.NotEmpty(t, cases, file)
		for name, f := range cases {
			t.Run(filepath.Base(filepath.Dir(filepath.Dir(file)))+"/"+name, func(t *testing.T) { checkFixture(t, f) })
		}
	}
}

// checkFixture compares the scores of two masks, with each in turn as the truth, and their surfaces where those are recorded.
func checkFixture(t *testing.T, f fixture) {
	for _, swapped := range []bool{false, true} {
		prediction, truth := f.labels(t, "a"), f.labels(t, "b")
		counts, sums := f.ints("surface_counts"), f.floats("distance_sums_mm")
		if swapped {
			prediction, truth = truth, prediction
			counts[0], counts[1] = counts[1], counts[0]
			sums[0], sums[1] = sums[1], sums[0]
		}
		got, err := Score(truth, prediction, 1, Options{Axis: 2})
		require.NoError(t, err)
		require.InDelta(t, f.floats("dsc")[0], got.DSC, fixtureTol)
		requireMaybeUndefined(t, f.floats("assd_mm")[0], got.ASSDmm)
		requireMaybeUndefined(t, f.floats("assd_voxels")[0], got.ASSDVoxels)
		require.Equal(t, counts, []int{got.SurfacePrediction, got.SurfaceTruth})
		if got.SurfacePrediction > 0 && got.SurfaceTruth > 0 {
			require.InDeltaSlice(t, sums, got.DistanceSumsMM[:], 1e-9*(1+sums[0]+sums[1]))
		}
	}
	if want, ok := f["surface_a"]; ok {
		requireSurface(t, f.labels(t, "a"), want.data)
		requireSurface(t, f.labels(t, "b"), f["surface_b"].data)
	}
}

// requireMaybeUndefined compares a measure with its recorded value, where -1 means undefined.
func requireMaybeUndefined(t *testing.T, want, got float64) {
	t.Helper()
	if want == -1 {
		require.True(t, math.IsNaN(got), "want undefined, got %g", got)
		return
	}
	require.InDelta(t, want, got, fixtureTol)
}

// requireSurface compares a surface voxel by voxel.
func requireSurface(t *testing.T, m *volume.LabelMap, want []byte) {
	t.Helper()
	var o overlay
	o.fill(m, m, 1, volume.Box{Hi: m.Dim}, 2, nil)
	got := make([]byte, len(want))
	for _, i := range o.surface(inTruth) {
		got[i] = 1
	}
	require.Equal(t, want, got)
}

// fixture is one recorded case: its tensors, by the part of their name after the dot.
type fixture map[string]tensor

type tensor struct {
	shape []int
	data  []byte
}

// readFixtures reads a safetensors file of metric cases.
func readFixtures(t *testing.T, file string) map[string]fixture {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	n := int(binary.LittleEndian.Uint64(raw))
	var header map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw[8:8+n], &header))
	delete(header, "__metadata__")
	cases := map[string]fixture{}
	for key, text := range header {
		var entry struct {
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}
		require.NoError(t, json.Unmarshal(text, &entry))
		name, part, ok := strings.Cut(key, ".")
		require.True(t, ok, key)
		if cases[name] == nil {
			cases[name] = fixture{}
		}
		cases[name][part] = tensor{entry.Shape, raw[8+n+entry.Offsets[0] : 8+n+entry.Offsets[1]]}
	}
	return cases
}

func (f fixture) floats(part string) (v []float64) {
	for d := f[part].data; len(d) > 0; d = d[8:] {
		v = append(v, math.Float64frombits(binary.LittleEndian.Uint64(d)))
	}
	return v
}

func (f fixture) ints(part string) (v []int) {
	for d := f[part].data; len(d) > 0; d = d[8:] {
		v = append(v, int(binary.LittleEndian.Uint64(d)))
	}
	return v
}

// labels returns mask a or b, which is stored as [z,y,x], as a label map with x along axis 0.
func (f fixture) labels(t *testing.T, part string) *volume.LabelMap {
	t.Helper()
	mask, spacing := f[part], f.floats("spacing")
	require.Len(t, mask.shape, 3)
	m := newMap([3]int{mask.shape[2], mask.shape[1], mask.shape[0]}, [3]float64{spacing[2], spacing[1], spacing[0]})
	for i, v := range mask.data {
		m.Data[i] = int32(v)
	}
	return m
}
