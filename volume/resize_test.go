package volume

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// moduleFixtures calls check with the tensors of modules/NAME.safetensors of every fixture set.
func moduleFixtures(t *testing.T, name string, check func(t *testing.T, tensors map[string]tensor)) {
	files, err := filepath.Glob(filepath.Join(shared.Need(t, "SLMSAM_FIXTURES", "fixtures"), "*", "modules", name+".safetensors"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skipf("the fixture folder holds no %s.safetensors", name)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(filepath.Dir(file))), func(t *testing.T) { check(t, readTensors(t, file)) })
	}
}

// requireClose compares floats with an absolute tolerance, and names the worst element.
func requireClose(t *testing.T, want, got []float32, abs float64, what string) {
	t.Helper()
	require.Len(t, got, len(want), what)
	worst, at := 0.0, 0
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= abs) {
		t.Fatalf("%s: element %d: got %v, want %v; largest difference %g, allowed %g", what, at, got[at], want[at], worst, abs)
	}
}

// TestPILResizeAgainstFixtures compares resized pictures with the official preprocessing, byte for byte.
func TestPILResizeAgainstFixtures(t *testing.T) {
	moduleFixtures(t, "preprocess", func(t *testing.T, tensors map[string]tensor) {
		for name, raw := range tensors {
			size, isRaw := strings.CutSuffix(name, ".raw")
			if !isRaw {
				continue
			}
			inference, training := tensors[size+".inference_resized"], tensors[size+".training_resized"]
			h, w, H, W := raw.Shape[0], raw.Shape[1], inference.Shape[0], inference.Shape[1]
			require.Equal(t, inference.bytes(), ResizePIL(raw.bytes(), h, w, H, W, Bicubic), size)
			require.Equal(t, training.bytes(), ResizePIL(raw.bytes(), h, w, H, W, Bilinear), size)
			if norm, ok := tensors[size+".inference_normalised_every_fourth_row"]; ok {
				requireClose(t, norm.floats(), everyFourthRow(ImageNet(inference.bytes()), H, W), 1e-6, size+" normalized")
			}
		}
	})
}

// everyFourthRow brings [H,W,3] into the fixtures' layout [3,H/4,W].
func everyFourthRow(pix []float32, H, W int) []float32 {
	var out []float32
	for c := range 3 {
		for y := 0; y < H; y += 4 {
			for x := range W {
				out = append(out, pix[3*(y*W+x)+c])
			}
		}
	}
	return out
}

// TestFloatResizeAgainstFixtures compares resized logits and masks with PyTorch's.
func TestFloatResizeAgainstFixtures(t *testing.T) {
	moduleFixtures(t, "resize", func(t *testing.T, tensors map[string]tensor) {
		low := tensors["low"]
		h, w := low.Shape[2], low.Shape[3]
		seen := 0
		for name, want := range tensors {
			switch {
			case strings.HasPrefix(name, "low_to_image_every_third"):
				S := 4 * h
				requireClose(t, want.floats(), every(3, ResizeBilinear(low.floats(), h, w, S, S), S), 1e-4, name)
			case strings.HasPrefix(name, "low_to_"):
				requireClose(t, want.floats(), ResizeBilinear(low.floats(), h, w, want.Shape[2], want.Shape[3]), 1e-4, name)
			case strings.HasSuffix(name, ".thresholded"):
				mask := tensors[strings.TrimSuffix(name, ".thresholded")]
				require.Equal(t, want.bools(), ResizeMask(mask.bools(), mask.Shape[0], mask.Shape[1], want.Shape[0]), name)
			case strings.HasSuffix(name, ".antialias_every_third"):
				mask := tensors[strings.TrimSuffix(name, ".antialias_every_third")]
				S := tensors[strings.TrimSuffix(name, ".antialias_every_third")+".thresholded"].Shape[0]
				got := ResizeAntialias(zeroOne(mask.bytes()), mask.Shape[0], mask.Shape[1], S, S)
				requireClose(t, want.floats(), every(3, got, S), 1e-6, name)
			default:
				continue
			}
			seen++
		}
		require.Positive(t, seen)
	})
}

// every keeps every n-th row and column of a square picture.
func every(n int, pix []float32, size int) []float32 {
	var out []float32
	for y := 0; y < size; y += n {
		for x := 0; x < size; x += n {
			out = append(out, pix[y*size+x])
		}
	}
	return out
}

func zeroOne(mask []byte) []float32 {
	out := make([]float32, len(mask))
	for i, b := range mask {
		out[i] = float32(b)
	}
	return out
}
