package eval

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// testData is a folder of label maps, by method.
type testData struct{ root string }

func newTestData(t *testing.T) *testData { return &testData{t.TempDir()} }

// add writes a label map, in place of an earlier one of that name.
func (d *testData) add(t *testing.T, path string, m *volume.LabelMap) {
	t.Helper()
	full := filepath.Join(d.root, path)
	require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(t, volume.WriteLabelMap(full, m, volume.WriteOptions{Force: true}))
}

// study returns a study of the folder truth and the folders of the given methods.
func (d *testData) study(methods ...string) Study {
	s := Study{Truth: filepath.Join(d.root, "truth"), ToleranceMM: DefaultToleranceMM, Seed: 1}
	for _, m := range methods {
		s.Methods = append(s.Methods, Method{m, filepath.Join(d.root, m)})
	}
	return s
}

// shifted returns a map of 12x10x16 voxels, with slices of 3 mm along axis 2 and labels 1 and 2. by moves both labels along
// x. more extends label 1 by so many slices, as over-propagation does.
func shifted(by, more int) *volume.LabelMap {
	m := newMap([3]int{12, 10, 16}, [3]float64{1, 1, 3})
	fillBox(m, 1, [3]int{1 + by, 2, 4}, [3]int{5 + by, 8, 9 + more})
	fillBox(m, 2, [3]int{7 + by, 3, 6}, [3]int{10 + by, 7, 12})
	return m
}

// standardStudy returns a study of two methods on four cases.
func standardStudy(t *testing.T) (*testData, Study) {
	d := newTestData(t)
	for i := range 4 {
		name := fmt.Sprintf("case%d.nii.gz", i)
		d.add(t, "truth/"+name, shifted(0, i))
		d.add(t, "good/"+name, shifted(i%2, i))
		d.add(t, "bad/"+name, shifted(1+i%2, 3+i))
	}
	return d, d.study("good", "bad")
}

// organ returns a map of one label of m, stored under another number.
func organ(m *volume.LabelMap, label, stored int32) *volume.LabelMap {
	out := *m
	out.Data = make([]int32, len(m.Data))
	for i, v := range m.Data {
		if v == label {
			out.Data[i] = stored
		}
	}
	return &out
}

// newMap returns an empty label map.
func newMap(dim [3]int, spacing [3]float64) *volume.LabelMap {
	return &volume.LabelMap{Dim: dim, Geom: volume.NewGeometry(dim, spacing), Data: make([]int32, dim[0]*dim[1]*dim[2])}
}

// fillBox labels the voxels from lo to hi, exclusive.
func fillBox(m *volume.LabelMap, label int32, lo, hi [3]int) {
	for z := lo[2]; z < hi[2]; z++ {
		for y := lo[1]; y < hi[1]; y++ {
			for x := lo[0]; x < hi[0]; x++ {
				m.Data[(z*m.Dim[1]+y)*m.Dim[0]+x] = label
			}
		}
	}
}

func mean(v []float64) float64 { return sum(v) / float64(len(v)) }
