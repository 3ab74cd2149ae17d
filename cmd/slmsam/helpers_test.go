package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// asProgram makes the test binary behave as slmsam, for tests that need a process of its own.
const asProgram = "SLMSAM_TEST_AS_PROGRAM"

// TestMain runs slmsam itself instead of the tests if asProgram is set.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// outcome is the result of a command line: the exit code, stdout and stderr.
type outcome struct {
	code        int
	out, errors string
}

// slmsamRun runs a command line in this process.
func slmsamRun(args ...string) outcome {
	var out, errors bytes.Buffer
	code := run(context.Background(), args, &out, &errors)
	return outcome{code, out.String(), errors.String()}
}

// workspace is a folder with the paths of a small model, an image and a mask.
type workspace struct {
	dir, model, image, mask string
}

// testDim is the size of the test image: 12 slices along its first axis, whose spacing is the largest.
var testDim = [3]int{12, 30, 20}

// testGeometry returns an oblique geometry with an offset, so that a lost affine is noticed.
func testGeometry() volume.Geometry {
	return volume.GeometryFromAffine(testDim, volume.Affine{
		{0, -0.8, 0.1, 12}, {0.1, 0, 0.9, -7.5}, {4, 0.1, 0, 33}, {0, 0, 0, 1}})
}

// newWorkspace writes the model, the image, and a mask with labels 2 and 5 on slice 6.
func newWorkspace(t *testing.T) workspace {
	t.Helper()
	dir := t.TempDir()
	w := workspace{dir: dir, model: filepath.Join(dir, "model.safetensors"), image: filepath.Join(dir, "scan.nii.gz"), mask: filepath.Join(dir, "mask.nii.gz")}
	writeSmallModel(t, w.model)
	v := testImage()
	require.NoError(t, volume.WriteVolume(w.image, v, volume.WriteOptions{}))
	require.NoError(t, volume.WriteLabelMap(w.mask, testMask(v, 6), volume.WriteOptions{}))
	return w
}

// path returns the path of a file in the workspace.
func (w workspace) path(name string) string { return filepath.Join(w.dir, name) }

// propagate runs slmsam propagate with the workspace's image and model.
func (w workspace) propagate(args ...string) outcome {
	return slmsamRun(append([]string{"propagate", w.image, "--checkpoint", w.model, "--device", "cpu"}, args...)...)
}

// propagateJSON runs slmsam propagate --json, which must succeed, and returns its summary.
func (w workspace) propagateJSON(t *testing.T, args ...string) (summary, outcome) {
	t.Helper()
	r := w.propagate(append(args, "--json")...)
	require.Equal(t, exitDone, r.code, r.errors)
	var s summary
	decodeJSON(t, r.out, &s)
	return s, r
}

// runJSON runs a command with --json, which must succeed, and decodes its output.
func runJSON(t *testing.T, into any, args ...string) {
	t.Helper()
	r := slmsamRun(append(args, "--json")...)
	require.Equal(t, exitDone, r.code, r.errors)
	decodeJSON(t, r.out, into)
}

// decodeJSON decodes exactly one JSON object without unknown fields.
func decodeJSON(t *testing.T, text string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(into), text)
	require.False(t, d.More(), "more than one JSON object")
}

// testImage returns an image of two bright boxes that change their shape slowly.
func testImage() *volume.Volume {
	v := &volume.Volume{Dim: testDim, Data: make([]float32, testDim[0]*testDim[1]*testDim[2]), Geom: testGeometry()}
	labels := testMask(v, slicesUpTo(testDim[0])...)
	for i, l := range labels.Data {
		v.Data[i] = float32(20 + i%7 + 100*int(l))
	}
	return v
}

// testMask returns labels 2 and 5 on the given slices along axis 0.
func testMask(v *volume.Volume, on ...int) *volume.LabelMap {
	l := volume.NewLabelMap(v)
	for _, x := range on {
		for z := 5; z < 12; z++ {
			for y := range testDim[1] {
				at := x + testDim[0]*(y+testDim[1]*z)
				switch {
				case y >= 4+x/4 && y < 12:
					l.Data[at] = 2
				case y >= 16 && y < 24+x/6:
					l.Data[at] = 5
				}
			}
		}
	}
	return l
}

// slicesUpTo returns 0 to n-1.
func slicesUpTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// writeSmallModel writes a model that runs in milliseconds, with random weights.
func writeSmallModel(t *testing.T, path string) {
	t.Helper()
	golden.WriteModel(t, golden.Random(t, cpu.New(1), golden.Smallest()), path)
}

// readLabels reads a label map and checks that it has the image's grid, with the same NIfTI fields.
func (w workspace) readLabels(t *testing.T, path string) *volume.LabelMap {
	t.Helper()
	image, err := volume.Read(w.image)
	require.NoError(t, err)
	labels, err := volume.ReadLabelMap(path)
	require.NoError(t, err)
	require.NoError(t, volume.CheckSameGrid(image, labels))
	require.Equal(t, image.Geom.NIfTI, labels.Geom.NIfTI)
	return labels
}

// requireClean fails if there are temporary files in the workspace, or if the output of a failed run is there.
func (w workspace) requireClean(t *testing.T, out string) {
	t.Helper()
	entries, err := os.ReadDir(w.dir)
	require.NoError(t, err)
	for _, e := range entries {
		require.NotContains(t, e.Name(), "tmp", "temporary file left")
		require.NotRegexp(t, `^\.`, e.Name(), "temporary file left")
		require.NotEqual(t, filepath.Base(out), e.Name(), "output of a failed run")
	}
}

// longImage replaces the workspace's image by so many slices of 16 x 16 pixels, and the mask by one on slice 0.
func (w workspace) longImage(t *testing.T, slices int) {
	t.Helper()
	dim := [3]int{16, 16, slices}
	v := &volume.Volume{Dim: dim, Data: make([]float32, 256*slices), Geom: volume.NewGeometry(dim, [3]float64{1, 1, 2})}
	for i := range v.Data {
		v.Data[i] = float32(i * 7 % 100)
	}
	mask := volume.NewLabelMap(v)
	for i := 100; i < 110; i++ {
		mask.Data[i] = 1
	}
	require.NoError(t, volume.WriteVolume(w.image, v, volume.WriteOptions{Force: true}))
	require.NoError(t, volume.WriteLabelMap(w.mask, mask, volume.WriteOptions{Force: true}))
}

func nan() float32 { return float32(math.NaN()) }
