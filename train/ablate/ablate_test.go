package ablate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// testSpacing is largest along axis 0, so that slices are taken along it. W is then axis 1, and H axis 2.
var testSpacing = [3]float64{4, 1, 1.5}

// testSetup returns an ablation of a minimal model on n volumes with labels 2 and 5.
func testSetup(t *testing.T, n int) Setup {
	t.Helper()
	dir := t.TempDir()
	lines := []string{"name,image,label"}
	for i := range n {
		v, l := testVolume(i)
		image, label := filepath.Join(dir, fmt.Sprintf("image%d.nii.gz", i)), filepath.Join(dir, fmt.Sprintf("label%d.nii.gz", i))
		require.NoError(t, volume.WriteVolume(image, v, volume.WriteOptions{}))
		require.NoError(t, volume.WriteLabelMap(label, l, volume.WriteOptions{}))
		lines = append(lines, fmt.Sprintf("case%d,%s,%s", i, image, label))
	}
	list := filepath.Join(dir, "cases.csv")
	require.NoError(t, os.WriteFile(list, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	data, err := train.Open(list, train.CaseOptions{Axis: -1})
	require.NoError(t, err)
	r := train.Scratch()
	r.Batch = 1
	r.Steps, r.Frames, r.WarmupSteps, r.SaveEach = 2, 2, 0, 1
	model := filepath.Join(dir, "model.safetensors")
	golden.WriteModel(t, golden.Random(t, cpu.New(1), golden.Smallest()), model)
	return Setup{Data: data, Dir: filepath.Join(dir, "ablation"), Start: train.StartOptions{Init: model}, Recipe: r, Resamples: 50,
		Open: func() (backend.Device, error) { return cpu.New(1), nil }}
}

// testVolume returns a volume with two boxes, each of which begins and ends within the volume.
func testVolume(seed int) (*volume.Volume, *volume.LabelMap) {
	dim := [3]int{7, 20, 16}
	v := &volume.Volume{Dim: dim, Data: make([]float32, dim[0]*dim[1]*dim[2]), Geom: volume.NewGeometry(dim, testSpacing)}
	l := volume.NewLabelMap(v)
	for at := range v.Data {
		x, y, z := at%dim[0], at/dim[0]%dim[1], at/(dim[0]*dim[1])
		switch {
		case x > 0 && x < 5 && y >= 3+seed%3 && y < 9 && z > 3 && z < 12:
			l.Data[at] = 2
		case x > 2 && x < 6 && y > 11 && z > 2+seed%2 && z < 10:
			l.Data[at] = 5
		}
		v.Data[at] = float32(10 + (at*7+seed)%13 + 40*int(l.Data[at]))
	}
	return v, l
}

// TestRun compares the five settings under the three protocols in one call. A second call must compute nothing and return the
// same.
func TestRun(t *testing.T) {
	s := testSetup(t, 7)
	var names []string
	s.Progress = func(p Progress) {
		require.Equal(t, 15, p.Runs)
		require.True(t, p.Part >= 0 && p.Part <= 1)
		if p.Phase == "done" {
			names = append(names, p.Name)
		}
	}
	r, err := Run(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, names, 15)
	require.Equal(t, "no fine-tuning, M7", names[0])
	require.Equal(t, "1 volume, M7+R1", names[14])
	require.Len(t, r.Rows, 15)
	require.Len(t, r.Settings.Train, 5)
	require.Len(t, r.Settings.Test, 2)
	for _, name := range r.Settings.Test {
		require.NotContains(t, r.Settings.Train, name)
	}
	for _, row := range r.Rows {
		require.Equal(t, 2, row.Cases)
		require.Equal(t, 2, row.Run.Cases)
		require.True(t, row.DSC.Mean.Defined())
		require.Equal(t, map[bool]int{true: 2, false: 0}[row.Volumes > 0], row.Run.Steps)
	}
	for _, f := range r.Files {
		require.FileExists(t, f)
	}
	page, err := os.ReadFile(filepath.Join(s.Dir, pageFile))
	require.NoError(t, err)
	for _, text := range []string{"Table 2", "Fig. 5", "Fig. 8", "M7+R1 - M7", "2 steps"} {
		require.Contains(t, string(page), text)
	}
	table, err := os.ReadFile(filepath.Join(s.Dir, tableFile))
	require.NoError(t, err)
	require.Equal(t, 1+15, strings.Count(string(table), "\n"))

	s.Open = func() (backend.Device, error) { return nil, errors.New("nothing is left to compute") }
	again, err := Run(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, encoded(t, r), encoded(t, again))
}

// encoded returns a value as JSON, in which undefined numbers are equal.
func encoded(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

// TestPredictions checks that label maps keep the numbers of the labels, have the case's grid in mm, and contain the outline
// of each label on its central slice.
func TestPredictions(t *testing.T) {
	s := testSetup(t, 2)
	s.Volumes, s.Memories, s.Train = []int{1}, []slmsam.Memory{slmsam.ShortLong}, []string{"case1"}
	_, err := Run(t.Context(), s)
	require.NoError(t, err)
	truth, err := volume.ReadLabelMap(filepath.Join(s.Dir, "truth/case0.nii.gz"))
	require.NoError(t, err)
	found, err := volume.ReadLabelMap(filepath.Join(s.Dir, "1-volume/M7+R1/predictions/case0.nii.gz"))
	require.NoError(t, err)
	_, file := testVolume(0)
	require.Equal(t, [3]int{20, 16, 7}, truth.Dim)
	require.Equal(t, [3]float64{1, 1.5, 4}, truth.Geom.Spacing)
	require.Equal(t, truth.Geom.Affine, found.Geom.Affine)
	for x := range 7 {
		require.Equal(t, file.Slice(0, x), truth.Slice(sliceAxis, x))
	}
	for label, slice := range map[int32]int{2: 2, 5: 4} { // the labels are on slices 1 to 4 and 3 to 5
		require.Contains(t, truth.Slice(sliceAxis, slice), label)
		for at, l := range truth.Slice(sliceAxis, slice) {
			if l == label {
				require.Equal(t, label, found.Slice(sliceAxis, slice)[at])
			}
		}
	}
}

// TestResume checks that an ablation that is interrupted in several places ends with the same scores as an uninterrupted one.
func TestResume(t *testing.T) {
	s := testSetup(t, 4)
	s.Volumes, s.Memories = []int{0, 2}, []slmsam.Memory{{Long: 7}, slmsam.ShortLong}
	whole, err := Run(t.Context(), s)
	require.NoError(t, err)

	s.Dir += "-stopped"
	for _, phase := range []string{"fine-tuning", "propagation of " + whole.Settings.Test[1], "fine-tuning"} {
		ctx, cancel := context.WithCancel(t.Context())
		s.Progress = func(p Progress) {
			if p.Phase == phase && strings.HasPrefix(p.Name, "2 volumes") {
				cancel()
			}
		}
		_, err := Run(ctx, s)
		require.ErrorIs(t, err, context.Canceled)
		cancel()
	}
	s.Progress = nil
	resumed, err := Run(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, resumed.Scores, len(whole.Scores))
	for i, want := range whole.Scores {
		require.NotEmpty(t, want.Rows)
		require.Equal(t, encoded(t, want.Rows), encoded(t, resumed.Scores[i].Rows))
	}
}

// TestOtherSettings checks that memory settings can be added to a folder, and that a folder with runs of another recipe is
// refused.
func TestOtherSettings(t *testing.T) {
	s := testSetup(t, 3)
	s.Volumes, s.Memories = []int{0, 1}, []slmsam.Memory{{Long: 7}}
	_, err := Run(t.Context(), s)
	require.NoError(t, err)
	s.Memories = append(s.Memories, slmsam.ShortLong)
	r, err := Run(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, r.Rows, 4)
	s.Recipe.Steps++
	s.Start.Resolution = 96
	_, err = Run(t.Context(), s)
	require.ErrorIs(t, err, errOther)
	require.ErrorContains(t, err, "resolution, recipe")
}

// TestBadSetups checks that mistakes are found before anything is written.
func TestBadSetups(t *testing.T) {
	good := testSetup(t, 3)
	good.Volumes = []int{0, 1}
	for want, spoil := range map[string]func(*Setup){
		"leaves none to test":   func(s *Setup) { s.Volumes = []int{3} },
		"the protocol needs 1":  func(s *Setup) { s.Train = []string{} },
		"not in the dataset":    func(s *Setup) { s.Train = []string{"nobody"} },
		"named twice":           func(s *Setup) { s.Train = []string{"case0", "case0"} },
		"none is left to test":  func(s *Setup) { s.Train = []string{"case0", "case1", "case2"} },
		"different numbers":     func(s *Setup) { s.Volumes = []int{1, 1} },
		"is given twice":        func(s *Setup) { s.Memories = []slmsam.Memory{{Long: 7}, {Long: 7}} },
		"must be given":         func(s *Setup) { s.Open = nil },
		"-1 test volumes":       func(s *Setup) { s.MaxTest = -1 },
		"exactly one of epochs": func(s *Setup) { s.Recipe.Time = "1m" },
		"start weights":         func(s *Setup) { s.Start.Init = "nowhere.safetensors" },
	} {
		s := good
		spoil(&s)
		_, err := Run(t.Context(), s)
		require.ErrorContains(t, err, want)
		require.NoDirExists(t, s.Dir)
	}
}

// TestFileNames makes file names of the names of cases, which may be paths. Two cases must not get the same one.
func TestFileNames(t *testing.T) {
	names, err := fileNames([]string{"a/scan.nii.gz", "b/scan.nii.gz", "case 1"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a/scan.nii.gz": "a_scan", "b/scan.nii.gz": "b_scan", "case 1": "case 1"}, names)
	_, err = fileNames([]string{"a/b", "a_b"})
	require.ErrorContains(t, err, "a/b")
}
