package volume

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// golden is testdata/golden.json; testdata/README.md says how it was made.
type golden struct {
	Volumes map[string]struct {
		Shape    [3]int
		Affine   Affine
		Data     []float32
		Modality string
	}
	Resize struct {
		Size    [2]int
		Pixels  []int
		Results []struct {
			Size   [2]int
			Filter string
			Pixels []int
		}
	}
}

// readGolden reads testdata/golden.json.
func readGolden(t *testing.T) golden {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "golden.json"))
	require.NoError(t, err)
	var g golden
	require.NoError(t, json.Unmarshal(raw, &g))
	return g
}

// TestReadersAgainstGolden compares the files in testdata with what other programs read in them.
func TestReadersAgainstGolden(t *testing.T) {
	for name, want := range readGolden(t).Volumes {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name)
			if name == "png_palette" { // palette indices are labels, not intensities
				l, err := ReadLabelMap(path)
				require.NoError(t, err)
				for i, x := range want.Data {
					require.EqualValues(t, x, l.Data[i])
				}
				return
			}
			v, err := Read(path)
			require.NoError(t, err)
			require.Equal(t, want.Shape, v.Dim)
			require.Equal(t, want.Modality, v.Modality)
			require.Equal(t, want.Data, v.Data)
			for r := range 4 {
				require.InDeltaSlice(t, want.Affine[r][:], v.Geom.Affine[r][:], 1e-5)
			}
		})
	}
}

// TestWrittenLabelsKeepTheFrame writes labels on every golden grid and reads them back: a NIfTI frame must be
// identical, and any other format's grid must be within the tolerance of CheckSameGrid.
func TestWrittenLabelsKeepTheFrame(t *testing.T) {
	for name := range readGolden(t).Volumes {
		v, err := Read(filepath.Join("testdata", name))
		require.NoError(t, err)
		l := NewLabelMap(v)
		for i := range l.Data {
			l.Data[i] = int32(i % 7)
		}
		for _, ext := range []string{".nii", ".nii.gz", ".nrrd", ".mha", ""} {
			path := filepath.Join(t.TempDir(), "labels"+ext)
			require.NoError(t, WriteLabelMap(path, l, WriteOptions{}))
			got, err := ReadLabelMap(path)
			require.NoError(t, err, path)
			require.Equal(t, l.Data, got.Data, "%s as %s", name, ext)
			require.NoError(t, CheckSameGrid(v, got), "%s as %s", name, ext)
			if v.Format == "nifti" && (ext == ".nii" || ext == ".nii.gz") {
				require.Equal(t, v.Geom.NIfTI, got.Geom.NIfTI)
			}
		}
	}
}

// TestPILResizeAgainstPillow compares resized pictures with Pillow's, byte for byte.
func TestPILResizeAgainstPillow(t *testing.T) {
	g := readGolden(t).Resize
	for _, want := range g.Results {
		filter := map[string]Filter{"bicubic": Bicubic, "bilinear": Bilinear}[want.Filter]
		got := ResizePIL(toBytes(g.Pixels), g.Size[0], g.Size[1], want.Size[0], want.Size[1], filter)
		require.Equal(t, toBytes(want.Pixels), got, "%v %s", want.Size, want.Filter)
	}
}

func toBytes(pixels []int) []uint8 {
	out := make([]uint8, len(pixels))
	for i, p := range pixels {
		out[i] = uint8(p)
	}
	return out
}

// TestBilinearAgainstTorch compares a resized picture with PyTorch's.
func TestBilinearAgainstTorch(t *testing.T) {
	tensors := readTensors(t, filepath.Join("testdata", "resize.safetensors"))
	low, want := tensors["low"], tensors["low_to_41x37.bilinear"]
	got := ResizeBilinear(low.floats(), low.Shape[2], low.Shape[3], want.Shape[2], want.Shape[3])
	requireClose(t, want.floats(), got, 1e-4, "64x64 to 41x37") // float32 coordinates alone cause errors of 4e-5
}

// TestAntialiasMatchesPillow checks that the float version agrees with Pillow's bilinear filter up to Pillow's
// rounding in each of two passes.
func TestAntialiasMatchesPillow(t *testing.T) {
	g := readGolden(t).Resize
	src := make([]float32, len(g.Pixels))
	for i, p := range g.Pixels {
		src[i] = float32(p)
	}
	for _, want := range g.Results {
		if want.Filter == "bilinear" {
			got := ResizeAntialias(src, g.Size[0], g.Size[1], want.Size[0], want.Size[1])
			ref := make([]float32, len(want.Pixels))
			for i, p := range want.Pixels {
				ref[i] = float32(p)
			}
			requireClose(t, ref, got, 1.01, "antialiased")
		}
	}
}

// TestResizeMask checks a resized mask against weights computed by hand.
func TestResizeMask(t *testing.T) {
	mask := []bool{ // 4x4 to 2x2: the kernel is 1 3 3 1, over 8, cut off at the border
		true, true, false, false,
		true, true, false, false,
		false, false, false, false,
		false, false, false, true,
	}
	require.Equal(t, []bool{true, false, false, false}, ResizeMask(mask, 4, 4, 2))
	require.Equal(t, mask, ResizeMask(mask, 4, 4, 4), "unchanged at its own size")
}
