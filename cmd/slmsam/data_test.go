package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// dataDir returns the folder of labeled volumes, SOURCE/CASE/image.nii.gz with label.nii.gz, or skips the test.
func dataDir(t *testing.T) string {
	t.Helper()
	return shared.Need(t, "SLMSAM_DATA", "data")
}

// TestRealVolumes propagates one volume of every source (with SLMSAM_ALL_DATA=1, all of them) from its central slice and
// compares the output's header with the input's, byte by byte and without our own reader. With SLMSAM_DATA_GPU=1, it does the
// same on the GPU, which takes long with a software driver, and compares the labels.
func TestRealVolumes(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the volumes have many slices")
	}
	weights := filepath.Join(golden.Dir(t), "toy", "weights.safetensors")
	if !golden.Exists(weights) {
		t.Skip("the fixture folder has no toy/weights.safetensors (set SLMSAM_FIXTURES)")
	}
	images, err := filepath.Glob(filepath.Join(dataDir(t), "*", "*", "image.nii.gz"))
	require.NoError(t, err)
	require.NotEmpty(t, images)
	source := ""
	for _, image := range images {
		from := filepath.Dir(filepath.Dir(image))
		if from == source && os.Getenv("SLMSAM_ALL_DATA") != "1" {
			continue
		}
		source = from
		t.Run(filepath.Base(source)+"/"+filepath.Base(filepath.Dir(image)), func(t *testing.T) {
			mask := filepath.Join(filepath.Dir(image), "label.nii.gz")
			out := filepath.Join(t.TempDir(), "out.nii.gz")
			var in volumeFile
			runJSON(t, &in, "info", mask)
			first := strconv.Itoa(int(in.Labels[0].Label))
			var s summary
			propagate := func(device, out string) {
				runJSON(t, &s, "propagate", image, "--mask", mask, "--slice", "auto", "--label", first,
					"--checkpoint", weights, "--device", device, "-o", out)
				require.Equal(t, in.Dimensions[s.Axis], s.Slices)
				requireSameFrame(t, header(t, image), header(t, out))
			}
			propagate("cpu", out)
			if os.Getenv("SLMSAM_DATA_GPU") != "1" {
				return
			}
			again := filepath.Join(t.TempDir(), "gpu.nii.gz")
			propagate("software", again)
			differ := differing(t, out, again)
			t.Logf("%d slices on %s in %.1f s, %.2g of the voxels differ from the CPU's", s.Slices, s.Device, s.Seconds, differ)
			require.LessOrEqual(t, differ, maxDisagreement)
		})
	}
}

// header reads the first 348 bytes of a compressed NIfTI-1 file.
func header(t *testing.T, path string) []byte {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	plain, err := gzip.NewReader(f)
	require.NoError(t, err)
	b := make([]byte, 348)
	_, err = io.ReadFull(plain, b)
	require.NoError(t, err)
	return b
}

// requireSameFrame compares the fields of nifti1.h that place a grid in space, by their offsets.
func requireSameFrame(t *testing.T, want, got []byte) {
	t.Helper()
	for name, at := range map[string][2]int{"dim[1..3]": {42, 48}, "pixdim[0..3]": {76, 92}, "xyzt_units": {123, 124},
		"qform_code, sform_code": {252, 256}, "quatern, qoffset": {256, 280}, "srow": {280, 328}, "magic": {344, 348}} {
		require.Equal(t, want[at[0]:at[1]], got[at[0]:at[1]], name)
	}
}
